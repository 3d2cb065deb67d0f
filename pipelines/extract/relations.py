"""What dbt and the checks read: the lake as views, and the run's own tables.

Schema `lake` has a view over committed files for every object, also for those never delivered;
schema `run` has tables about the company, the calendar, the sources and what became of every file.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb

from pipelines import journal
from pipelines.errors import NothingReadableError
from pipelines.extract import ledger
from pipelines.extract.calendar import calendar_days
from pipelines.extract.ledger import Entry, Ledger
from pipelines.extract.objects import ObjectShape, object_shapes
from pipelines.settings import Settings
from pipelines.sql import moment, one_row, path_list, quoted

ROW_TYPES = {
    "_key": "varchar",
    "_source": "varchar",
    "_as_of": "timestamp",
    "_batch": "varchar",
    "_row": "bigint",
    "_op": "varchar",
}
CALENDAR_DATES = {
    "opportunities": ("created_on", "closed_on"),
    "accounts": ("created_on",),
    "quotas": ("period_start",),
}


def register(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    *,
    as_of_limit: datetime | None = None,
) -> None:
    """Views `lake.*` and tables `run.*` show the committed lake, or the lake as of a moment.

    `as_of_limit`: naive UTC; later batches, and later rows of earlier ones, are left out.

    Raises:
        NothingReadableError: no batch is applied.
    """
    known = ledger.read(settings.lake_dir)
    applied = _configured(settings, known.applied_batches())
    within = [entry for entry in applied if _is_within(entry, as_of_limit)]
    if not within:
        until = f" up to {as_of_limit} (UTC)" if as_of_limit else ""
        raise NothingReadableError(
            f"{settings.lake_dir}: no batch is applied{until}. Put exports into "
            f"{settings.landing_dir} and run: kpimart run"
        )
    connection.execute("create schema if not exists lake")
    connection.execute("create schema if not exists run")
    for shape in object_shapes().values():
        entries = [entry for entry in applied if entry.object == shape.name]
        _lake_view(settings, connection, shape, entries, as_of_limit=as_of_limit)
    as_of = max(entry.as_of for entry in within if entry.as_of)
    _context(settings, connection, as_of=as_of)
    _calendar(settings, connection, as_of=as_of)
    _stage_map(settings, connection)
    _sources(settings, connection, known, within)
    _row_accounting(connection, known)
    _object_rows(connection, within, applied, as_of_limit=as_of_limit)
    _held_batches(settings, connection, known)
    _quarantined_rows(settings, connection, known, within)
    _table(
        connection,
        "applied_batches",
        {"batch": "varchar", "source": "varchar", "object": "varchar"},
        [(entry.batch, entry.source, entry.object) for entry in within],
    )
    _journal(settings, connection)


def _configured(settings: Settings, entries: list[Entry]) -> list[Entry]:
    """The batches of objects that the config still names: a source taken out stops counting."""
    objects = {(source.name, name) for source in settings.sources for name in source.objects}
    return [entry for entry in entries if (entry.source, entry.object) in objects]


def _is_within(entry: Entry, limit: datetime | None) -> bool:
    return entry.as_of is not None and (limit is None or entry.as_of <= limit)


def _table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: dict[str, str],
    rows: Sequence[Sequence[object]],
) -> None:
    declared = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns.items())
    connection.execute(f"create or replace table run.{name} ({declared})")
    if rows:
        marks = ", ".join("?" for _ in columns)
        values = ", ".join(f"({marks})" for _ in rows)
        connection.execute(
            f"insert into run.{name} values {values}", [value for row in rows for value in row]
        )


def _lake_view(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    shape: ObjectShape,
    entries: list[Entry],
    *,
    as_of_limit: datetime | None,
) -> None:
    extra = sorted({name for entry in entries for name in entry.extra})
    types = {name: column.sql_type for name, column in shape.columns.items()}
    types |= dict.fromkeys(extra, "varchar")
    types |= ROW_TYPES
    if entries:
        paths = [ledger.batch_file(settings.lake_dir, entry) for entry in entries]
        casts = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in types.items())
        limit = f" and _as_of <= {moment(as_of_limit)}" if as_of_limit else ""
        rows = (
            f"select {casts} from read_parquet({path_list(paths)}, union_by_name => true) "
            f"where _reject is null{limit}"
        )
    else:
        nulls = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in types.items())
        rows = f"select {nulls} where false"
    connection.execute(f"create or replace view lake.mapped__{shape.name} as {rows}")


def _context(settings: Settings, connection: duckdb.DuckDBPyConnection, *, as_of: datetime) -> None:
    company, kpis = settings.company, settings.kpis
    columns = {
        "as_of": "timestamp",
        "as_of_on": "date",
        "company_name": "varchar",
        "currency": "varchar",
        "timezone": "varchar",
        "fiscal_year_start_month": "integer",
        "open_amount": "varchar",
        "lost_date": "varchar",
        "new_window_days": "integer",
        "win_window_days": "integer",
        "history_months": "integer",
    }
    row = (
        as_of,
        _last_covered_day(settings, as_of),
        company.name,
        company.currency,
        company.timezone,
        company.fiscal_year_start_month,
        settings.open_amount,
        settings.lost_date,
        kpis.new_window_days,
        kpis.win_window_days,
        kpis.history_months,
    )
    _table(connection, "context", columns, [row])


def _last_covered_day(settings: Settings, as_of: datetime) -> date:
    """The company's day of the last instant before the as-of, which is itself not covered."""
    instant = (as_of - timedelta(microseconds=1)).replace(tzinfo=UTC)
    return instant.astimezone(ZoneInfo(settings.company.timezone)).date()


