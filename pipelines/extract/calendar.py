"""The company's calendar: one row per day with its week, month, fiscal quarter and fiscal year."""

from datetime import date

import pandas as pd


def calendar_days(first: date, last: date, *, fiscal_year_start_month: int) -> pd.DataFrame:
    """One row per day of the whole fiscal span around the data.

    From January 1st of the year before `first` to the end of the fiscal year that holds `last`.
    Ends are exclusive. Weeks run from Monday to Sunday, quarters and years are fiscal. Numbers are
    running: two consecutive periods differ by one, across years too, in whatever span is made.
    """
    start = pd.Timestamp(first.year - 1, 1, 1)
    end = pd.Timestamp(last.year, fiscal_year_start_month, 1)
    if end <= pd.Timestamp(last):
        end += pd.DateOffset(years=1)
    days = pd.Series(pd.date_range(start, end, inclusive="left", unit="us"))
    week_start = days - pd.to_timedelta(days.dt.day_of_week, unit="D")
    month_number = days.dt.year * 12 + days.dt.month - 1
    fiscal_month = month_number - (fiscal_year_start_month - 1)
    quarter_number, year_number = fiscal_month // 3, fiscal_month // 12
    offset = fiscal_year_start_month - 1
    epoch_monday = pd.Timestamp(1970, 1, 5)
    return pd.DataFrame(
        {
            "date_on": days,
            "week_start_on": week_start,
            "week_end_on": week_start + pd.Timedelta(days=7),
            "month_start_on": _first_of(month_number),
            "month_end_on": _first_of(month_number + 1),
            "quarter_start_on": _first_of(quarter_number * 3 + offset),
            "quarter_end_on": _first_of(quarter_number * 3 + 3 + offset),
            "year_start_on": _first_of(year_number * 12 + offset),
            "year_end_on": _first_of(year_number * 12 + 12 + offset),
            "week_number": (week_start - epoch_monday).dt.days // 7,
            "month_number": month_number,
            "quarter_number": quarter_number,
            "year_number": year_number,
            "is_working_day": days.dt.day_of_week < 5,
        }
    )


def _first_of(month_number: pd.Series) -> pd.Series:
    """The first day of a running month (twelve times the year, plus month, less one)."""
    parts = {"year": month_number // 12, "month": month_number % 12 + 1}
    return pd.to_datetime(pd.DataFrame(parts).assign(day=1))
