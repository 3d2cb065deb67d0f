"""How fiscal years, quarters and months are cut: in calendar months, or in whole weeks.

Plain dates; what a company's config says is in `rules`, one row per day is made in `days`.
"""

from datetime import date, timedelta
from itertools import accumulate
from typing import Literal

CalendarKind = Literal["gregorian", "4-4-5", "4-5-4", "5-4-4"]
YearEnd = Literal["nearest", "last"]

WEEKS_OF_A_QUARTER: dict[CalendarKind, tuple[int, int, int]] = {
    "4-4-5": (4, 4, 5),
    "4-5-4": (4, 5, 4),
    "5-4-4": (5, 4, 4),
}
THURSDAY = 3


def month_starts(
    year: int, *, calendar: CalendarKind, start_month: int, year_end: YearEnd
) -> list[date]:
    """The first days of a fiscal year's twelve months, and the first day after the year.

    `year` is the calendar year of the first of `start_month` with which the fiscal year begins,
    to a few days under a calendar of weeks. A 53rd week is the last month's.
    """
    if calendar == "gregorian":
        return [first_of_month(year * 12 + start_month - 1 + place) for place in range(13)]
    begins = _monday_of(year, start_month=start_month, year_end=year_end)
    weeks = WEEKS_OF_A_QUARTER[calendar] * 4
    starts = [begins + timedelta(weeks=past) for past in accumulate(weeks[:-1], initial=0)]
    return [*starts, _monday_of(year + 1, start_month=start_month, year_end=year_end)]


def first_of_month(number: int) -> date:
    """The first day of a running month: twelve times the year, plus month, less one."""
    return date(number // 12, number % 12 + 1, 1)


def _monday_of(year: int, *, start_month: int, year_end: YearEnd) -> date:
    """The day after the Sunday on which the fiscal year before this one ended.

    That Sunday is the last one before the first of the month, or the nearest to the day before it:
    under `nearest` a month that begins on Friday or later begins in the week after.
    """
    first = date(year, start_month, 1)
    monday = first - timedelta(days=first.weekday())
    if year_end == "nearest" and first.weekday() > THURSDAY:
        monday += timedelta(weeks=1)
    return monday