def _calendar(
    settings: Settings, connection: duckdb.DuckDBPyConnection, *, as_of: datetime
) -> None:
    last = _last_covered_day(settings, as_of)
    bounds = " union all ".join(
        f"select min({column}) as first_on, max({column}) as last_on from lake.mapped__{name}"
        for name, columns in CALENDAR_DATES.items()
        for column in columns
    )
    first_on, last_on = one_row(connection, f"select min(first_on), max(last_on) from ({bounds})")
    days = calendar_days(
        min(first_on or last, last),
        max(last_on or last, last),
        fiscal_year_start_month=settings.company.fiscal_year_start_month,
    )
    dates = ", ".join(f"cast({c} as date) as {c}" for c in days.columns if c.endswith("_on"))
    numbers = ", ".join(
        f"cast({c} as integer) as {c}" for c in days.columns if c.endswith("_number")
    )
    connection.register("calendar_days_frame", days)
    connection.execute(
        f"create or replace table run.calendar_days as select {dates}, {numbers}, is_working_day "
        "from calendar_days_frame"
    )
    connection.unregister("calendar_days_frame")


def _stage_map(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    columns = {
        "source": "varchar",
        "stage": "varchar",
        "outcome": "varchar",
        "stage_class": "varchar",
        "stage_order": "integer",
        "is_accepted": "boolean",
        "probability": "double",
    }
    rows = [
        (
            source.name,
            name,
            stage.outcome,
            stage.stage_class,
            place if stage.order is None else stage.order,
            stage.accepted,
            stage.probability,
        )
        for source in settings.sources
        for config in source.objects.values()
        for place, (name, stage) in enumerate(config.stages.items(), start=1)
    ]
    _table(connection, "stage_map", columns, rows)


def _sources(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    known: Ledger,
    within: list[Entry],
) -> None:
    columns = {
        "source": "varchar",
        "system": "varchar",
        "object": "varchar",
        "mode": "varchar",
        "as_of": "timestamp",
        "is_held": "boolean",
        "held_since": "timestamp",
    }
    rows: list[tuple[object, ...]] = []
    for source in settings.sources:
        for name, config in source.objects.items():
            newest = max(
                (
                    e.as_of
                    for e in within
                    if e.as_of and (e.source, e.object) == (source.name, name)
                ),
                default=None,
            )
            held = [
                entry.recorded_at
                for entry in known.held_batches(source.name, of_object=name)
                if not known.is_overtaken(entry)
            ]
            since = min(held, default=None)
            rows.append((source.name, source.system, name, config.mode, newest, bool(held), since))
    _table(connection, "sources", columns, rows)


def _row_accounting(connection: duckdb.DuckDBPyConnection, known: Ledger) -> None:
    counted = (
        "rows_read",
        "new_rows",
        "changed_rows",
        "unchanged_rows",
        "quarantined_rows",
        "skipped_rows",
        "deleted_rows",
        "restored_rows",
    )
    texts = ("batch", "source", "object", "file_name", "sha256", "state")
    columns = dict.fromkeys(texts, "varchar")
    columns |= {"as_of": "timestamp", "as_of_basis": "varchar"}
    columns |= dict.fromkeys(counted, "bigint")
    columns |= {"reason": "varchar", "seconds": "double"}
    rows = [
        (
            entry.batch,
            entry.source,
            entry.object,
            entry.file_name,
            entry.sha256,
            known.state(entry),
            entry.as_of,
            entry.as_of_basis or None,
            *(getattr(entry.counts, name) for name in counted),
            entry.reason or None,
            entry.seconds,
        )
        for entry in known.offered_files()
    ]
    _table(connection, "row_accounting", columns, rows)


def _object_rows(
    connection: duckdb.DuckDBPyConnection,
    within: list[Entry],
    applied: list[Entry],
    *,
    as_of_limit: datetime | None,
) -> None:
    """Versions as the ledger counted them when they were stored; the rest as the relations say.

    So the balance fails when the lake's files and the ledger disagree.
    """
    versions: dict[tuple[str, str], int] = {}
    for entry in within:
        versions.setdefault((entry.source, str(entry.object)), 0)
    for entry in applied:
        for at, rows in entry.rows_at.items():
            key = (entry.source, str(entry.object))
            if as_of_limit is None or datetime.fromisoformat(at) <= as_of_limit:
                versions[key] = versions.get(key, 0) + rows
    columns = {"source": "varchar", "object": "varchar", "versions": "bigint"}
    _table(connection, "stored_rows", columns, [(*key, count) for key, count in versions.items()])
    folded = " union all ".join(
        f"""
        select
            _source as source,
            '{name}' as object,
            count(*) filter (where is_last and _op = 'upsert') as current_rows,
            count(*) filter (where not is_last) as superseded_rows,
            count(*) filter (where is_last and _op = 'delete') as deleted_rows,
        from (
            select
                _source,
                _op,
                row_number() over (
                    partition by _source, _key order by _as_of desc, _batch desc
                ) = 1 as is_last,
            from lake.mapped__{name}
        )
        group by all
        """
        for name in sorted({name for _, name in versions})
    )
    connection.execute(f"""
        create or replace table run.object_rows as
        select
            source,
            object,
            versions,
            coalesce(current_rows, 0) as current_rows,
            coalesce(superseded_rows, 0) as superseded_rows,
            coalesce(deleted_rows, 0) as deleted_rows,
        from run.stored_rows
        left join ({folded}) using (source, object)
    """)
    connection.execute("drop table run.stored_rows")


def _held_batches(settings: Settings, connection: duckdb.DuckDBPyConnection, known: Ledger) -> None:
    columns = {
        "batch": "varchar",
        "source": "varchar",
        "object": "varchar",
        "file_name": "varchar",
        "as_of": "timestamp",
        "held_at": "timestamp",
        "rows_read": "bigint",
        "reason": "varchar",
        "is_overdue": "boolean",
    }
    rows = [
        (
            entry.batch,
            entry.source,
            entry.object,
            entry.file_name,
            entry.as_of,
            entry.recorded_at,
            entry.counts.rows_read,
            entry.reason,
            _is_overdue(settings, known, entry),
        )
        for entry in _configured(settings, known.held_batches())
    ]
    _table(connection, "held_batches", columns, rows)


def _is_overdue(settings: Settings, known: Ledger, held: Entry) -> bool:
    """True when the object has been waiting too long; a later export that was applied ends that."""
    if known.is_overtaken(held):
        return False
    reached = known.offered_as_of
    if reached is None or held.as_of is None:
        return True
    is_first = not known.applied_batches(held.source, of_object=held.object)
    return is_first or reached - held.as_of > timedelta(days=settings.hold_days)


def _quarantined_rows(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    known: Ledger,
    within: list[Entry],
) -> None:
    held = _configured(settings, known.held_batches())
    files = [(entry.batch, entry.file_name) for entry in (*within, *held)]
    _table(connection, "batch_files", {"batch": "varchar", "file_name": "varchar"}, files)
    selects = [
        f"""
        select
            _batch as batch,
            _source as source,
            '{shape.name}' as object,
            _row as row_number,
            _line as line,
            array_to_string(_reject, '; ') as reasons,
            _raw as raw,
            cast({"amount" if "amount" in shape.columns else "null"} as decimal(18, 2)) as amount,
        from read_parquet({path_list(paths)}, union_by_name => true)
        where _reject is not null
        """
        for shape in object_shapes().values()
        if (
            paths := [
                ledger.batch_file(settings.lake_dir, entry)
                for entry in (*within, *held)
                if entry.object == shape.name and entry.counts.quarantined_rows
            ]
        )
    ]
    columns = {
        "batch": "varchar",
        "source": "varchar",
        "object": "varchar",
        "file_name": "varchar",
        "row_number": "bigint",
        "line": "bigint",
        "reasons": "varchar",
        "raw": "varchar",
        "amount": "decimal(18, 2)",
    }
    _table(connection, "quarantined_rows", columns, [])
    if selects:
        listed = ", ".join(columns)
        connection.execute(
            f"insert into run.quarantined_rows select {listed} "
            f"from ({' union all '.join(selects)}) inner join run.batch_files using (batch)"
        )
    connection.execute("drop table run.batch_files")


def _journal(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    kinds: tuple[journal.Kind, ...] = ("publishes", "check_results")
    for kind in kinds:
        rows = journal.select(settings.lake_dir, kind)
        connection.execute(f"create or replace view run.journal_{kind} as {rows}")
