"""Seconds and memory of the simulated company's nights by step, beside floors of the same run.

The floor is DuckDB alone, in a process of its own, doing `create table as select *` over the same
files. Each round runs it and a whole night; one round goes on with a night with nothing new,
one with a single new row, and as many as wanted in a row with a share of new data each
(`benchmarks.new_data`). A night is the command line, as a scheduler would start it; memory is of
the whole process tree. Before them, extraction against DuckDB's own typed copy of the same files
(`benchmarks.extraction`).

    make bench                                                   # scales 1 and 5
    python -m benchmarks.nightly --scale 1 --rounds 5 --nights 30
    python -m benchmarks.nightly --scale 0.1 --rounds 1 --dry
"""

import argparse
import json
import shutil
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from benchmarks.extraction import measure
from benchmarks.figures import Round, as_told, of_new_data, summary
from benchmarks.measuring import Run, as_json, measured, result_of, write_result
from benchmarks.new_data import Added, add_night, incremental
from pipelines.report import NightReport, load_reports
from pipelines.sample.files import make_sample
from pipelines.settings import PROJECT_DIR, Settings, load_settings

WORK = PROJECT_DIR / "benchmarks" / ".work"
ONE_ROW_ON = date(2026, 10, 15)  # the day after the sample's
FLOOR = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
for number, path in enumerate(sys.argv[2:]):
    connection.execute(
        f"create table t{number} as select * from read_csv('{path}', all_varchar = true)")
