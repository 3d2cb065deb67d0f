"""The ledger: what became of every file ever offered; its newest file is the commit of extraction.

`lake/_ledger/<number>.jsonl`, one file per extraction that changed something, one line per file.
Nothing is ever taken out: a batch stops counting when a later line supersedes it.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pipelines import durable
from pipelines.extract.delivered import Delivered, Header

State = Literal["applied", "held", "refused", "superseded"]
MOMENTS = ("as_of", "recorded_at")


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What became of a file's rows; tombstones and restored rows are not rows of the file."""

    rows_read: int = 0
    new_rows: int = 0
    changed_rows: int = 0
    unchanged_rows: int = 0
    quarantined_rows: int = 0
    skipped_rows: int = 0
    deleted_rows: int = 0
    restored_rows: int = 0

    @property
    def balances(self) -> bool:
        """True when every row that was read is accounted for."""
        return self.rows_read == (
            self.new_rows
            + self.changed_rows
            + self.unchanged_rows
            + self.quarantined_rows
            + self.skipped_rows
        )


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One file, or one accepted batch, and its fate; `state` is the one at the time of writing.

    `rows_at`: stored rows per `_as_of`. `is_as_read`: its file has no stamps, see `batch`. `extra`:
    the batch's x_ columns. `batch` is None when refused. `file_name` names a table, `delivered` the
    file that holds it. Moments are naive UTC.
    """

    source: str
    file_name: str
    sha256: str
    state: Literal["applied", "held", "refused"]
    recorded_at: datetime
    object: str | None = None
    batch: str | None = None
    delivered: Delivered | None = None
    header: Header | None = None
    identity: str = ""
    mode: str = ""
    as_of: datetime | None = None
    as_of_basis: str = ""
    supersedes: tuple[str, ...] = ()
    counts: Counts = Counts()
    rows_at: dict[str, int] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    is_as_read: bool = False
    reason: str = ""
    problems: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def file(self) -> tuple[str, str, str]:
        """Source, name and content."""
        return self.source, self.file_name, self.sha256


class Ledger:
    """All entries, oldest first, with what is applied and held now."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = tuple(entries)

    @cached_property
    def superseded(self) -> frozenset[str]:
        """Batches that a later one has replaced."""
        return frozenset(batch for entry in self.entries for batch in entry.supersedes)

    @cached_property
    def _settled(self) -> frozenset[tuple[str, str, str]]:
        """Source, name and content of every file that became a batch."""
        return frozenset(entry.file for entry in self.entries if entry.batch)

    @cached_property
    def _of_delivery(self) -> dict[tuple[str, str, str], list[Entry]]:
        """What became of the tables of a file, by source, name and stamp of the file."""
        found: dict[tuple[str, str, str], list[Entry]] = {}
        for entry in self.entries:
            if entry.delivered and self.state(entry) in ("applied", "held"):
                key = (entry.source, entry.delivered.name, entry.delivered.stamp)
                found.setdefault(key, []).append(entry)
        return found

    def batches_of(self, source: str, name: str, stamp: str) -> list[Entry]:
        """The batches that a file became, if it was not written since; none if not all its tables.

        So nothing of it needs to be opened to know it.
        """
        entries = self._of_delivery.get((source, name, stamp), [])
        is_whole = all(e.delivered and e.delivered.tables == len(entries) for e in entries)
        return entries if is_whole else []

    @cached_property
    def _contents(self) -> frozenset[str]:
        return frozenset(entry.delivered.content for entry in self.entries if entry.delivered)

    def has_content(self, content: str) -> bool:
        """True when a file of this content was taken up before, whatever became of it."""
        return content in self._contents

    def state(self, entry: Entry) -> State:
        """What the entry is now."""
        return "superseded" if entry.batch in self.superseded else entry.state

    def applied_batches(
        self, source: str | None = None, *, of_object: str | None = None
    ) -> list[Entry]:
        """The batches that make up the lake's relations, in the order of their number."""
        return self._in_state("applied", source=source, of_object=of_object)

    def held_batches(
        self, source: str | None = None, *, of_object: str | None = None
    ) -> list[Entry]:
        """The batches that wait for a decision, in the order of their number."""
        return self._in_state("held", source=source, of_object=of_object)

    def _in_state(self, state: State, *, source: str | None, of_object: str | None) -> list[Entry]:
        return [
            entry
            for entry in self.entries
            if self.state(entry) == state
            and source in (None, entry.source)
            and of_object in (None, entry.object)
        ]

    def offered_files(self) -> list[Entry]:
        """One entry per file and fate: a refusal is forgotten once its content became a batch."""
        latest: dict[tuple[str, ...], Entry] = {}
        for entry in self.entries:
            if entry.batch:
                latest[(entry.batch,)] = entry
            elif entry.file not in self._settled:
                latest[entry.file] = entry
        return list(latest.values())

    def is_overtaken(self, held: Entry) -> bool:
        """True when a later export of the same object has been applied since."""
        return any(
            held.as_of is not None and entry.as_of is not None and entry.as_of > held.as_of
            for entry in self.applied_batches(held.source, of_object=held.object)
        )

    @property
    def night_as_of(self) -> datetime | None:
        """The largest as-of applied."""
        return max((entry.as_of for entry in self.applied_batches() if entry.as_of), default=None)

    @property
    def offered_as_of(self) -> datetime | None:
        """The largest as-of of what was applied or is held: how far the exports reach."""
        offered = (*self.applied_batches(), *self.held_batches())
        return max((entry.as_of for entry in offered if entry.as_of), default=None)

    @property
    def next_number(self) -> int:
        """The number of the next batch: above every one ever committed."""
        return 1 + max((int(entry.batch[1:]) for entry in self.entries if entry.batch), default=0)


