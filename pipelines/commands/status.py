"""How things stand: what is published, the last nights, how fresh each export is, what waits.

Read from reports, ledger and lake, so it answers also when nothing was ever published.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipelines.commands import console, figures
from pipelines.extract import ledger
from pipelines.extract.accept import accepted_batches
from pipelines.extract.ledger import Entry, Ledger
from pipelines.publish.restatements import Restated, restated_by, restated_values
from pipelines.publish.versions import versions
from pipelines.report import NightReport, load_reports
from pipelines.settings import Settings
from pipelines.sql import path_list

NIGHTS = 5
LONGEST_MESSAGE = 120
LATE = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Night:
    """One run: its outcome, how far its data reached, its seconds and its checks."""

    started_at: datetime
    outcome: str
    message: str
    version: str | None
    as_of: datetime | None
    seconds: float
    checks: int
    warnings: int
    failures: int


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The newest accepted export of one object; `behind` is its age against the night's as-of."""

    source: str
    object: str
    as_of: datetime | None
    behind_hours: float | None
    is_held: bool


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A held batch, or the rows of an object that could not be read, with the money on them.

    `accepted` says who accepted a held batch that the next run will apply.
    """

    source: str
    object: str
    row_count: int
    amount: float | None
    batch: str | None = None
    file_name: str | None = None
    held_at: datetime | None = None
    reason: str = ""
    accepted: str | None = None


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A file that could not be taken."""

    source: str
    file_name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Status:
    """Everything `kpimart status` tells; moments are naive UTC.

    `restated_values` and `restated` are of the last publish.
    """

    mart_path: Path
    version: str | None
    as_of: datetime | None
    published_at: datetime | None
    is_pinned: bool
    is_newest: bool
    nights: tuple[Night, ...]
    deliveries: tuple[Delivery, ...]
    held: tuple[Waiting, ...]
    quarantined: tuple[Waiting, ...]
    refused: tuple[Refused, ...]
    restated_values: int
    restated: tuple[Restated, ...]


def collect(settings: Settings) -> Status:
    """The status of a company."""
    known = ledger.read(settings.lake_dir)
    published, accepted = versions(settings), accepted_batches(settings.lake_dir)
    current = next((one for one in published if one.is_current), None)
    newest = published[0].version if published else ""
    return Status(
        mart_path=settings.mart_path,
        version=current.version if current else None,
        as_of=current.as_of if current else None,
        published_at=current.published_at if current else None,
        is_pinned=current.is_pinned if current else False,
        is_newest=current is None or current == published[0],
        nights=tuple(_night(report) for report in load_reports(settings.reports_dir, limit=NIGHTS)),
        deliveries=_deliveries(settings, known),
        held=tuple(
            _held(settings, entry, accepted=accepted.get(str(entry.batch)))
            for entry in known.held_batches()
        ),
        quarantined=_quarantined(settings, known),
        refused=tuple(
            Refused(source=entry.source, file_name=entry.file_name, reason=entry.reason)
            for entry in known.offered_files()
            if entry.state == "refused"
        ),
        restated_values=restated_values(settings.lake_dir, newest),
        restated=restated_by(settings.lake_dir, newest),
    )


def _night(report: NightReport) -> Night:
    failed = [check for check in report.checks if not check.passed]
    return Night(
        started_at=report.started_at,
        outcome=report.outcome,
        message=report.message,
        version=report.version,
        as_of=report.as_of,
        seconds=(report.finished_at - report.started_at).total_seconds(),
        checks=len(report.checks),
        warnings=sum(not check.blocks for check in failed),
        failures=sum(check.blocks for check in failed),
    )


def _deliveries(settings: Settings, known: Ledger) -> tuple[Delivery, ...]:
    """One per source and object of the config, delivered or not."""
    night, found = known.night_as_of, list[Delivery]()
    for source in settings.sources:
        for name in source.objects:
            batches = known.applied_batches(source.name, of_object=name)
            newest = max((entry.as_of for entry in batches if entry.as_of), default=None)
            behind = (night - newest).total_seconds() / 3600 if night and newest else None
            found.append(
                Delivery(
                    source=source.name,
                    object=name,
                    as_of=newest,
                    behind_hours=behind,
                    is_held=bool(known.held_batches(source.name, of_object=name)),
                )
            )
    return tuple(found)


def _held(settings: Settings, entry: Entry, *, accepted: str | None) -> Waiting:
    return Waiting(
        source=entry.source,
        object=str(entry.object),
        row_count=entry.counts.rows_read,
        amount=_money(settings, [entry], where="true"),
        batch=entry.batch,
        file_name=entry.file_name,
        held_at=entry.recorded_at,
        reason=entry.reason,
        accepted=accepted,
    )


def _quarantined(settings: Settings, known: Ledger) -> tuple[Waiting, ...]:
    """Per source and object, the unreadable rows of the batches that count."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in known.applied_batches():
        if entry.counts.quarantined_rows:
            groups.setdefault((entry.source, str(entry.object)), []).append(entry)
    return tuple(
        Waiting(
            source=source,
            object=name,
            row_count=sum(entry.counts.quarantined_rows for entry in entries),
            amount=_money(settings, entries, where="_reject is not null"),
        )
        for (source, name), entries in groups.items()
    )


def _money(settings: Settings, entries: Sequence[Entry], *, where: str) -> float | None:
    """The sum of the rows' amounts, as delivered, of one object; None where it has none."""
    shape = settings.shape(entries[0].source, str(entries[0].object))
    if shape is None or "amount" not in shape.columns:
        return None
    paths = [ledger.batch_file(settings.lake_dir, entry) for entry in entries]
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select cast(sum(amount) as double) "
            f"from read_parquet({path_list(paths)}, union_by_name => true) where {where}"
        ).fetchall()
    return rows[0][0]


