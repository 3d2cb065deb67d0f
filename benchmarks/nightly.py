"""Seconds and memory of the simulated company's nights by step, beside floors of the same run.

The floor is DuckDB alone, in a process of its own, doing `create table as select *` over the same
files. Three nights: the first one whole, one with nothing new, one with a single new row. Each is
the command line, as a scheduler would start it; memory is of the whole process tree. Before them,
extraction against DuckDB's own typed copy of the same files (`benchmarks.extraction`).

    make bench                                     # scales 1 and 5
    python -m benchmarks.nightly --scale 0.1 --rounds 1 --dry
"""

import argparse
import json
import shutil
import statistics
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.extraction import measure
from benchmarks.measuring import Run, measured, result_of, write_result
from pipelines.report import load_reports
from pipelines.sample.files import make_sample
from pipelines.settings import PROJECT_DIR, Settings, load_settings

WORK = PROJECT_DIR / "benchmarks" / ".work"
FLOOR = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
for number, path in enumerate(sys.argv[2:]):
    connection.execute(
        f"create table t{number} as select * from read_csv('{path}', all_varchar = true)")
connection.close()
"""


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
    return replace(run, rows=report.rows, steps=steps)


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


def one_round(config: Path, *, log: Path) -> dict[str, Run]:
    """Floor and nights of a company that was just made."""
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
    rounds: list[dict[str, Run]] = []
    extraction: dict[str, Any] = {}
    for _ in range(options.rounds):
        config = make_company(options.scale, memory_limit=options.memory_limit)
        extraction = extraction or measure(config, rounds=options.rounds)
        rounds.append(one_round(config, log=log))
    print(json.dumps(extraction, indent=2))
    medians = summary(rounds)
    print(json.dumps(medians, indent=2))
    if not options.dry:
        command = (
            f"python -m benchmarks.nightly --scale {options.scale:g} --rounds {options.rounds} "
            f"--memory-limit {options.memory_limit}"
        )
        content = {
            "extraction": extraction,
            "medians": medians,
            "rounds": [{name: asdict(run) for name, run in one.items()} for one in rounds],
        }
        files = landed(WORK / "company" / "kpimart.yml")
        result = result_of(command, files, content)
        write_result(f"nightly-scale-{options.scale:g}", result)
    shutil.rmtree(WORK)


if __name__ == "__main__":
    main()
