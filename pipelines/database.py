"""Databases in memory through which a night moves data: they keep to the memory limit."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.settings import Settings


@contextmanager
def in_memory(settings: Settings, *, spill: Path) -> Generator[duckdb.DuckDBPyConnection]:
    """A database without a file, which writes to the folder `spill` what does not fit the limit."""
    with duckdb.connect(
        config={"temp_directory": str(spill), "memory_limit": settings.memory_limit}
    ) as connection:
        yield connection
