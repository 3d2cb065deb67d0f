"""dlt's filesystem source loads CSV files into DuckDB, a table each; prints the seconds.

Run by an environment of its own (`requirements.txt` beside), by `benchmarks.peers.compare`. Of
dlt's readers the one on DuckDB with Arrow is the fastest; all columns stay text, which spares it
to guess.

    python dlt_load.py FOLDER FILE...
"""

import os
import sys
import time
from pathlib import Path

import dlt
from dlt.sources.filesystem import filesystem, read_csv_duckdb

ROWS_AT_ONCE = 100_000


def main() -> None:
    """Loads the files."""
    folder, *names = sys.argv[1:]
    os.chdir(folder)
    dlt.config["runtime.dlthub_telemetry"] = False
    begun = time.perf_counter()
    tables = [
        (
            filesystem(bucket_url=str(path.parent), file_glob=path.name)
            | read_csv_duckdb(use_pyarrow=True, chunk_size=ROWS_AT_ONCE, all_varchar=True)
        ).with_name(f"{path.parent.name}_{path.stem.split('_')[0]}".lower())
        for path in map(Path, names)
    ]
    pipeline = dlt.pipeline(
        pipeline_name="peer",
        destination=dlt.destinations.duckdb(f"{folder}/peer.duckdb"),
        dataset_name="loaded",
        pipelines_dir=folder,
    )
    pipeline.run(tables, loader_file_format="parquet")
    print(time.perf_counter() - begun)


if __name__ == "__main__":
    main()
