"""When a company and its regions work: working days, and the minutes in which they are open.

Tables of days, made whole; the config's part is in `rules`, the company's own file of holidays
comes from the lake.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipelines.calendars.public_holidays import public_holidays
from pipelines.calendars.rules import MINUTES_OF_A_DAY, WEEKDAYS, CompanyTime, opening_minutes

COMPANY = "(company)"


class GivenDay(NamedTuple):
    """A day of the company's own file, a holiday or worked after all; region '' is all of them."""

    day: date
    region: str
    name: str
    is_working_day: bool


@dataclass(frozen=True, kw_only=True)
class WorkingTime:
    """When a region, or the company where no region says otherwise, works; `timezone` is its own.

    `opens` and `closes` are minutes after midnight. `off` are days without work, by name, `on` days
    with work, whatever the weekday.
    """

    name: str
    timezone: str
    weekdays: frozenset[int]
    opens: int
    closes: int
    off: Mapping[date, str]
    on: frozenset[date]

    def is_working(self, days: pd.Series) -> np.ndarray:
        """True for each day on which there is work."""
        usual = days.dt.day_of_week.isin(list(self.weekdays)) & ~_is_among(days, self.off)
        return (usual | _is_among(days, self.on)).to_numpy()

    def holiday(self, days: pd.Series) -> pd.Series:
        """The name of the holiday that falls on each day, on whatever weekday; else missing."""
        return days.dt.date.map(dict(self.off)).astype(object)


def working_times(
    company: CompanyTime, given: Iterable[GivenDay], *, first: date, last: date
) -> list[WorkingTime]:
    """The company's working time, then those of the regions that config or file name.

    A region has what it says itself, else what the company has. The file's rows are on top: those
    for all regions first, then the region's.
    """
    rows = sorted(given, key=lambda row: (row.region != "", row.day))
    named = sorted({*company.regions, *(row.region for row in rows if row.region)})
    return [
        _working_time(company, name, rows, first=first, last=last) for name in (COMPANY, *named)
    ]


def _working_time(
    company: CompanyTime, name: str, rows: list[GivenDay], *, first: date, last: date
) -> WorkingTime:
    region = company.regions.get(name)
    country = (region and region.holidays) or company.holidays
    hours = (region and region.business_hours) or company.business_hours
    opens, closes = opening_minutes(hours)
    off = public_holidays(country, first, last) if country else {}
    on: set[date] = set()
    for row in rows:
        if row.region not in ("", name):
            continue
        if row.is_working_day:
            on.add(row.day)
            off.pop(row.day, None)
        else:
            off[row.day] = row.name
            on.discard(row.day)
    days = (region and region.working_days) or company.working_days
    return WorkingTime(
        name=name,
        timezone=(region and region.timezone) or company.timezone,
        weekdays=frozenset(WEEKDAYS.index(day) for day in days),
        opens=opens,
        closes=closes,
        off=off,
        on=frozenset(on),
    )


def business_days(time: WorkingTime, timezone: str, first: date, last: date) -> pd.DataFrame:
    """One row per local day of a zone: since when it is open, how long, and how long was before it.

    `opens_at` is naive UTC; `open_seconds` is 0 on a day without work, and what passes between the
    two clock times on a day on which the clocks change: an hour that comes twice opens or closes
    with its first, one that is skipped with its end. `seconds_before` adds up the days before.
    """
    days = pd.Series(pd.date_range(first, last, unit="us"))
    opens_at = _moments(days, time.opens, timezone)
    closes_at = _moments(days, time.closes, timezone)
    length = (closes_at - opens_at) // pd.Timedelta(seconds=1)
    open_seconds = np.where(time.is_working(days), length, 0)
    return pd.DataFrame(
        {
            "calendar": time.name,
            "timezone": timezone,
            "date_on": days,
            "opens_at": opens_at,
            "open_seconds": open_seconds,
            "seconds_before": np.cumsum(open_seconds) - open_seconds,
        }
    )


def _moments(days: pd.Series, minute: int, timezone: str) -> pd.Series:
    """The naive UTC moments at which the clocks of a zone show a time of each day."""
    whole, minute = divmod(minute, MINUTES_OF_A_DAY)
    clock = days + pd.Timedelta(days=whole, minutes=minute)
    there = clock.dt.tz_localize(
        timezone, ambiguous=np.ones(len(clock), dtype=bool), nonexistent="shift_forward"
    )
    return there.dt.tz_convert("UTC").dt.tz_localize(None)


def _is_among(days: pd.Series, some: Iterable[date]) -> pd.Series:
    return days.isin(pd.to_datetime(pd.Series(list(some), dtype=object)))
