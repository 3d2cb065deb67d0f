"""Extraction beside DuckDB's own typed copy and dlt, turn by turn over the same files.

Once over the exports of the simulated company at scale 1, once over a single file of two gigabytes.
dlt gets an environment of its own below `benchmarks/.work`, because it needs another DuckDB.

    python -m benchmarks.peers.compare --rounds 3
"""

import argparse
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import yaml

from benchmarks.extraction import SIDES, one, timed
from benchmarks.measuring import Run, as_json, result_of, write_result
from benchmarks.nightly import WORK, landed, make_company
from pipelines.sql import literal

ENVIRONMENT = WORK / "peers"
HERE = Path(__file__).parent
LARGE_BYTES = 2 * 1024**3
CONFIG = {
    "company": {"name": "Large", "currency": "USD", "timezone": "America/Chicago"},
    "paths": {"landing": "landing_large", "var": "var_large", "mart": "mart_large/kpi_mart.duckdb"},
    "sources": [{"name": "outreach", "system": "outreach"}],
}


def peer_python() -> Path:
    """The Python of dlt's environment, which is made where it is missing."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.is_file():
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
        wanted = str(HERE / "requirements.txt")
        subprocess.run([str(python), "-m", "pip", "install", "-qq", "-r", wanted], check=True)
    return python


def make_large(company: Path) -> Path:
    """A company with one export: the sample's mailings again and again, each with an id of its own.

    Gives its config.
    """
    (mailings,) = (company.parent / "landing" / "outreach").glob("mailings_*.csv")
    config = company.with_name("large.yml")
    config.write_text(yaml.safe_dump(CONFIG, sort_keys=False), encoding="utf-8")
    target = company.parent / "landing_large" / "outreach" / mailings.name
    target.parent.mkdir(parents=True, exist_ok=True)
    times = LARGE_BYTES // mailings.stat().st_size + 1
    with duckdb.connect() as connection:
        rows = f"read_csv({literal(mailings)}, all_varchar = true)"
        turns = f"range({times}) as turns(turn)"
        connection.execute(
            "copy (select * exclude (turn) replace (id || '0' || turn as id) "
            f"from {rows}, {turns}) "
            f"to {literal(target)} (header, force_quote *)"
        )
    return config


def compare(config: Path, files: list[Path], *, rounds: int) -> dict[str, Any]:
    """Medians of seconds and of peak memory by side, and how often extraction fits into each."""
    runs = [
        {**{side: one(config, side) for side in SIDES}, "dlt": _dlt(files)} for _ in range(rounds)
    ]
    told: dict[str, Any] = {
        side: {
            "seconds": round(statistics.median(run[side].seconds for run in runs), 2),
            "peak_mb": round(statistics.median(run[side].peak_bytes for run in runs) / 1e6),
        }
        for side in runs[0]
    }
    return {
        "megabytes": round(sum(path.stat().st_size for path in files) / 1e6),
        **told,
        "ratio_to_floor": _ratios(runs, over="floor", under="extraction"),
        "without_originals_to_floor": _ratios(runs, over="floor", under="without originals"),
        "dlt_to_ours": _ratios(runs, over="extraction", under="dlt"),
    }


def _ratios(runs: list[dict[str, Run]], *, over: str, under: str) -> list[float]:
    return [round(run[under].seconds / run[over].seconds, 2) for run in runs]


def _dlt(files: list[Path]) -> Run:
    return timed([str(peer_python()), str(HERE / "dlt_load.py")], *map(str, files))


def main() -> None:
    """Prints the comparison, and writes it to the results."""
    parser = argparse.ArgumentParser(description="extraction beside DuckDB's copy and dlt")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    company = make_company(1, memory_limit="1GB")
    files = landed(company)
    large = make_large(company)
    (export,) = (large.parent / "landing_large").glob("*/*.csv")
    content = {
        "scale 1": compare(company, files, rounds=options.rounds),
        "one large file": compare(large, [export], rounds=options.rounds),
    }
    command = f"python -m benchmarks.peers.compare --rounds {options.rounds}"
    result = result_of(command, files, content)
    print(as_json(content))
    write_result("extraction-beside-peers", result)


if __name__ == "__main__":
    main()