connection.close()
"""


def night(config: Path, *, log: Path, added: list[Added] | None = None) -> Run:
    """One `kpimart run`, with the seconds of its steps from the report that it leaves.

    Raises:
        SystemExit: it did not publish, or made something else of the files that were added.
    """
    script = Path(sys.executable).with_name("kpimart")
    run = measured([str(script), "--config", str(config), "run"], log=log)
    settings = load_settings(config)
    report = load_reports(settings.reports_dir, limit=1)[0]
    for one in added or ():
        _check_applied(report, one)
    steps = dict(report.seconds)
    steps["start, wiring, end"] = round(run.seconds - sum(steps.values()), 2)
    if "transform" in steps:
        steps |= {f"of transform: {name}": s for name, s in _transform_parts(settings).items()}
    read = sum(file["counts"]["rows_read"] for file in report.files if file["is_news"])
    return replace(run, rows=report.rows, rows_read=read, steps=steps)


def _check_applied(report: NightReport, added: Added) -> None:
    """What the night made of a file is what was meant."""
    file = next(file for file in report.files if file["file_name"] == added.path.name)
    names = ("new_rows", "changed_rows", "rows_read")
    told = [file["counts"][name] for name in names]
    meant = [added.new_rows, added.changed_rows, added.new_rows + added.changed_rows]
    if report.outcome != "published" or file["state"] != "applied" or told != meant:
        raise SystemExit(
            f"{added.path.name}: the night is {report.outcome}, the file {file['state']} with "
            f"{', '.join(names)} {told}; meant were {meant}"
        )


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
    if name.startswith(("stg_", "touched_", "dim_", "fct_")):
        return "staging to facts"
    of_kpis = ("int_kpi_", "int_periods", "int_revenue_growth", "int_cohorts", "int_quota_targets")
    return (
        "staging to facts"
        if name.startswith("int_") and not name.startswith(of_kpis)
        else "kpis and quality"
    )


def add_one_row(landing: Path) -> None:
    """An export of the opportunities of the next day, in which one is new."""
    first = min((landing / "salesforce").glob("Opportunity_*.csv"))
    with first.open(encoding="utf-8") as file:
        header, row = file.readline(), file.readline()
    assert header.startswith('"Id",'), header
    added = '"006000000000001AAA"' + row[row.index(",") :]
    first.with_name(f"Opportunity_{ONE_ROW_ON}.csv").write_text(header + added, encoding="utf-8")


def make_company(scale: float, *, memory_limit: str) -> Path:
    """The demo company at this scale, made anew; gives its config.

    After its first exports, which are whole, the tools of its big objects export what is new.
    """
    shutil.rmtree(WORK / "company", ignore_errors=True)
    config = WORK / "company" / "kpimart.yml"
    make_sample(config.parent / "landing", scale=scale)
    text = (PROJECT_DIR / "kpimart.yml").read_text(encoding="utf-8").replace("demo/", "")
    demo = {**incremental(yaml.safe_load(text)), "memory_limit": memory_limit}
    config.write_text(yaml.safe_dump(demo, sort_keys=False), encoding="utf-8")
    return config


def landed(config: Path) -> list[Path]:
    """The exports of a company."""
    return sorted((config.parent / "landing").glob("*/*.csv"))


def whole_night(config: Path, *, log: Path) -> dict[str, Run]:
    """Floor and whole night of a company of which nothing has run yet."""
    database = WORK / "floor.duckdb"
    database.unlink(missing_ok=True)
    for folder in ("var", "mart"):
        shutil.rmtree(config.parent / folder, ignore_errors=True)
    files = [str(path) for path in landed(config)]
    floor = measured([sys.executable, "-c", FLOOR, str(database), *files], log=log)
    database.unlink()
    return {"floor": floor, "whole night": night(config, log=log)}


def later_nights(config: Path, *, log: Path) -> dict[str, Run]:
    """After the whole night: one with nothing new, and one with a single new row."""
    nothing_new = night(config, log=log)
    add_one_row(config.parent / "landing")
    return {"nothing new": nothing_new, "one new row": night(config, log=log)}


def nights_of_new_data(config: Path, *, nights: int, share: float, log: Path) -> list[Run]:
    """So many nights in a row, with a share of new data each."""
    in_a_row: list[Run] = []
    for number in range(1, nights + 1):
        day = ONE_ROW_ON + timedelta(days=number)
        added = add_night(config.parent / "landing", day=day, night=number, share=share)
        in_a_row.append(night(config, log=log, added=added))
        print(f"night {number} of new data: {in_a_row[-1].seconds} s", file=sys.stderr)
    return in_a_row


def main() -> None:
    """Runs the rounds, prints the medians, and writes them with machine, versions and command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--scale", type=float, default=1.0, help="1 is 100,000 deals")
    parser.add_argument("--rounds", type=int, default=3, help="of floor and whole night")
    parser.add_argument("--nights", type=int, default=1, help="with new data, in a row; 0: none")
    parser.add_argument("--share", type=float, default=0.01, help="of new data in each of these")
    parser.add_argument("--memory-limit", default="1GB", help="of DuckDB, as in the config")
    parser.add_argument("--dry", action="store_true", help="write no result file")
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    log = WORK / "output.log"
    log.unlink(missing_ok=True)
    config = make_company(options.scale, memory_limit=options.memory_limit)
    files = landed(config)
    extraction = measure(config, rounds=options.rounds)
    # the round that goes on comes last: its nights need the company that its whole night leaves
    repeated = [Round(runs=whole_night(config, log=log)) for _ in range(1, options.rounds)]
    whole = whole_night(config, log=log) | later_nights(config, log=log)
    new_data = nights_of_new_data(config, nights=options.nights, share=options.share, log=log)
    rounds = [Round(runs=whole, nights=new_data), *repeated]
    found: dict[str, Any] = {"extraction": extraction, "medians": summary(rounds)}
    if options.nights:
        found["new data"] = {"share": options.share, **of_new_data(rounds)}
    print(as_json(found))
    if not options.dry:
        command = (
            f"python -m benchmarks.nightly --scale {options.scale:g} --rounds {options.rounds} "
            f"--nights {options.nights} --share {options.share:g} "
            f"--memory-limit {options.memory_limit}"
        )
        result = result_of(command, files, found | {"rounds": [as_told(one) for one in rounds]})
        write_result(f"nightly-scale-{options.scale:g}", result)
    shutil.rmtree(WORK)


if __name__ == "__main__":
    main()
