"""Runs the night once and tells what came of it, and how the mart is opened."""

import sys
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from pipelines.commands import console, figures
from pipelines.commands.watching import watching
from pipelines.report import CheckResult, NightReport
from pipelines.settings import Settings

NOT_LOADED = ("held", "refused")
STRICT_EXIT_CODE = 1
LONGEST_EXAMPLE = 90


def run(
    settings: Settings, *, full_refresh: bool, as_of: date | None, strict: bool, as_json: bool
) -> int:
    """The exit code of a night that has just run, its verdict printed.

    Raises:
        KpimartError: the night could not begin.
    """
    from pipelines.night import run_night  # late: it leads to Dagster

    with watching():
        report = run_night(settings, full_refresh=full_refresh, as_of=as_of)
    if as_json:
        console.print_json(report.model_dump(mode="json"))
    else:
        render(report, settings, to=console.out())
    return exit_code(report, strict=strict)


def exit_code(report: NightReport, *, strict: bool) -> int:
    """The night's own; with `strict`, a night that left files aside is none to be silent about."""
    if report.exit_code == 0 and strict and _left_aside(report):
        return STRICT_EXIT_CODE
    return report.exit_code


def _left_aside(report: NightReport) -> list[dict[str, Any]]:
    return [file for file in report.files if file["state"] in NOT_LOADED]


def render(report: NightReport, settings: Settings, *, to: Console) -> None:
    """The verdict as a page."""
    to.print()
    tell = {
        "published": _published,
        "nothing_new": _nothing_new,
        "blocked": _blocked,
        "failed": _failed,
    }
    tell[report.outcome](report, settings, to)
    _files(report, to)
    if report.outcome == "published":
        _warnings(report, to)
    is_version = report.path is not None and report.path.parent == settings.versions_dir
    if report.outcome == "nothing_new" or is_version:
        how_to_open(settings, to=to)
    to.print()


def _took(report: NightReport) -> str:
    return figures.seconds((report.finished_at - report.started_at).total_seconds())


def _published(report: NightReport, settings: Settings, to: Console) -> None:
    as_of = (
        f", data as of {figures.as_of(report.as_of, ZoneInfo(settings.company.timezone))}"
        if report.as_of
        else ""
    )
    console.done(to, f"[title]Published {report.version or ''}[/]{as_of} · {_took(report)}")
    sizes = (
        figures.plural(report.tables, "table"),
        figures.plural(report.rows, "row"),
        figures.plural(len(report.checks), "check"),
    )
    console.line(to, ", ".join(sizes), style="quiet", indent=3)
    console.line(to, escape(str(report.path or "")), style="quiet", indent=3)
    if not report.is_current:
        console.warning(
            to,
            "another version is pinned: readers get this one after "
            "[command]kpimart rollback --unpin[/]",
        )


def _nothing_new(report: NightReport, settings: Settings, to: Console) -> None:
    console.done(to, f"[title]Nothing new[/]: the mart stays as it is · {_took(report)}")


def _blocked(report: NightReport, settings: Settings, to: Console) -> None:
    console.line(to, f"[fail]✗ Blocked[/]: {escape(report.message)}")
    to.print()
    for check in report.checks:
        if check.blocks:
            _blocking_check(check, to)
    stays = (
        f"The mart stays as it was: {settings.mart_path}"
        if settings.mart_path.exists()
        else "There is no mart yet, and none was made"
    )
    console.line(to, f"{escape(stays)}.")
    console.line(
        to,
        "Mend the export at its source, or the config, put the new file into landing and run "
        "again. Rows that could not be read are listed by [command]kpimart status[/].",
    )


def _blocking_check(check: CheckResult, to: Console) -> None:
    rows = figures.plural(check.rows, "row")
    console.line(to, f"[title]{escape(check.check)}[/] · {escape(check.table)} · {rows}")
    console.line(to, f"  {escape(check.reason)}")
    for row in check.examples:
        console.line(to, f"  [quiet]e.g.[/] {console.example(row)}")
    to.print()


def _failed(report: NightReport, settings: Settings, to: Console) -> None:
    console.line(to, f"[fail]✗ Failed[/]: {escape(report.message)}")
    if settings.mart_path.exists():
        console.line(to, f"The mart stays as it was: {escape(str(settings.mart_path))}.")
    console.line(to, f"The whole log: run {report.run_id} in Dagster (make dev)", style="quiet")


def _files(report: NightReport, to: Console) -> None:
    """What was held or refused, with the reason, and what else was noted."""
    for file in _left_aside(report):
        name = escape(f"{file['source']}/{file['file_name']}")
        reason = escape(console.shortened(str(file["reason"])))
        console.warning(to, f"{name} is {file['state']}: {reason}")
    for note in report.notes:
        console.warning(to, f"{escape(note)}")
    unusable = sum(
        file["counts"]["quarantined_rows"] for file in report.files if file.get("is_news")
    )
    if unusable:
        console.warning(
            to,
            f"{figures.plural(unusable, 'row')} could not be read, and are kept aside: "
            "[command]kpimart status[/]",
        )


def _warnings(report: NightReport, to: Console) -> None:
    for check in report.checks:
        if not check.passed and not check.blocks:
            rows = figures.plural(check.rows, "row")
            console.warning(
                to,
                f"{escape(check.reason)} "
                f"[quiet]({escape(check.check)}, {rows} of {escape(check.table)}"
                f"{escape(_first_example(check))})[/]",
            )


def _first_example(check: CheckResult) -> str:
    """The first offending row, as far as it fits beside the check."""
    if not check.examples:
        return ""
    told = ", ".join(f"{name} {value}" for name, value in check.examples[0].items() if value)
    return f"; as {told[:LONGEST_EXAMPLE]}{'…' if len(told) > LONGEST_EXAMPLE else ''}"


def how_to_open(settings: Settings, *, to: Console) -> None:
    """Ways into the mart, to be copied: SQL, Python, pandas, BI; and what to read next."""
    path = settings.mart_path
    connect = f"duckdb.connect('{path}', read_only=True)"
    console.section(to, "Open the mart (any number of readers; none of them blocks a night)")
    ways = {
        "SQL": f'duckdb -readonly {path} "from kpis.kpi_scorecard_company"',
        "Python": f"{sys.executable} -c "
        f"\"import duckdb; print({connect}.sql('from kpis.kpi_catalog'))\"",
        "pandas": f"{connect}.sql('from kpis.kpi_values').df()",
        "BI": f"duckdb:///{path}?access_mode=read_only",
        "here": "kpimart scorecard   kpimart scorecard --scope team   kpimart explain win_rate",
    }
    for name, text in ways.items():
        to.print(f"   [quiet]{name:<8}[/]", end="")
        console.copyable(to, text)
