"""What a run would make of each landed file; changes nothing."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipelines.commands import console, figures
from pipelines.commands.watching import watching
from pipelines.extract.outcome import FileOutcome
from pipelines.settings import Settings

STATES = {
    "applied": ("to load", "ok"),
    "unchanged": ("known", "quiet"),
    "held": ("held", "warn"),
    "refused": ("refused", "fail"),
}


def inspect(settings: Settings, *, as_json: bool) -> None:
    """Prints what each landed file is taken for."""
    from pipelines.extract import run

    with watching():
        files = run.inspect(settings)
    if as_json:
        console.print_json(files)
    else:
        render(files, settings, to=console.out())


def render(files: Sequence[FileOutcome], settings: Settings, *, to: Console) -> None:
    """A table of the files, and below it what is to be said about each."""
    to.print()
    if not files:
        names = ", ".join(source.name for source in settings.sources)
        console.line(to, f"no file in {escape(str(settings.landing_dir))} below {names}")
        return
    console.show(to, _table(files, settings))
    for file in files:
        _remarks(file, to=to)
    count = sum(file.state == "applied" for file in files)
    console.line(
        to,
        f"A run would load {figures.plural(count, 'file')}: [command]kpimart run[/]"
        if count
        else "A run would find nothing new.",
        style="quiet",
    )
    to.print()


def _table(files: Sequence[FileOutcome], settings: Settings) -> Table:
    zone = ZoneInfo(settings.company.timezone)
    numbers = ("rows", "new", "changed", "same", "unusable")
    made = console.table("file", "object", "", "as of", *numbers, right=numbers, wrapped=("file",))
    for file in files:
        word, style = STATES[file.state]
        made.add_row(
            Text(f"{file.source}/{file.file_name}"),
            file.object or figures.NOTHING,
            Text(word, style=style),
            figures.as_of(file.as_of, zone) if file.as_of else figures.NOTHING,
            f"{file.counts.rows_read:,}" if file.object else figures.NOTHING,
            *_parts(file),
        )
    return made


def _parts(file: FileOutcome) -> list[Text]:
    """What a run would make of the rows; nothing of a file that it would not load."""
    counts = file.counts
    if file.state != "applied":
        return []
    parts = {
        "new": counts.new_rows,
        "changed": counts.changed_rows,
        "same": counts.unchanged_rows,
        "unusable": counts.quarantined_rows,
    }
    return [
        Text(f"{count:,}" if count else "", style="warn" if name == "unusable" else "")
        for name, count in parts.items()
    ]


def _remarks(file: FileOutcome, *, to: Console) -> None:
    """Reason, problems, and columns that do not fit, below the file's name."""
    remarks = [] if file.state == "unchanged" else [file.reason]
    remarks += file.problems
    for header, columns in file.columns_missing.items():
        remarks.append(f"has no column {header!r}: {', '.join(columns)} stays empty")
    if file.columns_unknown and file.state == "applied":
        remarks.append(f"not mapped, kept as text: {', '.join(file.columns_unknown)}")
    shown = [remark for remark in dict.fromkeys(remarks) if remark]
    if shown:
        _, style = STATES[file.state]
        console.line(to, f"[{style}]{escape(f'{file.source}/{file.file_name}')}[/]")
        for remark in shown:
            console.line(to, f"  {escape(remark)}", style="quiet")
        to.print()
