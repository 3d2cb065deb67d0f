"""Seconds and memory of the simulated company's nights by step, beside floors of the same run.

The floor is DuckDB alone, in a process of its own, doing `create table as select *` over the same
files. Three nights: the first one whole, one with nothing new, one with a single new row. Each is
the command line, as a scheduler would start it; memory is of the whole process tree. Extraction
against DuckDB's own typed copy is in `benchmarks.extraction`; `make bench` runs both.

    make bench                                     # scales 1 and 5
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
from typing import Any

import psutil

from pipelines.report import load_reports
from pipelines.sample.files import make_sample
from pipelines.settings import PROJECT_DIR, Settings, load_settings

WORK = PROJECT_DIR / "benchmarks" / ".work"
RESULTS = PROJECT_DIR / "benchmarks" / "results"
PACKAGES = ("duckdb", "dagster", "dbt-core", "dbt-duckdb", "great-expectations", "pandas")
FLOOR = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
for number, path in enumerate(sys.argv[2:]):
    connection.execute(
        f"create table t{number} as select * from read_csv('{path}', all_varchar = true)")
connection.close()
"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a command: wall seconds, peak memory of its process tree, seconds by step."""

    seconds: float
    peak_bytes: int
    rows: int = 0
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
            time.sleep(0.1)
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
    settings = load_settings(config)
    report = load_reports(settings.reports_dir, limit=1)[0]
    steps = dict(report.seconds)
    steps["start, wiring, end"] = round(run.seconds - sum(steps.values()), 2)
    if "transform" in steps:
        steps |= {f"of transform: {name}": s for name, s in _transform_parts(settings).items()}
    return Run(seconds=run.seconds, peak_bytes=run.peak_bytes, rows=report.rows, steps=steps)


def _transform_parts(settings: Settings) -> dict[str, float]:
    """Seconds in DuckDB by part of the models, from dbt's own timings; the rest is dbt."""
    told = json.loads((settings.dbt_dir / "target" / "run_results.json").read_text())
    parts = {"staging to facts": 0.0, "roll-up": 0.0, "kpis and quality": 0.0, "tests": 0.0}
    for result in told["results"]:
        parts[_part(result["unique_id"])] += result["execution_time"]
    return {name: round(seconds, 2) for name, seconds in parts.items()}


def _part(unique_id: str) -> str:
    kind, _, name = unique_id.split(".")[:3]
    if kind == "test":
        return "tests"
    if name.endswith("_rolled_up"):
        return "roll-up"
    if name.startswith(("stg_", "dim_", "fct_")):
        return "staging to facts"
    of_kpis = ("int_kpi_", "int_periods", "int_revenue_growth", "int_cohorts", "int_quota_targets")
    return (
        "staging to facts"
        if name.startswith("int_") and not name.startswith(of_kpis)
        else ("kpis and quality")
    )


def add_one_row(landing: Path) -> None:
    """The next day's export of the opportunities: the same, and one more."""
    newest = max((landing / "salesforce").glob("Opportunity_*.csv"))
    text = newest.read_text(encoding="utf-8")
    header, first = text.split("\n", 2)[:2]
    assert header.startswith('"Id",'), header
    added = '"006000000000001AAA"' + first[first.index(",") :]
    newest.with_name("Opportunity_2026-10-15.csv").write_text(
        f"{text.rstrip()}\n{added}\n", encoding="utf-8"
    )


def make_company(scale: float, *, memory_limit: str) -> Path:
    """The demo company at this scale, made anew; gives its config."""
    shutil.rmtree(WORK / "company", ignore_errors=True)
    config = WORK / "company" / "kpimart.yml"
    make_sample(config.parent / "landing", scale=scale)
    demo = (PROJECT_DIR / "kpimart.yml").read_text(encoding="utf-8")
    text = f"{demo.replace('demo/', '')}\nmemory_limit: {memory_limit}\n"
    config.write_text(text, encoding="utf-8")
    return config


def landed(config: Path) -> list[Path]:
    """The exports of a company."""
    return sorted((config.parent / "landing").glob("*/*.csv"))


def one_round(scale: float, *, memory_limit: str, log: Path) -> dict[str, Run]:
    """Floor and nights of a company made anew."""
    config = make_company(scale, memory_limit=memory_limit)
    database = WORK / "floor.duckdb"
    database.unlink(missing_ok=True)
    files = [str(path) for path in landed(config)]
    runs = {
        "floor": measured([sys.executable, "-c", FLOOR, str(database), *files], log=log),
        "whole night": night(config, log=log),
        "nothing new": night(config, log=log),
    }
    add_one_row(config.parent / "landing")
    runs["one new row"] = night(config, log=log)
    return runs


def summary(rounds: list[dict[str, Run]]) -> dict[str, dict[str, Any]]:
    """Medians over the rounds, and each night's ratio to the floor of its own round."""
    out: dict[str, dict[str, Any]] = {}
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
            "rows": runs[0].rows,
            "steps": steps,
        }
    return out


def result_of(command: str, config: Path, content: dict[str, Any]) -> dict[str, Any]:
    """A result with what it was measured on."""
    return {
        "command": command,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "system": platform.platform(),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "memory_gb": round(psutil.virtual_memory().total / 1e9),
        },
        "versions": {name: version(name) for name in PACKAGES},
        "landing_bytes": {
            path.stem.rsplit("_", 1)[0]: path.stat().st_size for path in landed(config)
        },
        **content,
    }


def write_result(name: str, result: dict[str, Any]) -> None:
    """The result lies in benchmarks/results, under today's date."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-{name}.json"
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"written: {path.relative_to(PROJECT_DIR)}")


def main() -> None:
    """Runs the rounds, prints the medians, and writes them with machine, versions and command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--scale", type=float, default=1.0, help="1 is 100,000 deals")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory-limit", default="1GB", help="of DuckDB, as in the config")
    parser.add_argument("--dry", action="store_true", help="write no result file")
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    log = WORK / "output.log"
    log.unlink(missing_ok=True)
    rounds = [
        one_round(options.scale, memory_limit=options.memory_limit, log=log)
        for _ in range(options.rounds)
    ]
    medians = summary(rounds)
    print(json.dumps(medians, indent=2))
    if not options.dry:
        command = (
            f"python -m benchmarks.nightly --scale {options.scale:g} --rounds {options.rounds} "
            f"--memory-limit {options.memory_limit}"
        )
        content = {
            "medians": medians,
            "rounds": [{name: asdict(run) for name, run in one.items()} for one in rounds],
        }
        config = WORK / "company" / "kpimart.yml"
        write_result(f"nightly-scale-{options.scale:g}", result_of(command, config, content))
    shutil.rmtree(WORK)


if __name__ == "__main__":
    main()