def batch_id(number: int) -> str:
    """The name of a batch; names sort like numbers."""
    return f"b{number:06d}"


def batch_dir(lake_dir: Path, entry: Entry) -> Path:
    """The folder of an entry's batch."""
    return lake_dir / entry.source / str(entry.object) / str(entry.batch)


def batch_file(lake_dir: Path, entry: Entry) -> Path:
    """The rows of an entry's batch."""
    return batch_dir(lake_dir, entry) / "data.parquet"


def now() -> datetime:
    """The wall clock as naive UTC: for the record only, never for a KPI."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def read(lake_dir: Path) -> Ledger:
    """The ledger of a lake; empty when there is none."""
    return Ledger(
        [
            _parsed(json.loads(line))
            for path in _files(lake_dir)
            # not splitlines: headers and texts of exports may hold marks that it ends lines at
            for line in path.read_text(encoding="utf-8").split("\n")
            if line
        ]
    )


def append(lake_dir: Path, entries: Sequence[Entry]) -> None:
    """The entries are part of the lake from now on; without this, nothing has happened."""
    present = _files(lake_dir)
    number = int(present[-1].stem) + 1 if present else 1
    lines = "".join(map(_line, entries))
    durable.write_text(lake_dir / "_ledger" / f"{number:06d}.jsonl", lines)


def _files(lake_dir: Path) -> list[Path]:
    return sorted((lake_dir / "_ledger").glob("[0-9]*.jsonl"))


def _line(entry: Entry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False, default=datetime.isoformat) + "\n"


def _parsed(raw: dict[str, Any]) -> Entry:
    known = {item.name for item in fields(Entry)}
    entry = Entry(**{name: value for name, value in raw.items() if name in known})
    return replace(
        entry,
        counts=Counts(**raw["counts"]),
        supersedes=tuple(raw["supersedes"]),
        extra=tuple(raw["extra"]),
        problems=tuple(raw["problems"]),
        delivered=Delivered.of(raw["delivered"]) if raw.get("delivered") else None,
        header=Header.of(raw["header"]) if raw.get("header") else None,
        **{name: datetime.fromisoformat(raw[name]) if raw[name] else None for name in MOMENTS},
    )
