"""Seconds and memory of nights at 100,000 generated deals, beside the floor of the same run.

The floor is DuckDB alone, in a process of its own, doing `create table as select *` over the same
files. Three nights: the first one whole, one with nothing new, one with a single new row. Each is
the command line, as a scheduler would start it; memory is that of the whole process tree.

    make bench                                     # scale 1, three rounds
    python -m benchmarks.nightly --scale 0.1 --rounds 1 --dry
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from pipelines.report import load_reports
from pipelines.sample.files import make_sample
from pipelines.settings import PROJECT_DIR, load_settings

WORK = PROJECT_DIR / "benchmarks" / ".work"
RESULTS = PROJECT_DIR / "benchmarks" / "results"
PACKAGES = ("duckdb", "dagster", "dbt-core", "dbt-duckdb", "great-expectations", "pandas")
FLOOR = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
for number, path in enumerate(sys.argv[2:]):
    reader = "read_parquet" if path.endswith(".parquet") else (
        "read_json" if path.endswith(".jsonl") else "read_csv")
    options = ", all_varchar = true, ignore_errors = true" if reader == "read_csv" else ""
    connection.execute(f"create table t{number} as select * from {reader}('{path}'{options})")
connection.close()
"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a command: wall seconds, peak memory of its process tree, seconds by step."""

    seconds: float
    peak_bytes: int
    steps: dict[str, float] = field(default_factory=dict)


def measured(command: list[str], *, log: Path) -> Run:
    """The command has run to its end.

    Raises:
        SystemExit: it failed; says where its output is.
    """
    begun, peak = time.perf_counter(), 0
    with log.open("ab") as output:
        process = psutil.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        while process.poll() is None:
            peak = max(peak, _tree_bytes(process))
            time.sleep(0.05)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}; see {log}")
    return Run(seconds=round(time.perf_counter() - begun, 2), peak_bytes=peak)


def _tree_bytes(process: psutil.Popen) -> int:
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    except psutil.NoSuchProcess:
        return 0
    return total


def night(config: Path, *, log: Path) -> Run:
    """One `kpimart run`, with the seconds of its steps from the report that it leaves."""
    script = Path(sys.executable).with_name("kpimart")
    run = measured([str(script), "--config", str(config), "run"], log=log)
    report = load_reports(load_settings(config).reports_dir, limit=1)[0]
    steps = dict(report.seconds)
    steps["start, wiring, end"] = round(run.seconds - sum(steps.values()), 2)
    return Run(seconds=run.seconds, peak_bytes=run.peak_bytes, steps=steps)


def add_one_row(landing: Path) -> None:
    """The next day's export of the deals: the same, and one deal more."""
    newest = max((landing / "crm").glob("opportunities_*.csv"))
    text = newest.read_text(encoding="utf-8")
    header, first = text.split("\n", 2)[:2]
    assert header.startswith("Deal ID,"), header
    added = "D-999999" + first[first.index(",") :]
    newest.with_name("opportunities_2026-10-01.csv").write_text(
        f"{text.rstrip()}\n{added}\n", encoding="utf-8"
    )


def one_round(scale: float, *, log: Path) -> dict[str, Run]:
    """Floor and nights of a company made anew."""
    shutil.rmtree(WORK / "company", ignore_errors=True)
    landing = WORK / "company" / "landing"
    config = WORK / "company" / "kpimart.yml"
    make_sample(landing, scale=scale)
    demo = (PROJECT_DIR / "kpimart.yml").read_text(encoding="utf-8")
    config.write_text(demo.replace("demo/", ""), encoding="utf-8")
    files = sorted(str(path) for path in (landing / "crm").iterdir())
    database = WORK / "floor.duckdb"
    database.unlink(missing_ok=True)
    runs = {
        "floor": measured([sys.executable, "-c", FLOOR, str(database), *files], log=log),
        "whole night": night(config, log=log),
        "nothing new": night(config, log=log),
    }
    add_one_row(landing)
    runs["one new row"] = night(config, log=log)
    return runs


def summary(rounds: list[dict[str, Run]]) -> dict[str, object]:
    """Medians over the rounds, and each night's ratio to the floor of its own round."""
    out: dict[str, object] = {}
    for name in rounds[0]:
        runs = [one[name] for one in rounds]
        steps = {
            step: round(statistics.median(run.steps[step] for run in runs), 2)
            for step in runs[0].steps
        }
        out[name] = {
            "seconds": round(statistics.median(run.seconds for run in runs), 2),
            "ratio_to_floor": round(
                statistics.median(one[name].seconds / one["floor"].seconds for one in rounds), 1
            ),
            "peak_mb": round(statistics.median(run.peak_bytes for run in runs) / 1e6),
            "steps": steps,
        }
    return out


def main() -> None:
    """Runs the rounds, prints the medians, and writes them with machine, versions and command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--scale", type=float, default=1.0, help="1 is 100,000 deals")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dry", action="store_true", help="write no result file")
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    log = WORK / "output.log"
    log.unlink(missing_ok=True)
    rounds = [one_round(options.scale, log=log) for _ in range(options.rounds)]
    landing = WORK / "company" / "landing" / "crm"
    result = {
        "command": f"python -m benchmarks.nightly --scale {options.scale:g} "
        f"--rounds {options.rounds}",
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "system": platform.platform(),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "memory_gb": round(psutil.virtual_memory().total / 1e9),
        },
        "versions": {name: version(name) for name in PACKAGES},
        "landing_bytes": sum(path.stat().st_size for path in landing.iterdir()),
        "medians": summary(rounds),
        "rounds": [{name: asdict(run) for name, run in one.items()} for one in rounds],
    }
    print(json.dumps(result["medians"], indent=2))
    if not options.dry:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-nightly-scale-{options.scale:g}.json"
        path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(f"written: {path.relative_to(PROJECT_DIR)}")
    shutil.rmtree(WORK)


if __name__ == "__main__":
    main()
