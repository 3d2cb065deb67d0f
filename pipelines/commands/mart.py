"""The published mart as the commands read it: one version, read-only, with what is chosen in it."""

import difflib
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from pipelines.commands import figures
from pipelines.errors import ConfigError, KpimartError
from pipelines.settings import Company, Settings

GRAINS = ("week", "month", "quarter", "year")
PERIOD_FORMS = "2026-09-15 (a day in it), 2026-09, 2026-Q3, 2026-W40 or 2026"


@dataclass(frozen=True, kw_only=True)
class Mart:
    """An open version of the mart; `as_of` and `published_at` are naive UTC."""

    connection: duckdb.DuckDBPyConnection
    version: str
    as_of: datetime
    published_at: datetime

    def rows(self, sql: str, **parameters: object) -> list[dict[str, Any]]:
        """The rows of a query, each by column name; `$name` in it is a parameter."""
        answer = self.connection.execute(sql, parameters or None)
        names = [column[0] for column in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


@dataclass(frozen=True, kw_only=True)
class Period:
    """One period of a grain, half-open."""

    grain: str
    start: date
    end: date


@contextmanager
def opened(settings: Settings) -> Generator[Mart]:
    """The version that readers get now; a publish meanwhile changes nothing in it.

    Raises:
        ConfigError: nothing is published yet.
        KpimartError: the file cannot be read.
    """
    path = settings.mart_path
    if not path.exists():
        raise ConfigError(f"{path}: nothing is published yet. Publish with: kpimart run")
    try:
        connection = duckdb.connect(path.resolve(), read_only=True)
    except duckdb.Error as error:
        raise KpimartError(f"{path}: the mart cannot be read: {error}") from error
    with connection:
        version, as_of, published_at = connection.execute(
            "select version, as_of, published_at from quality.publishes "
            "order by published_at desc limit 1"
        ).fetchall()[0]
        yield Mart(connection=connection, version=version, as_of=as_of, published_at=published_at)


def choose(given: str, allowed: Sequence[str], *, what: str) -> str:
    """The given word, which exists.

    Raises:
        ConfigError: it does not; says what exists, the nearest first.
    """
    if given in allowed:
        return given
    close = difflib.get_close_matches(given, allowed, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise ConfigError(
        f"{given!r} is not a {what} of this mart.{hint} There are: {', '.join(allowed) or '(none)'}"
    )


def choose_period(
    mart: Mart, settings: Settings, *, grain: str, given: str | None, kpis: Sequence[str]
) -> Period:
    """The period named, else the newest in which one of the KPIs is complete, else the newest.

    Raises:
        ConfigError: the text names no period, or one without values; says which have some.
    """
    found = mart.rows(
        """
        select period_start, any_value(period_end) as period_end,
            bool_or(is_complete and list_contains($kpis, kpi)) as is_complete
        from kpis.kpi_values
        where grain = $grain and scope = 'company'
        group by period_start
        order by period_start
        """,
        kpis=list(kpis),
        grain=grain,
    )
    periods = [
        Period(grain=grain, start=row["period_start"], end=row["period_end"]) for row in found
    ]
    if not periods:
        raise ConfigError(f"the mart has no {grain} with a value yet")
    if given is None:
        complete = [
            period for period, row in zip(periods, found, strict=True) if row["is_complete"]
        ]
        return (complete or periods)[-1]
    wanted = day_in(given, grain, company=settings.company)
    for period in periods:
        if period.start <= wanted < period.end:
            return period
    first, last = (
        figures.period(one.start, grain, first_month=settings.company.start_month_on(one.start))
        for one in (periods[0], periods[-1])
    )
    raise ConfigError(f"{given}: no {grain} with values; there are those from {first} to {last}")


def day_in(text: str, grain: str, *, company: Company) -> date:
    """A day that is certainly within the period that the text names."""
    year = re.fullmatch(r"(\d{4})", text)
    month = re.fullmatch(r"(\d{4})-(\d{2})", text)
    quarter = re.fullmatch(r"(\d{4})-?[Qq]([1-4])", text)
    week = re.fullmatch(r"(\d{4})-?[Ww](\d{1,2})", text)
    try:
        if year and grain == "year":
            return company.middle_of_first_month(int(year[1]))
        if quarter and grain == "quarter":
            middle = company.middle_of_first_month(int(quarter[1]))
            return middle + timedelta(days=91 * (int(quarter[2]) - 1))
        if week and grain == "week":
            return date.fromisocalendar(int(week[1]), int(week[2]), 1)
        if month and grain != "week":
            return date(int(month[1]), int(month[2]), 15)
        if not (year or month or quarter or week):
            return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"--period {text} is no period; write {PERIOD_FORMS}") from error
    raise ConfigError(f"--period {text} names no {grain}; write {PERIOD_FORMS}")
