"""Prints the folder of the company's Dagster instance, made where it is missing: for `make dev`."""

from pipelines.night import prepare_instance
from pipelines.settings import load_settings

if __name__ == "__main__":
    print(prepare_instance(load_settings()))
