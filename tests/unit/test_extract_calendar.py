"""The calendar's periods are half-open, consecutive and fiscal."""

from datetime import date

import pytest

from pipelines.extract.calendar import calendar_days


def _day(days, on: date):
    return days[days["date_on"] == str(on)].iloc[0]


@pytest.mark.parametrize("month", [1, 2, 7, 12])
def test_every_period_holds_its_days_and_numbers_run_without_gap(month):
    days = calendar_days(date(2023, 5, 5), date(2024, 12, 31), fiscal_year_start_month=month)

    assert days["date_on"].is_unique
    assert str(days["date_on"].iloc[0].date()) == "2022-01-01"
    for period in ("week", "month", "quarter", "year"):
        start, end = days[f"{period}_start_on"], days[f"{period}_end_on"]
        assert ((start <= days["date_on"]) & (days["date_on"] < end)).all()
        periods = days[
            [f"{period}_number", f"{period}_start_on", f"{period}_end_on"]
        ].drop_duplicates()
        assert (periods[f"{period}_number"].diff().dropna() == 1).all()
        assert (periods[f"{period}_end_on"].shift() == periods[f"{period}_start_on"]).iloc[1:].all()


@pytest.mark.parametrize(
    ("month", "last", "end"),
    [
        (1, date(2017, 12, 31), "2017-12-31"),
        (1, date(2018, 1, 1), "2018-12-31"),
        (2, date(2018, 1, 31), "2018-01-31"),
        (2, date(2018, 2, 1), "2019-01-31"),
        (7, date(2024, 6, 30), "2024-06-30"),
    ],
)
def test_the_calendar_ends_with_the_fiscal_year_of_the_last_day(month, last, end):
    days = calendar_days(date(2016, 1, 1), last, fiscal_year_start_month=month)
    assert str(days["date_on"].iloc[-1].date()) == end


def test_a_day_of_a_fiscal_year_that_starts_in_february():
    days = calendar_days(date(2024, 1, 1), date(2024, 6, 1), fiscal_year_start_month=2)
    day = _day(days, date(2024, 1, 31))
    assert [str(day[f"{p}_start_on"].date()) for p in ("week", "month", "quarter", "year")] == [
        "2024-01-29",
        "2024-01-01",
        "2023-11-01",
        "2023-02-01",
    ]
    assert str(day["quarter_end_on"].date()) == str(day["year_end_on"].date()) == "2024-02-01"
    assert day["is_working_day"]
    assert not _day(days, date(2024, 2, 3))["is_working_day"]


def test_numbers_do_not_depend_on_the_span():
    short = calendar_days(date(2024, 1, 1), date(2024, 6, 1), fiscal_year_start_month=4)
    long = calendar_days(date(2010, 1, 1), date(2026, 6, 1), fiscal_year_start_month=4)
    assert (_day(short, date(2024, 5, 5)) == _day(long, date(2024, 5, 5))).all()
