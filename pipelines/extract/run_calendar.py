"""What dbt reads about time: the company's days with their periods, and when who is open.

Tables `run.calendar_days`, `run.business_calendars` and `run.business_days`, as far as the lake's
dates reach; what is in them is worked out in `pipelines.calendars`.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import available_timezones

import duckdb
import pandas as pd

from pipelines.calendars.days import calendar_bounds, calendar_days
from pipelines.calendars.working_time import GivenDay, WorkingTime, business_days, working_times
from pipelines.extract.objects import Column
from pipelines.extract.run_tables import create_table, relation_of
from pipelines.extract.systems import shapes_of
from pipelines.settings import Settings
from pipelines.sql import literal, one_row

A_DAY = timedelta(days=1)
ANSWERED = "leads"


def calendar(settings: Settings, connection: duckdb.DuckDBPyConnection, *, last_on: date) -> None:
    """The tables of schema `run` that hold calendars, business hours and their zones.

    `last_on` is the last day that the data cover.
    """
    first, last = _dated(settings, connection) or (last_on, last_on)
    fiscal = settings.company.fiscal_calendars
    bounds = calendar_bounds(min(first, last_on), max(last, last_on), fiscal)
    times = working_times(
        settings.company, _given_days(settings, connection), first=bounds[0], last=bounds[1]
    )
    days = calendar_days(*bounds, calendars=fiscal, time=times[0])
    _create(connection, "calendar_days", days)
    zones = sorted(_zones(settings, connection) | {time.timezone for time in times})
    columns = {"calendar": "varchar", "timezone": "varchar", "is_own_zone": "boolean"}
    rows = [(time.name, zone, zone == time.timezone) for time in times for zone in zones]
    create_table(connection, "business_calendars", columns, rows)
    asked = _dated(settings, connection, of_object=ANSWERED) or (last_on, last_on)
    span = max(asked[0], bounds[0]) - A_DAY, bounds[1] + A_DAY
    _create(connection, "business_days", _open_days(times, zones, *span))


def _open_days(
    times: Iterable[WorkingTime], zones: Iterable[str], first: date, last: date
) -> pd.DataFrame:
    made = [business_days(time, zone, first, last) for time in times for zone in zones]
    return pd.concat(made, ignore_index=True)


def _create(connection: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    """Table `run.<name>` has the frame's rows, in types that do not depend on them."""
    columns = ", ".join(
        f"cast({column} as {_sql_type(str(column))}) as {column}" for column in frame.columns
    )
    connection.register("made_frame", frame)
    connection.execute(f"create or replace table run.{name} as select {columns} from made_frame")
    connection.unregister("made_frame")


def _sql_type(column: str) -> str:
    kinds = {"_on": "date", "_at": "timestamp", "_seconds": "bigint", "_before": "bigint"}
    kinds |= dict.fromkeys(("_number", "_era", "_year", "_quarter", "_month", "_week"), "integer")
    if column.startswith("is_"):
        return "boolean"
    return next((kind for end, kind in kinds.items() if column.endswith(end)), "varchar")


def _dated(
    settings: Settings, connection: duckdb.DuckDBPyConnection, *, of_object: str | None = None
) -> tuple[date, date] | None:
    """The company's first and last day in the dated columns of the lake, or of one object."""
    bounds = " union all ".join(
        f"select {_day_of(settings, column, 'min')} as first_on, "
        f"{_day_of(settings, column, 'max')} as last_on from {relation_of(system, name)}"
        for system in settings.systems
        for name, shape in shapes_of(system).items()
        if of_object in (None, *shape.feeds)
        for column in shape.columns.values()
        if column.is_dated
    )
    first, last = one_row(connection, f"select min(first_on), max(last_on) from ({bounds})")
    return (first, last) if first else None


def _day_of(settings: Settings, column: Column, extreme: str) -> str:
    """SQL for the company's day of a column's smallest or largest value."""
    value = f"{extreme}({column.name})"
    if column.type == "date":
        return value
    return f"cast(timezone({literal(settings.company.timezone)}, timezone('UTC', {value})) as date)"


def _given_days(settings: Settings, connection: duckdb.DuckDBPyConnection) -> list[GivenDay]:
    """What the company's own files say of holidays now; the last source that names a day counts."""
    order = {source.name: place for place, source in enumerate(settings.sources)}
    rows = connection.execute(f"""
        select _source, holiday_on, coalesce(region, ''), coalesce(name, 'holiday'), is_working_day
        from {relation_of("mapped", "holidays")}
        qualify row_number() over (
            partition by _source, _key order by _as_of desc, _batch desc
        ) = 1 and _op = 'upsert' and not coalesce(is_deleted, false)
    """).fetchall()
    ordered = sorted(rows, key=lambda row: (order[row[0]], row[1], row[2]))
    return [
        GivenDay(day=day, region=region, name=name, is_working_day=bool(is_working))
        for _, day, region, name, is_working in ordered
    ]


def _zones(settings: Settings, connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The zones in which users live, where Python and DuckDB know the name."""
    asked = " union ".join(
        f"select timezone from {relation_of(system, name)}"
        for system in settings.systems
        for name, shape in shapes_of(system).items()
        if "users" in shape.feeds and "timezone" in shape.columns
    )
    known = f"({asked}) intersect select name from pg_timezone_names()"
    return {zone for (zone,) in connection.execute(known).fetchall()} & available_timezones()
