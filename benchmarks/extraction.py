"""Seconds and memory of a first extraction, beside DuckDB's own typed copy of the same files.

The floor is DuckDB alone: each file that the company's config knows is read with explicit options,
its mapped columns are cast to their types, and the rest is kept as text. Floor and extraction run
in processes of their own, turn by turn; memory is that of the process tree.

    python -m benchmarks.extraction --config kpimart.yml --rounds 5
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from benchmarks.measuring import Run, measured
from pipelines.extract import judge
from pipelines.extract.delivered import Delivered
from pipelines.extract.landing import offer_of
from pipelines.extract.reading.parts import file_of
from pipelines.extract.run import extract
from pipelines.settings import Settings, load_settings
from pipelines.sql import literal


def first_extraction(settings: Settings, folder: Path) -> float:
    """Seconds of an extraction into an empty lake below the folder."""
    paths = settings.paths.model_copy(update={"landing": settings.landing, "var": folder / "var"})
    company = settings.model_copy(update={"paths": paths})
    begun = time.perf_counter()
    extract(company)
    return time.perf_counter() - begun


def without_originals(settings: Settings, folder: Path) -> float:
    """Seconds of the same where no packed copy of the files is kept."""
    retention = settings.retention.model_copy(update={"originals_days": 0})
    return first_extraction(settings.model_copy(update={"retention": retention}), folder)


def floor(settings: Settings, folder: Path) -> float:
    """Seconds of the typed copies, file by file, on a connection as extraction has it."""
    selects = [select for source in settings.sources for select in _selects(settings, source.name)]
    config = {"temp_directory": str(folder / "spill")}
    begun = time.perf_counter()
    with duckdb.connect(config=config) as connection:
        connection.execute("set global TimeZone = 'UTC'")
        for number, select in enumerate(selects):
            path = literal(folder / f"{number}.parquet")
            connection.execute(f"copy ({select}) to {path} (format parquet, compression zstd)")
    return time.perf_counter() - begun


def _selects(settings: Settings, source_name: str) -> list[str]:
    """One select per CSV of a source: typed where its config maps a column, text elsewhere."""
    source = next(known for known in settings.sources if known.name == source_name)
    selects: list[str] = []
    for path in sorted((settings.landing_dir / source_name).rglob("*.csv")):
        delivered = Delivered(name=path.name, content="", stamp="", written_at=datetime.now(UTC))
        offer = offer_of(source, file_of(path), delivered)
        with duckdb.connect() as connection:
            export = judge.opened(
                offer, settings=settings, scratch=settings.var_dir, connection=connection
            )
        file = judge.recognised(offer, export.header, settings=settings)
        shape, config = file.shape, file.config
        types = {header: shape.columns[c].sql_type for c, header in config.columns.items()}
        columns = ", ".join(
            f"try_cast({raw} as {types[header]}) as {raw}" if header in types else raw
            for header, raw in export.raw.items()
        )
        texts = ", ".join(f"'{raw}': 'VARCHAR'" for raw in export.raw.values())
        selects.append(
            f"select {columns} from read_csv({literal(path)}, auto_detect => false, "
            f"header => true, delim => {literal(export.delimiter)}, quote => '\"', "
            f"escape => '\"', columns => {{{texts}}})"
        )
    return selects


SIDES = {
    "floor": floor,
    "extraction": first_extraction,
    "without originals": without_originals,
}


def measure(config: Path, *, rounds: int) -> dict[str, object]:
    """Medians over the rounds of seconds and peak memory, and of the ratio within a round.

    Seconds are those of the work alone, without the start of Python and its imports.
    """
    runs = [{side: one(config, side) for side in SIDES} for _ in range(rounds)]
    medians: dict[str, object] = {
        side: {
            "seconds": round(statistics.median(run[side].seconds for run in runs), 2),
            "peak_mb": round(statistics.median(run[side].peak_bytes for run in runs) / 1e6),
        }
        for side in SIDES
    }
    ratios = [run["extraction"].seconds / run["floor"].seconds for run in runs]
    return {
        **medians,
        "ratio": round(statistics.median(ratios), 2),
        "ratios": [round(ratio, 2) for ratio in ratios],
    }


def one(config: Path, side: str) -> Run:
    """One side in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.extraction", "--config", str(config)]
    return timed([*command, "--side", side, "--folder"])


def timed(command: list[str], *more: str) -> Run:
    """A command that gets a folder of its own, and more, and prints its own seconds last."""
    with tempfile.TemporaryDirectory(prefix="kpimart-bench-") as name:
        log = Path(name) / "output.log"
        run = measured([*command, name, *more], log=log)
        seconds = float(log.read_text(encoding="utf-8").split()[-1])
    return Run(seconds=seconds, peak_bytes=run.peak_bytes)


def main() -> None:
    """Prints the medians as JSON; with --side, runs one side and prints its seconds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--config", type=Path, required=True, help="of a company with landed files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        settings = load_settings(options.config)
        print(SIDES[options.side](settings, options.folder))
    else:
        print(json.dumps(measure(options.config, rounds=options.rounds), indent=2))


if __name__ == "__main__":
    main()
