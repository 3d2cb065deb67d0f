"""The truth about revenue beside other periods and beside quotas."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import holidays
import pandas as pd

from pipelines.sample.clock import START
from pipelines.sample.truth_calendar import (
    GRAINS,
    comparable_end,
    end_of,
    ratio,
    shifted,
    start_of,
    working_days,
    year_before,
)
from pipelines.sample.truth_cells import ALL, Answer, Cell, Places, Value

Quota = dict[str, Any]
COUNTRY = "US"
MEMBERS = {"company": "team", "region": "team", "team": "rep", "manager": "rep"}


def of_growth(
    sold: dict[tuple[str, str], list[int]], *, first_closed: date, as_of: date
) -> Iterator[Value]:
    """Growth of revenue, from the period before and from a year ago, where that was above 0.

    `sold` is the revenue of each day since START, by scope and member. A running period is compared
    with as many working days of the other one; holidays of the company's country are none. No
    growth from a period in which the company's data begin after its first working day.
    """
    years = range(first_closed.year - 2, as_of.year + 1)
    off = frozenset(holidays.country_holidays(COUNTRY, years=years))
    for (scope, member), daily in sold.items():
        for grain in GRAINS:
            if (grain, scope) == ("week", "rep"):
                continue
            start = start_of(grain, first_closed)
            while start <= as_of:
                now = _between(daily, start, end_of(grain, start))
                for kpi, base in (
                    ("revenue_growth", shifted(grain, start, by=-1)),
                    ("revenue_growth_yoy", year_before(grain, start)),
                ):
                    end = comparable_end(grain, base, running=start, as_of=as_of, off=off)
                    before = _between(daily, base, end)
                    is_partial = base <= first_closed and working_days(base, first_closed, off) > 0
                    if before > 0 and not is_partial:
                        cell = Cell(grain, start, scope, member)
                        yield Value(kpi, "value", cell, Answer(now / before - 1))
                start = end_of(grain, start)


def _between(daily: list[int], start: date, end: date) -> int:
    first, beyond = ((day - START).days for day in (start, end))
    return sum(daily[max(first, 0) : max(beyond, 0)])


def quota_of(quotas: list[Quota], *, scope: str, member: str, start: date, end: date) -> Any | None:
    """The quota given for the member, else the sum over its members.

    A quota has `start`, `end`, `amount`, the `level` it was given at, and its member of each scope.
    NULL where a quota in it was given for more than the period, or for only a part of it.
    """
    mine = [
        row for row in quotas if row[scope] == member and row["start"] < end and start < row["end"]
    ]
    given = [row for row in mine if row["level"] == scope]
    teams = {row["team"] for row in mine if row["level"] == "team"}
    if given:
        parts = given
    elif MEMBERS.get(scope) == "team":
        parts = [
            row
            for row in mine
            if row["level"] == "team" or (row["level"] == "rep" and row["team"] not in teams)
        ]
    else:
        parts = [row for row in mine if row["level"] == "rep"]
    return sum(row["amount"] for row in parts) if _tiles(parts, start, end) else None


def _tiles(rows: list[Quota], start: date, end: date) -> bool:
    """True where the rows lie within the period, and every day of it within one of them."""
    if not rows or any(row["start"] < start or row["end"] > end for row in rows):
        return False
    day = start
    while day < end:
        reached = [row["end"] for row in rows if row["start"] <= day < row["end"]]
        if not reached:
            return False
        day = max(reached)
    return True


def given_quotas(quotas: pd.DataFrame, places: Places) -> list[Quota]:
    """The quotas with whom they were given to, and that person's team on the first day.

    Of a person who is shared by two teams then, each has its part of the quota; of a day after the
    last one known, where the person is on that.
    """
    names, teams = places.members["rep"], places.members["team"]
    given: list[Quota] = []
    for row in quotas.to_dict("records"):
        person, team, cents = row["person"], row["team"], row["amount"] * 100
        parts = places.credits(min(row["start"], places.span - 1), person, cents)
        for code, part in [(teams.index(team), cents)] if team else parts:
            given.append(
                {
                    "start": START + timedelta(days=row["start"]),
                    "end": START + timedelta(days=row["end"]),
                    "amount": part / 100,
                    "level": "rep" if person >= 0 else "team" if team else "company",
                    "company": ALL,
                    "team": teams[code],
                    "rep": names[person],
                }
            )
    return given


def of_quotas(quotas: list[Quota], revenue: dict[Cell, float], *, as_of: date) -> Iterator[Value]:
    """Revenue ÷ quota, wherever a member has a quota for a period that has begun."""
    for scope in ("company", "team", "rep"):
        own: dict[str, list[Quota]] = {}
        for quota in quotas:
            own.setdefault(quota[scope], []).append(quota)
        for member, mine in own.items():
            for grain in GRAINS[1:]:
                start = start_of(grain, min(quota["start"] for quota in quotas))
                while start <= as_of:
                    end = end_of(grain, start)
                    quota = quota_of(mine, scope=scope, member=member, start=start, end=end)
                    cell = Cell(grain, start, scope, member)
                    sold = revenue.get(cell, 0.0)
                    if quota is not None and quota > 0:
                        answer = Answer(ratio(sold, quota), sold, quota)
                        yield Value("quota_attainment", "value", cell, answer)
                    start = end
