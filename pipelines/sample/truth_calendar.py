"""Periods and the statistics over them, in plain Python: what the truth is counted with.

Nothing of the pipeline is used here. tests/oracle.py counts with the same.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

GRAINS = ("week", "month", "quarter", "year")
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def start_of(grain: str, day: date) -> date:
    """The first day of the period that holds the day."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    if grain == "month":
        return day.replace(day=1)
    if grain == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1)


def shifted(grain: str, start: date, *, by: int) -> date:
    """The start of the period that lies `by` periods later."""
    if grain == "week":
        return start + timedelta(weeks=by)
    months = start.year * 12 + start.month - 1 + by * MONTHS[grain]
    return date(months // 12, months % 12 + 1, 1)


def end_of(grain: str, start: date) -> date:
    """The first day after the period."""
    return shifted(grain, start, by=1)


def year_before(grain: str, start: date) -> date:
    """The start of the same period a year ago; of a week, the one 364 days earlier."""
    return shifted(grain, start, by={"week": -52, "month": -12, "quarter": -4, "year": -1}[grain])


@cache
def working_days(start: date, end: date, off: frozenset[date] = frozenset()) -> int:
    """Mondays to Fridays from `start` to the day before `end`, without the days `off`."""
    days = (start + timedelta(days=i) for i in range((end - start).days))
    return sum(day.weekday() < 5 and day not in off for day in days)


@cache
def comparable_end(
    grain: str, start: date, *, running: date, as_of: date, off: frozenset[date] = frozenset()
) -> date:
    """Where a period ends that is compared with the one that begins on `running`.

    All of it where that one is over by `as_of`; else the days by which no more working days have
    passed than have passed of the running one. Days `off` are no working days.
    """
    end = end_of(grain, start)
    if end_of(grain, running) <= as_of + timedelta(days=1):
        return end
    elapsed = working_days(running, as_of + timedelta(days=1), off)
    day = start
    while day < end and working_days(start, day + timedelta(days=1), off) <= elapsed:
        day += timedelta(days=1)
    return day


def percentile(values: Sequence[Decimal] | Sequence[int], share: float) -> float | None:
    """The continuous percentile: between two values, in proportion."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    low, high = float(ordered[below]), float(ordered[min(below + 1, len(ordered) - 1)])
    return low + (high - low) * (place - below)


def aalen_johansen(deals: Iterable[tuple[int, str]]) -> list[tuple[int, float, float, float]]:
    """Of deals as (day, outcome): each day's S, and the shares won and lost by then.

    Wins and losses of a day both meet those that were still open before it; what is open on a day
    is censored after them.
    """
    days: dict[int, dict[str, int]] = defaultdict(lambda: {"won": 0, "lost": 0, "open": 0})
    at_risk = 0
    for day, outcome in deals:
        days[day][outcome] += 1
        at_risk += 1
    survival, won, lost = 1.0, 0.0, 0.0
    steps: list[tuple[int, float, float, float]] = []
    for day in sorted(days):
        events = days[day]
        won += survival * events["won"] / at_risk
        lost += survival * events["lost"] / at_risk
        survival *= 1 - (events["won"] + events["lost"]) / at_risk
        at_risk -= sum(events.values())
        steps.append((day, survival, won, lost))
    return steps


def ratio(numerator: Decimal | float, denominator: Decimal | float) -> float | None:
    """NULL where the denominator is 0 or less."""
    return float(numerator) / float(denominator) if denominator > 0 else None
