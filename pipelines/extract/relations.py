"""What dbt and the checks read: the lake as views, and the run's own tables.

Schema `lake` has a view over committed files for every object, also for those never delivered;
schema `run` has tables about the company, the calendar, the sources and what became of every file.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb

from pipelines.errors import NothingReadableError
from pipelines.extract import accounting, drift, identity_tables, ledger, run_calendar
from pipelines.extract.batch import rows_of
from pipelines.extract.ledger import Entry, Ledger
from pipelines.extract.objects import ObjectShape
from pipelines.extract.run_tables import configured, create_table, relation_of
from pipelines.extract.systems import shapes_of
from pipelines.settings import Settings
from pipelines.sql import moment

ROW_TYPES = {
    "_key": "varchar",
    "_source": "varchar",
    "_as_of": "timestamp",
    "_batch": "varchar",
    "_row": "bigint",
    "_op": "varchar",
}

PUBLISHED_LISTS = {"exchange_rates", "market_size", "benchmarks"}


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
            f"{settings.landing} and run: kpimart run"
        )
    connection.execute("create schema if not exists lake")
    connection.execute("create schema if not exists run")
    for system in settings.systems:
        sources = {source.name for source in settings.sources if source.system == system}
        for shape in shapes_of(system).values():
            entries = [e for e in applied if e.source in sources and e.object == shape.name]
            _lake_view(settings, connection, system, shape, entries, as_of_limit=as_of_limit)
    as_of = _night_as_of(settings, within)
    _context(settings, connection, as_of=as_of)
    run_calendar.calendar(settings, connection, last_on=_last_covered_day(settings, as_of))
    _stage_map(settings, connection)
    _value_map(settings, connection)
    _sources(settings, connection, known, within)
    batches = [(entry.batch,) for entry in within]
    create_table(connection, "applied_batches", {"batch": "varchar"}, batches)
    identity_tables.write(settings, connection)
    accounting.row_accounting(connection, known)
    accounting.object_rows(settings, connection, within, applied, as_of_limit=as_of_limit)
    accounting.held_batches(settings, connection, known)
    accounting.quarantined_rows(settings, connection, known, within)
    drift.schema_drift(settings, connection, known, within)


def _night_as_of(settings: Settings, within: list[Entry]) -> datetime:
    """The largest as-of of what was accepted.

    That of a list which others publish counts only where nothing else is: rates of today do not
    make the deals of yesterday newer.
    """
    lists = {
        (source.name, name)
        for source in settings.sources
        for name in source.objects
        if PUBLISHED_LISTS.intersection(source.shapes[name].feeds)
    }
    own = [e.as_of for e in within if e.as_of and (e.source, e.object) not in lists]
    return max(own or [entry.as_of for entry in within if entry.as_of])


def _is_within(entry: Entry, limit: datetime | None) -> bool:
    return entry.as_of is not None and (limit is None or entry.as_of <= limit)


def _lake_view(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    system: str,
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
        casts = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in types.items())
        limit = f" and _as_of <= {moment(as_of_limit)}" if as_of_limit else ""
        stored = rows_of(settings.lake_dir, entries)
        rows = f"select {casts} from ({stored}) where _reject is null{limit}"
    else:
        nulls = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in types.items())
        rows = f"select {nulls} where false"
    connection.execute(f"create or replace view {relation_of(system, shape.name)} as {rows}")


def _context(settings: Settings, connection: duckdb.DuckDBPyConnection, *, as_of: datetime) -> None:
    company, kpis = settings.company, settings.kpis
    columns = {
        "as_of": "timestamp",
        "as_of_on": "date",
        "company_name": "varchar",
        "currency": "varchar",
        "timezone": "varchar",
        "fiscal_year_start_month": "integer",
        "mail_domains": "varchar",
        "touch_window_seconds": "integer",
        "open_amount": "varchar",
        "lost_date": "varchar",
        **dict.fromkeys(type(kpis).model_fields, "integer"),
    }
    row = (
        as_of,
        _last_covered_day(settings, as_of),
        company.name,
        company.currency,
        company.timezone,
        company.start_month_on(_last_covered_day(settings, as_of)),
        f",{','.join(company.mail_domains).lower()},",
        settings.touches.window_minutes * 60,
        settings.open_amount,
        settings.lost_date,
        *(getattr(kpis, name) for name in type(kpis).model_fields),
    )
    create_table(connection, "context", columns, [row])


def _last_covered_day(settings: Settings, as_of: datetime) -> date:
    """The company's day of the last instant before the as-of, which is itself not covered."""
    instant = (as_of - timedelta(microseconds=1)).replace(tzinfo=UTC)
    return instant.astimezone(ZoneInfo(settings.company.timezone)).date()


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


def _value_map(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    """What values mean, by the names that objects.yml has for object and column."""
    names: list[str] = ["source", "object", "column_name", "found_value", "meaning"]
    rows: set[tuple[object, ...]] = set()
    for source in settings.sources:
        for name, config in source.objects.items():
            shape = source.shapes[name]
            for column, words in config.meanings.items():
                spec = shape.columns[column]
                for fed in [spec.means_object] if spec.means_object else shape.feeds:
                    target = (source.name, fed, spec.means or column)
                    rows |= {(*target, value, word) for value, word in words.items()}
    create_table(connection, "value_map", dict.fromkeys(names, "varchar"), sorted(rows, key=str))


def _sources(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    known: Ledger,
    within: list[Entry],
) -> None:
    columns = {
        "source": "varchar",
        "source_order": "integer",
        "system": "varchar",
        "object": "varchar",
        "feeds": "varchar",
        "mode": "varchar",
        "as_of": "timestamp",
        "is_held": "boolean",
        "held_since": "timestamp",
    }
    rows: list[tuple[object, ...]] = []
    for order, source in enumerate(settings.sources, start=1):
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
            for feeds in source.shapes[name].feeds or (None,):
                about = (source.name, order, source.system, name, feeds, config.mode)
                rows.append((*about, newest, bool(held), since))
    create_table(connection, "sources", columns, rows)
