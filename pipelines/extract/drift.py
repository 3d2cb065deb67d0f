"""How an export differs in shape from the one before it: columns, their kinds, rows.

Known from the ledger alone. What it does to the batch is decided elsewhere: a lost column that the
object cannot do without, and records that vanish, hold it.
"""

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb

from pipelines.extract.delivered import Header
from pipelines.extract.ledger import Entry, Ledger
from pipelines.extract.run_tables import configured, create_table
from pipelines.settings import Settings

Kind = Literal[
    "new_column", "lost_column", "renamed_column", "changed_type", "emptied_column", "fewer_rows"
]
EARLIER_BATCHES = 5
ENOUGH_ROWS = 100  # in fewer rows, that a column is empty says nothing


@dataclass(frozen=True, kw_only=True)
class Drift:
    """One difference; `column`: the canonical column, where the header is one."""

    kind: Kind
    column: str | None = None
    before: str | None = None
    now: str | None = None

    @property
    def told(self) -> str:
        """It, as a sentence."""
        of_column = f" ({self.column})" if self.column else ""
        return {
            "new_column": f"column {self.now!r}{of_column} is new",
            "lost_column": f"column {self.before!r}{of_column} is no longer there",
            "renamed_column": f"column {self.before!r}{of_column} is now {self.now!r}",
            "changed_type": f"column {self.column!r} held {self.before}, and now {self.now}",
            "emptied_column": f"column {self.column!r} held {self.before}, and now nothing",
            "fewer_rows": f"it has {self.now} rows, and had {self.before}",
        }[self.kind]


def drift(entry: Entry, earlier: Sequence[Entry], *, max_fewer: float) -> list[Drift]:
    """How a batch differs from those before it, oldest first; nothing where there was none.

    `max_fewer`: the share of rows that a whole export may lose without being told.
    """
    known = [one for one in earlier if one.header]
    if entry.header is None or not known or known[-1].header is None:
        return []
    before, now = known[-1].header, entry.header
    found = [*_columns(before, now), *_kinds(before, now, rows=entry.counts.rows_read)]
    usual = statistics.median(one.counts.rows_read for one in earlier[-EARLIER_BATCHES:])
    if entry.mode == "snapshot" and entry.counts.rows_read < (1 - max_fewer) * usual:
        rows = entry.counts.rows_read
        found.append(Drift(kind="fewer_rows", before=f"{usual:.0f}", now=f"{rows}"))
    return found


def _columns(before: Header, now: Header) -> Iterator[Drift]:
    told_before, told_now = _column_of(before), _column_of(now)
    renamed = {
        column: (header, now.known[column])
        for column, header in before.known.items()
        if header not in now.columns and now.known.get(column, header) not in before.columns
        if column in now.known
    }
    for column, (old, new) in renamed.items():
        yield Drift(kind="renamed_column", column=column, before=old, now=new)
    old_names = {old for old, _ in renamed.values()}
    new_names = {new for _, new in renamed.values()}
    for header in now.columns:
        if header not in before.columns and header not in new_names:
            yield Drift(kind="new_column", column=told_now.get(header), now=header)
    for header in before.columns:
        if header not in now.columns and header not in old_names:
            yield Drift(kind="lost_column", column=told_before.get(header), before=header)


def _column_of(header: Header) -> dict[str, str]:
    return {name: column for column, name in header.known.items()}


def _kinds(before: Header, now: Header, *, rows: int) -> Iterator[Drift]:
    for name, kind in before.kinds.items():
        if name not in now.columns:
            continue
        found = now.kinds.get(name)
        if found is None and rows >= ENOUGH_ROWS:
            yield Drift(kind="emptied_column", column=name, before=kind)
        elif found is not None and found != kind:
            yield Drift(kind="changed_type", column=name, before=kind, now=found)


def earlier_than(entry: Entry, entries: Iterable[Entry]) -> list[Entry]:
    """The batches of the same object that describe an earlier moment, oldest first."""
    same = [
        one
        for one in entries
        if (one.source, one.object) == (entry.source, entry.object) and _place(one) < _place(entry)
    ]
    return sorted(same, key=_place)


def _place(entry: Entry) -> tuple[str, str]:
    return (entry.as_of.isoformat() if entry.as_of else "", str(entry.batch))


def schema_drift(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    known: Ledger,
    within: list[Entry],
) -> None:
    """Table `run.schema_drift`: how each batch, applied or held, differs from those before it."""
    columns = dict.fromkeys(("source", "object", "batch", "file_name", "state"), "varchar")
    columns |= {"as_of": "timestamp"}
    columns |= dict.fromkeys(("drift", "column_name", "found_before", "found_now"), "varchar")
    rows = [
        (
            entry.source,
            entry.object,
            entry.batch,
            entry.file_name,
            known.state(entry),
            entry.as_of,
            one.kind,
            one.column,
            one.before,
            one.now,
        )
        for entry in (*within, *configured(settings, known.held_batches()))
        for one in drift(
            entry,
            earlier_than(entry, within),
            max_fewer=settings.guards.max_vanished_share,
        )
    ]
    create_table(connection, "schema_drift", columns, rows)
