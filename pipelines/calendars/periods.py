"""The periods of a company: whole, one after the other, under one fiscal calendar or several.

Plain records; `days` spreads them over days.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from pipelines.calendars.rules import FiscalCalendar

FiscalGrain = Literal["month", "quarter", "year"]
MONTHS_OF: dict[FiscalGrain, int] = {"month": 1, "quarter": 3, "year": 12}
SHORTEST_REMAINDER = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Period:
    """A month, quarter or year; the end is the first day after it.

    `number` is running: two consecutive periods differ by one. `era` is the same for periods that
    are cut in one way, and only those may be compared. `year` is the fiscal year that it is in,
    named by the calendar year in which it begins, and `place` its place there, from 1.
    """

    start: date
    end: date
    number: int
    era: int
    year: int
    place: int


def periods_of(
    grain: FiscalGrain, calendars: Sequence[FiscalCalendar], first: date, last: date
) -> list[Period]:
    """The periods from the one that holds `first` to the one that holds `last`, without gap.

    Where one calendar follows another, the period that the change cuts ends there; less than a
    week of it belongs to the period before. Either has an era of its own: it is compared with
    nothing. Numbers and eras follow from the calendars, not from the days that are asked for.
    """
    found: list[Period] = []
    offset, era = 0, 0
    for place, calendar in enumerate(calendars):
        begins = calendar.begins_on or date.min
        is_last = place + 1 == len(calendars)
        ends = date.max if is_last else calendars[place + 1].begins_on or date.max
        asked = _natural(grain, calendar, max(first, begins), min(last, ends))
        mine = _until(ends, [one for one in asked if one.start >= begins])
        found += [replace(one, number=one.number + offset, era=one.era + era) for one in mine]
        if not is_last:
            follower = calendars[place + 1]
            *_, closing = _until(ends, _natural(grain, calendar, ends, ends))
            opening = next(
                one for one in _natural(grain, follower, ends, ends) if one.start == ends
            )
            offset += closing.number + 1 - opening.number
            alike = _cut_of(grain, calendar) == _cut_of(grain, follower)
            era += closing.era + (0 if alike and not closing.era else 1)
    return [one for one in found if one.start <= last and first < one.end]


def _natural(grain: FiscalGrain, calendar: FiscalCalendar, first: date, last: date) -> list[Period]:
    """All periods of the fiscal years around the days, as if the calendar held for ever."""
    months = MONTHS_OF[grain]
    made: list[Period] = []
    for year in range(first.year - 1, last.year + 2):
        starts = calendar.month_starts(year)[::months]
        running = (year * 12 + calendar.fiscal_year_start_month - 1) // months
        if grain != "month":
            running = year * (12 // months)
        made += [
            Period(start=start, end=end, number=running + place, era=0, year=year, place=place + 1)
            for place, (start, end) in enumerate(pairwise(starts))
        ]
    return made


def _until(ends: date, periods: list[Period]) -> list[Period]:
    """The periods before a change; the last one is cut or lengthened, with era 1, if it must."""
    kept = [one for one in periods if one.start < ends]
    if not kept or kept[-1].end <= ends:
        return kept
    if ends - kept[-1].start < SHORTEST_REMAINDER and len(kept) > 1:
        kept.pop()
    return [*kept[:-1], replace(kept[-1], end=ends, era=1)]


def _cut_of(grain: FiscalGrain, calendar: FiscalCalendar) -> tuple[object, ...]:
    """What two calendars have in common whose periods of a grain lie in the same places."""
    if calendar.is_in_weeks:
        return calendar.calendar, calendar.fiscal_year_start_month, calendar.fiscal_year_end
    return "gregorian", calendar.fiscal_year_start_month % MONTHS_OF[grain]
