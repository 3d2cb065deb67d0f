"""The company's calendar: one row per day with its week, month, fiscal quarter and fiscal year."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipelines.calendars.periods import MONTHS_OF, Period, periods_of
from pipelines.calendars.rules import FiscalCalendar
from pipelines.calendars.working_time import WorkingTime

EPOCH_MONDAY = pd.Timestamp(1970, 1, 5)


def calendar_bounds(
    first: date, last: date, calendars: Sequence[FiscalCalendar]
) -> tuple[date, date]:
    """From January 1st of the year before `first` to the end of the fiscal year of `last`."""
    (year,) = periods_of("year", calendars, last, last)
    return date(first.year - 1, 1, 1), year.end - timedelta(days=1)


def calendar_days(
    first: date, last: date, *, calendars: Sequence[FiscalCalendar], time: WorkingTime
) -> pd.DataFrame:
    """One row per day from `first` to `last`, with the periods that hold it.

    Ends are exclusive. Weeks run from Monday to Sunday under every calendar, months, quarters and
    years are fiscal. Numbers are running: two consecutive periods differ by one, across years too,
    in whatever span is made. Periods may be compared where their `_era` is the same.
    """
    days = pd.Series(pd.date_range(first, last, unit="us"))
    week_start = days - pd.to_timedelta(days.dt.day_of_week, unit="D")
    held = {grain: _Held(periods_of(grain, calendars, first, last), days) for grain in MONTHS_OF}
    spans = {"week_start_on": week_start, "week_end_on": week_start + pd.Timedelta(days=7)}
    numbers = {"week_number": (week_start - EPOCH_MONDAY).dt.days // 7}
    eras: dict[str, object] = {"week_era": 0}
    for grain, of in held.items():
        spans |= {f"{grain}_start_on": of.dates("start"), f"{grain}_end_on": of.dates("end")}
        numbers[f"{grain}_number"] = of.values("number")
        eras[f"{grain}_era"] = of.values("era")
    calendar = _calendar_of(days, calendars)
    year_weeks = (days - spans["year_start_on"]).dt.days // 7 + 1
    return pd.DataFrame(
        {
            "date_on": days,
            **spans,
            **numbers,
            **eras,
            "fiscal_year": held["year"].values("year"),
            "fiscal_quarter": held["quarter"].values("place"),
            "fiscal_month": held["month"].values("place"),
            "fiscal_week": year_weeks.where(calendar != "gregorian").astype("Int64"),
            "calendar": calendar,
            "holiday": time.holiday(days),
            "is_working_day": time.is_working(days),
        }
    )


class _Held:
    """The periods that hold some days, spread over them."""

    def __init__(self, periods: list[Period], days: pd.Series) -> None:
        starts = pd.to_datetime(pd.Series([one.start for one in periods])).to_numpy()
        self.periods = periods
        self.place = np.searchsorted(starts, days.to_numpy(), side="right") - 1

    def values(self, name: str) -> np.ndarray:
        """A number of the period that holds each day."""
        return np.array([getattr(one, name) for one in self.periods])[self.place]

    def dates(self, name: str) -> pd.Series:
        """A day of the period that holds each day."""
        of_periods = pd.Series(pd.to_datetime([getattr(one, name) for one in self.periods]))
        return of_periods.iloc[self.place].reset_index(drop=True)


def _calendar_of(days: pd.Series, calendars: Sequence[FiscalCalendar]) -> pd.Series:
    """The kind of calendar that holds on each day."""
    kinds = np.full(len(days), calendars[0].calendar, dtype=object)
    for one in calendars[1:]:
        kinds[days.to_numpy() >= np.datetime64(str(one.begins_on))] = one.calendar
    return pd.Series(kinds)
