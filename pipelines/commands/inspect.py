"""What a run would make of each landed file; changes nothing."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from pipelines import progress
from pipelines.commands import console, figures
from pipelines.commands.watching import watching
from pipelines.extract.outcome import FileOutcome
from pipelines.extract.systems import MAPPED
from pipelines.settings import Settings

STATES = {
    "applied": ("to load", "ok"),
    "unchanged": ("known", "quiet"),
    "held": ("held", "warn"),
    "refused": ("refused", "fail"),
}

DIALECTS = {
    "api": "by the names of its API",
    "label": "by the labels of its pages and reports",
    "elt": "by the names that loaders give",
    "template": "by the headers of kpimart's templates",
}
MOST_REMARKS = 5
MOST_COLUMNS = 12


def inspect(settings: Settings, *, as_json: bool) -> None:
    """Prints what each landed file is taken for."""
    from pipelines.extract import run

    with watching(), progress.step("look through landing"):
        files = run.inspect(settings)
    if as_json:
        console.print_json(files)
    else:
        render(files, settings, to=console.out())


def render(files: Sequence[FileOutcome], settings: Settings, *, to: Console) -> None:
    """A table of the files, each with what is to be said about it, and what a run would do."""
    to.print()
    if not files:
        names = ", ".join(source.name for source in settings.sources)
        console.line(to, f"no file in {escape(settings.landing)} below {names}")
        return
    zone = ZoneInfo(settings.company.timezone)
    systems = {source.name: source.system for source in settings.sources}
    for file in files:
        word, style = STATES[file.state]
        console.item(
            to, f"[{style}]{word:<7}[/]", f"[title]{escape(f'{file.source}/{file.file_name}')}[/]"
        )
        for fact in _facts(file, zone, system=systems[file.source]):
            console.line(to, escape(fact), style="quiet", indent=9)
        for remark in _remarks(file):
            console.line(to, escape(remark), indent=9)
    count = sum(file.state == "applied" for file in files)
    to.print()
    refused = sum(file.state == "refused" for file in files)
    verdict = "A run would find nothing new."
    if refused == len(files):
        verdict = "A run would find nothing that it can read; mend what is said above first."
    if count:
        verdict = f"A run would load {figures.plural(count, 'file')}: [command]kpimart run[/]"
    console.line(to, verdict)
    to.print()


def _facts(file: FileOutcome, zone: ZoneInfo, *, system: str) -> list[str]:
    """What the file is taken for, and what would become of its rows."""
    if file.object is None:
        return []
    as_of = (
        f", as of {figures.as_of(file.as_of, zone)} (by {file.as_of_basis})" if file.as_of else ""
    )
    encoding = "" if file.format == "parquet" else file.encoding
    read_as = [file.format, encoding, file.delimiter and f"delimiter {file.delimiter!r}"]
    shape = ", ".join(part for part in (*read_as, file.date_order) if part)
    spelled = f", {DIALECTS[file.dialect]}" if file.dialect else ""
    of_system = "" if system == MAPPED else f"{system} "
    facts = [f"{of_system}{file.object}{spelled}{as_of}", shape]
    if file.state != "unchanged":
        facts += [_rows(file), *_columns(file)]
    return [fact for fact in facts if fact]


def _columns(file: FileOutcome) -> Iterator[str]:
    """How many columns are known, which are not, and which the file lacks."""
    yield f"{figures.plural(len(file.columns_known), 'column')} known"
    if file.columns_unknown:
        yield f"not mapped, kept as text: {_first_of(file.columns_unknown)}"
    if file.columns_missing:
        yield f"not in the file, left empty: {_first_of(list(file.columns_missing))}"


def _first_of(names: list[str]) -> str:
    """The names; of many the first few: a tool may have two hundred that nobody asked for."""
    left = len(names) - MOST_COLUMNS
    return ", ".join(names[:MOST_COLUMNS]) + (f" and {left} more" if left > 0 else "")


def _rows(file: FileOutcome) -> str:
    """The rows of the file by their fate; nothing where they were not read."""
    counts = file.counts
    if not counts.rows_read:
        return ""
    parts = {
        "new": counts.new_rows,
        "changed": counts.changed_rows,
        "as before": counts.unchanged_rows,
        "unreadable": counts.quarantined_rows,
        "blank or repeated": counts.skipped_rows,
    }
    told = [f"{count:,} {name}" for name, count in parts.items() if count]
    if counts.deleted_rows:
        gone = figures.plural(counts.deleted_rows, "record")
        told.append(f"and {gone} gone since the last export")
    return f"{figures.plural(counts.rows_read, 'row')}: {', '.join(told)}"


def _remarks(file: FileOutcome) -> list[str]:
    """Reason and problems; of many problems the first few."""
    remarks = [] if file.state == "unchanged" else [file.reason]
    remarks += file.problems
    told = [remark for remark in dict.fromkeys(remarks) if remark]
    left = len(told) - MOST_REMARKS
    return [
        *told[:MOST_REMARKS],
        *([f"and {left} more: kpimart inspect --json"] if left > 0 else []),
    ]
