"""What a file changes: its rows against the object's state just before its `as_of`.

The state at a moment is the fold of all stored rows by (key, `_as_of`, `_batch`), the last one
winning. A file that comes late changes every state after it, so it is stored with the rows that
restore what later snapshots showed: the fold then does not depend on the order of arrival.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.extract.batch import rows_of
from pipelines.extract.ledger import Counts, Entry
from pipelines.extract.objects import ObjectShape
from pipelines.sql import moment, one_row

STORED = ("_key", "_row", "_as_of", "_batch", "_op")
LONGEST_SEARCH = 50_000_000


@dataclass(frozen=True, kw_only=True)
class Load:
    """A file, typed and numbered, that is to take its place among an object's batches.

    `rows`, `whole` and `good_rows` are those of `content.Content`. `hold` is a reason to hold
    it whatever it changes. `is_accepted`: somebody has looked at it, so no guard holds it.
    """

    batch: str
    mode: str
    as_of: datetime
    rows: str
    good_rows: int
    extra: tuple[str, ...]
    counts: Counts
    whole: Path | None = None
    supersedes: tuple[str, ...] = ()
    hold: str | None = None
    is_accepted: bool = False


@dataclass(frozen=True, kw_only=True)
class Placed:
    """What became of a load; `hold` is None when it is applied.

    `select` yields the rows to store, by `_as_of`, `_row` and `_key`; `rows_at` counts those
    that are not quarantined by `_as_of`; `rows` is how many `select` should yield. `whole`: the
    file that has just these rows, without their stamps.
    """

    load: Load
    counts: Counts
    extra: tuple[str, ...]
    select: str
    hold: str | None
    rows_at: dict[str, int]
    whole: Path | None = None

    @property
    def rows(self) -> int:
        """The number of rows to store, as they were counted before."""
        counts = self.counts
        good = counts.new_rows + counts.changed_rows + counts.unchanged_rows
        return counts.quarantined_rows + (good if self.hold else sum(self.rows_at.values()))


class Timeline:
    """The batches of one object in the order of their `as_of`, into which loads are placed."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        name: str,
        source: str,
        shape: ObjectShape,
        lake_dir: Path,
        applied: list[Entry],
        max_vanished_share: float,
    ) -> None:
        self._connection = connection
        self._name = name
        self._source = source
        self._shape = shape
        self._lake_dir = lake_dir
        self._applied = applied
        self._max_vanished_share = max_vanished_share
        self._extra: tuple[str, ...] = ()

    def place(self, loads: list[Load]) -> list[Placed]:
        """The loads in the order of their `as_of`, each with its rows and counts.

        When a load that was to supersede a batch is held, that batch stays: all are placed anew.
        """
        names = {name for load in loads for name in load.extra}
        names |= {name for entry in self._applied for name in entry.extra}
        self._extra = tuple(sorted(names))
        if not self._applied and len(loads) == 1:
            return [self._first(loads[0])]
        while True:
            holds = self._place_once(sorted(loads, key=lambda load: (load.as_of, load.batch)))
            loads = [replace(load, hold=holds[load.batch][0]) for load in loads]
            if not any(load.hold and holds[load.batch][1] for load in loads):
                return [self._placed(load, holds[load.batch][2]) for load in loads]
            loads = [replace(load, supersedes=()) if load.hold else load for load in loads]

    def _first(self, load: Load) -> Placed:
        """The only batch of an object: all of it is new, so it is stored as it was read."""
        is_stored = load.good_rows and not load.hold
        placed = self._result(
            load,
            replace(load.counts, new_rows=load.good_rows),
            select=f"{self._stamped(load)} order by _row",
            rows_at={load.as_of.isoformat(): load.good_rows} if is_stored else {},
        )
        return replace(placed, whole=load.whole)

    def _place_once(self, loads: list[Load]) -> dict[str, tuple[str | None, bool, Counts]]:
        """By batch: reason to hold, whether it was to supersede an applied batch, and counts."""
        replaced = {batch for load in loads if not load.hold for batch in load.supersedes}
        survivors = [entry for entry in self._applied if entry.batch not in replaced]
        is_replacing = len(survivors) < len(self._applied)
        self._start(survivors)
        carriers = [load.batch for load in loads if not load.hold]
        carrier = carriers[0] if carriers else None
        is_disturbed = is_replacing
        found: dict[str, tuple[str | None, bool, Counts]] = {}
        for event in _in_order(survivors, loads):
            if isinstance(event, Entry):
                if carrier and is_disturbed and event.mode == "snapshot":
                    self._restore(event, carrier=carrier)
                    is_disturbed = is_replacing or event.counts.quarantined_rows > 0
                continue
            hold, counts = self._insert(event)
            applied = {entry.batch for entry in self._applied}
            found[event.batch] = (hold, bool(applied & set(event.supersedes)), counts)
            if hold is None:
                carrier, is_disturbed = event.batch, True
        return found

    def _start(self, survivors: list[Entry]) -> None:
        """Relations: <name>_before (all applied), <name>_kept (survivors), <name>_placed (new)."""
        self._view("before", self._applied)
        self._view("kept", survivors)
        self._connection.execute(
            f"create or replace table {self._name}_placed as "
            f"select *, false as is_restored from {self._name}_kept where false"
        )

    @property
    def _columns(self) -> list[str]:
        return [*self._shape.columns, *self._extra]

    def _view(self, name: str, entries: list[Entry]) -> None:
        columns = ", ".join((*self._columns, *STORED))
        rows = f"select {columns} from {self._typed(entries)} where _reject is null"
        self._connection.execute(f"create or replace view {self._name}_{name} as {rows}")

    def _typed(self, entries: list[Entry]) -> str:
        """The rows of batches with every column of this timeline, also when there are none."""
        types = {name: column.sql_type for name, column in self._shape.columns.items()}
        types |= dict.fromkeys(self._extra, "varchar")
        types |= {"_key": "varchar", "_row": "bigint", "_as_of": "timestamp"}
        types |= {"_batch": "varchar", "_op": "varchar", "_reject": "varchar[]"}
        empty = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in types.items())
        nothing = f"select {empty} where false"
        if not entries:
            return f"({nothing})"
        return f"({nothing} union all by name {rows_of(self._lake_dir, entries)})"

    def _fold(self, table: str, *, rows: str, until: datetime, keys: str | None = None) -> int:
        """Make the table of live rows at a moment, of some keys or all; gives their number."""
        columns = ", ".join(self._columns)
        of_keys = f" and _key in ({keys})" if keys else ""
        self._connection.execute(f"""
            create or replace table {self._name}_{table} as
            select {columns}, _key from (
                select *, row_number() over (
                    partition by _key order by _as_of desc, _batch desc
                ) as _rank
                from ({rows}) where _as_of <= {moment(until)}{of_keys}
            ) where _rank = 1 and _op = 'upsert'
        """)
        return self._count(f"select count(*) from {self._name}_{table}")

    @property
    def _rows_now(self) -> str:
        columns = ", ".join((*self._columns, *STORED))
        return (
            f"select {columns} from {self._name}_kept union all "
            f"select {columns} from {self._name}_placed"
        )

    def _count(self, query: str) -> int:
        return int(one_row(self._connection, query)[0])

    def _insert(self, load: Load) -> tuple[str | None, Counts]:
        """Place one load: compare, judge, and store what it changes unless it is held."""
        live = self._fold(
            "state", rows=self._rows_now, until=load.as_of, keys=self._keys_in_question(load)
        )
        self._compare(load)
        tally = dict(
            self._connection.execute(
                f"select verdict, count(*) from {self._name}_diff group by verdict"
            ).fetchall()
        )
        vanished = tally.get("vanished", 0)
        counts = replace(
            load.counts,
            new_rows=tally.get("new", 0),
            changed_rows=tally.get("changed", 0),
            unchanged_rows=tally.get("unchanged", 0),
            deleted_rows=vanished,
        )
        hold = load.hold or self._too_many_vanished(load, vanished=vanished, live=live)
        if hold is None:
            self._store(load)
        return hold, counts

    def _keys_in_question(self, load: Load) -> str | None:
        """Those of the file; None where its absences count too, so that all keys matter."""
        if load.mode == "snapshot":
            return None
        return f"select _key from {self._content(load)}"

    def _too_many_vanished(self, load: Load, *, vanished: int, live: int) -> str | None:
        if load.is_accepted or not live or vanished <= self._max_vanished_share * live:
            return None
        return (
            f"{vanished} of {live} live records ({vanished / live:.0%}) are not in this snapshot; "
            f"more than {self._max_vanished_share:.0%} at once needs a decision"
        )

    def _content(self, load: Load) -> str:
        missing = [name for name in self._extra if name not in load.extra]
        nulls = "".join(f", cast(null as varchar) as {name}" for name in missing)
        return f"(select *{nulls} from ({load.rows}))"

    def _compare(self, load: Load) -> None:
        """Make the table of verdicts: new, changed, unchanged, vanished; one row per key."""
        name, content = self._name, self._content(load)
        differs = " or ".join(f"given.{c} is distinct from state.{c}" for c in self._columns)
        self._connection.execute(f"""
            create or replace table {name}_diff as
            select
                coalesce(given._key, state._key) as _key,
                case
                    when state._key is null then 'new'
                    when given._key is null then 'vanished'
                    when {differs} then 'changed'
                    else 'unchanged'
                end as verdict,
            from (select * from {content} where _reject is null) as given
            full join {name}_state as state on given._key = state._key
        """)
        if load.mode != "snapshot":
            self._connection.execute(f"delete from {name}_diff where verdict = 'vanished'")
        elif load.counts.quarantined_rows:
            self._spare_quarantined(content)

    def _spare_quarantined(self, content: str) -> None:
        """A key whose row was quarantined has not vanished, nor one that a line without key names.

        Where the damage is too large to search, absence proves nothing and no key has vanished.
        """
        name = self._name
        self._connection.execute(f"""
            delete from {name}_diff where verdict = 'vanished'
                and _key in (select _key from {content} where _reject is not null)
        """)
        keyless = f"(select _raw from {content} where _reject is not null and _key is null)"
        vanished = self._count(f"select count(*) from {name}_diff where verdict = 'vanished'")
        effort = vanished * self._count(f"select count(*) from {keyless}")
        if not effort:
            return
        named = (
            "true"
            if effort > LONGEST_SEARCH
            else f"exists (select 1 from {keyless} as line where list_bool_and(list_transform("
            "string_split(_key, '|'), lambda part: contains(line._raw, part))))"
        )
        self._connection.execute(f"delete from {name}_diff where verdict = 'vanished' and {named}")

    def _store(self, load: Load) -> None:
        """The load's own rows and tombstones; they win over rows restored at the same moment.

        An incremental batch keeps its unchanged rows: they say something about this moment that an
        export which comes later, for an earlier moment, must not undo.
        """
        name = self._name
        kept = (
            "('new', 'changed', 'unchanged')"
            if load.mode == "incremental"
            else ("('new', 'changed')")
        )
        columns = ", ".join(self._columns)
        given = ", ".join(f"given.{column}" for column in self._columns)
        stamp = f"{moment(load.as_of)}, '{load.batch}'"
        self._connection.execute(f"""
            delete from {name}_placed
            where _batch = '{load.batch}' and _as_of = {moment(load.as_of)} and _key in (
                select _key from {name}_diff where verdict in ({kept[1:-1]}, 'vanished')
            )
        """)
        self._connection.execute(f"""
            insert into {name}_placed
            select {given}, given._key, given._row, {stamp}, 'upsert', false
            from {self._content(load)} as given
            inner join {name}_diff as diff on diff._key = given._key and diff.verdict in {kept}
            where given._reject is null
        """)
        self._connection.execute(f"""
            insert into {name}_placed
            select {columns}, _key, null, {stamp}, 'delete', false from {name}_state
            where _key in (select _key from {name}_diff where verdict = 'vanished')
        """)

    def _restore(self, snapshot: Entry, *, carrier: str) -> None:
        """Rows, in the carrier's batch, after which the state at a later snapshot is as it was.

        A key that the snapshot quarantined is left alone: the snapshot said nothing about it.
        """
        if snapshot.as_of is None:
            return
        name, at = self._name, snapshot.as_of
        self._fold("target", rows=f"select * from {name}_before", until=at)
        self._fold("state", rows=self._rows_now, until=at)
        differs = " or ".join(f"target.{c} is distinct from state.{c}" for c in self._columns)
        restored = ", ".join(
            f"case when target._key is null then state.{c} else target.{c} end"
            for c in self._columns
        )
        self._connection.execute(f"""
            insert into {name}_placed
            select
                {restored}, coalesce(target._key, state._key), null, {moment(at)}, '{carrier}',
                case when target._key is null then 'delete' else 'upsert' end, true
            from {name}_target as target
            full join {name}_state as state on target._key = state._key
            where (target._key is null or state._key is null or {differs})
                and coalesce(target._key, state._key) not in (
                    select _key from {self._typed([snapshot])}
                    where _reject is not null and _key is not null
                )
        """)

    def _placed(self, load: Load, counts: Counts) -> Placed:
        """The load with the rows to store: all of a held one, the changes of an applied one."""
        order = " order by _as_of, _row nulls last, _key"
        if load.hold:
            stamped = self._stamped(load)
            return self._result(load, counts, select=stamped + order, rows_at={})
        placed = f"{self._name}_placed where _batch = '{load.batch}'"
        at = self._connection.execute(
            f"select _as_of, count(*) from {placed} group by _as_of order by _as_of"
        ).fetchall()
        restored = self._count(f"select count(*) from {placed} and is_restored")
        select = (
            f"select * exclude (is_restored), '{self._source}' as _source, "
            "cast(null as varchar[]) as _reject, cast(null as varchar) as _raw, "
            f"cast(null as bigint) as _line from {placed}"
        )
        if load.counts.quarantined_rows:
            stamped = self._stamped(load)
            quarantined = f"select * from ({stamped}) where _reject is not null"
            select = f"select * from ({select} union all by name {quarantined})"
        return self._result(
            load,
            replace(counts, restored_rows=restored),
            select=select + order,
            rows_at={day.isoformat(): count for day, count in at},
        )

    def _result(
        self, load: Load, counts: Counts, *, select: str, rows_at: dict[str, int]
    ) -> Placed:
        return Placed(
            load=load,
            counts=counts,
            extra=self._extra,
            select=select,
            hold=load.hold,
            rows_at=rows_at,
        )

    def _stamped(self, load: Load) -> str:
        return (
            f"select *, '{self._source}' as _source, {moment(load.as_of)} as _as_of, "
            f"'{load.batch}' as _batch, 'upsert' as _op from {self._content(load)}"
        )


def _in_order(survivors: list[Entry], loads: list[Load]) -> Iterator[Entry | Load]:
    """Both kinds by (`as_of`, batch); of several survivors at one moment only the last.

    What the earlier ones of that moment showed was never visible.
    """
    last = {(entry.as_of, entry.mode): entry for entry in survivors}
    events: list[Entry | Load] = [*last.values(), *loads]
    return iter(sorted(events, key=lambda event: (str(event.as_of), str(event.batch))))