def status(settings: Settings, *, as_json: bool) -> None:
    """Prints the status."""
    told = collect(settings)
    if as_json:
        console.print_json(told)
    else:
        render(told, settings, to=console.out())


def render(told: Status, settings: Settings, *, to: Console) -> None:
    """The status as a page."""
    zone = ZoneInfo(settings.company.timezone)
    to.print()
    _published(told, zone, to)
    if told.nights:
        console.section(to, "Last nights")
        console.show(to, _nights(told.nights, zone))
    console.section(to, "Exports")
    console.show(to, _exports(told.deliveries, zone))
    _waiting(told, settings, zone, to)


def _published(told: Status, zone: ZoneInfo, to: Console) -> None:
    if told.version is None or told.as_of is None or told.published_at is None:
        console.line(to, "Nothing is published yet; publish with: [command]kpimart run[/]")
        return
    console.line(
        to,
        f"[title]{told.version}[/] · data as of {figures.as_of(told.as_of, zone)} · published "
        f"{figures.moment(told.published_at, zone)}",
    )
    console.line(to, escape(str(told.mart_path)), style="quiet")
    if told.is_pinned:
        console.warning(to, "pinned until [command]kpimart rollback --unpin[/]")
    elif not told.is_newest:
        console.warning(to, "rolled back until the next publish")
    if told.restated_values:
        past = figures.plural(told.restated_values, "past number")
        behind = ", ".join(_reason(one) for one in told.restated)
        console.warning(to, f"the last publish restated {past}: {behind}")
        console.line(
            to, "which, and by which records: quality.restatements", style="quiet", indent=3
        )


def _reason(one: Restated) -> str:
    records = f" ({figures.plural(one.records, 'record')})" if one.records else ""
    return f"{one.reason}{records}"


def _cut(message: str) -> str:
    """The first line of a message, short enough for a column; the report has all of it."""
    line = message.strip().splitlines()[0] if message.strip() else ""
    return line if len(line) <= LONGEST_MESSAGE else f"{line[: LONGEST_MESSAGE - 1]}…"


def _nights(nights: Sequence[Night], zone: ZoneInfo) -> Table:
    styles = {"published": "ok", "nothing_new": "quiet", "blocked": "fail", "failed": "fail"}
    made = console.table(
        "began",
        "outcome",
        "version",
        "data as of",
        "took",
        "checks",
        right=("took",),
        wrapped=("outcome", "checks"),
    )
    for night in nights:
        outcome = Text(night.outcome.replace("_", " "), style=styles[night.outcome])
        if night.outcome in ("blocked", "failed"):
            outcome.append(f": {_cut(night.message)}", style="quiet")
        made.add_row(
            figures.moment(night.started_at, zone),
            outcome,
            night.version or figures.NOTHING,
            figures.as_of(night.as_of, zone) if night.as_of else figures.NOTHING,
            figures.seconds(night.seconds),
            _checks(night),
        )
    return made


def _checks(night: Night) -> Text:
    text = Text(f"{night.checks:,}")
    if night.failures:
        text.append(f", {night.failures} failed", style="fail")
    if night.warnings:
        text.append(f", {figures.plural(night.warnings, 'warning')}", style="warn")
    return text


def _exports(deliveries: Sequence[Delivery], zone: ZoneInfo) -> Table:
    made = console.table("source", "object", "data as of", "behind the newest")
    for one in deliveries:
        if one.as_of is None or one.behind_hours is None:
            made.add_row(one.source, one.object, Text("never delivered", style="quiet"), "")
            continue
        span = timedelta(hours=one.behind_hours)
        behind = Text(figures.age(span), style="warn" if span > LATE else "quiet")
        if one.is_held:
            behind.append("  a newer one is held", style="warn")
        made.add_row(one.source, one.object, figures.as_of(one.as_of, zone), behind)
    return made


def _waiting(told: Status, settings: Settings, zone: ZoneInfo, to: Console) -> None:
    currency = settings.company.currency
    if not (told.held or told.quarantined or told.refused):
        console.done(to, "nothing is held, refused or quarantined")
        to.print()
    if told.held:
        console.section(to, "Held, until somebody accepts it")
        for one in told.held:
            since = f" since {figures.moment(one.held_at, zone)}" if one.held_at else ""
            file = escape(f"{one.source}/{one.file_name}")
            size = _size(one, currency)
            console.warning(to, f"[title]{one.batch}[/] {file}{since}, {size}")
            console.line(to, escape(one.reason), style="quiet", indent=3)
            then = (
                f"{escape(one.accepted)}; the next run applies it"
                if one.accepted
                else (f"[command]kpimart accept {one.batch} --reason TEXT[/]")
            )
            console.line(to, then, indent=3)
        to.print()
    if told.quarantined:
        console.section(to, "Rows that could not be read; each is in quality.quarantined_rows")
        for one in told.quarantined:
            console.warning(to, f"{one.source} {one.object}: {_size(one, currency)}")
        to.print()
    if told.refused:
        console.section(to, "Refused files; they stay in landing")
        for file in told.refused:
            console.warning(to, escape(f"{file.source}/{file.file_name}"))
            reason = escape(console.shortened(file.reason))
            console.line(to, reason, style="quiet", indent=3)
        to.print()


def _size(one: Waiting, currency: str) -> str:
    rows = figures.plural(one.row_count, "row")
    return (
        rows
        if one.amount is None
        else f"{rows}, {figures.money(one.amount, currency)} as delivered"
    )
