"""Reads again what could not be read before, and runs the night on it."""

from rich.console import Console
from rich.markup import escape

from pipelines.commands import console, figures, run
from pipelines.commands.watching import watching
from pipelines.report import NightReport
from pipelines.settings import Settings


def reingest(settings: Settings, *, everything: bool, as_json: bool) -> int:
    """The exit code of the night, its verdict printed after what was read again.

    Raises:
        KpimartError: the night could not begin.
    """
    from pipelines.night import run_night  # late: it leads to Dagster

    with watching():
        report = run_night(settings, again="all" if everything else "quarantined")
    if as_json:
        console.print_json(report.model_dump(mode="json"))
    else:
        _tell(report, to=console.out())
        run.render(report, settings, to=console.out())
    return run.exit_code(report, strict=False)


def _tell(report: NightReport, *, to: Console) -> None:
    """The files of which something is new, each with what is still unreadable in it."""
    read = [file for file in report.files if file["is_news"] and file["state"] == "applied"]
    to.print()
    if not read:
        console.line(
            to,
            "No file is read otherwise than before: mend the config or the contract first. "
            "[command]kpimart status[/] says what is set aside, and why.",
        )
    for file in read:
        counts = file["counts"]
        left = counts["quarantined_rows"]
        told = f"{figures.plural(counts['rows_read'], 'row')}, {left:,} still unreadable"
        console.done(to, f"{escape(file['source'])}/{escape(file['file_name'])}: {told}")
