"""What dbt and the checks read: the lake as views, and the run's own tables.

Schema `lake` has a view over committed files for every object, also for those never delivered;
schema `run` has tables about the company, the calendar, the sources and what became of every file.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb

from pipelines.errors import NothingReadableError
from pipelines.extract import accounting, ledger
from pipelines.extract.calendar import calendar_days
from pipelines.extract.ledger import Entry, Ledger
from pipelines.extract.objects import ObjectShape, object_shapes
from pipelines.extract.run_tables import configured, create_table
from pipelines.settings import Settings
from pipelines.sql import moment, one_row, path_list

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
    applied = configured(settings, known.applied_batches())
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
    accounting.row_accounting(connection, known)
    accounting.object_rows(connection, within, applied, as_of_limit=as_of_limit)
    accounting.held_batches(settings, connection, known)
    accounting.quarantined_rows(settings, connection, known, within)


def _is_within(entry: Entry, limit: datetime | None) -> bool:
    return entry.as_of is not None and (limit is None or entry.as_of <= limit)


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
    create_table(connection, "context", columns, [row])


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
    create_table(connection, "stage_map", columns, rows)


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
    create_table(connection, "sources", columns, rows)
