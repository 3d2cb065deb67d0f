"""The calendar's periods are half-open, consecutive and fiscal, under every calendar."""

from datetime import date, timedelta

import pytest

from pipelines.calendars.days import calendar_bounds, calendar_days
from pipelines.calendars.rules import CompanyTime
from pipelines.calendars.working_time import GivenDay, working_times

GRAINS = ("week", "month", "quarter", "year")
RETAIL = {"calendar": "4-4-5", "fiscal_year_start_month": 2}
MOVED = [{}, {"from": "2024-07-01", "fiscal_year_start_month": 7}]
TO_WEEKS = [{}, {"from": "2025-02-03", **RETAIL, "fiscal_year_end": "nearest"}]
THRICE = [*MOVED, {"from": "2025-06-30", "calendar": "5-4-4", "fiscal_year_start_month": 7}]
BACK = [{**RETAIL}, {"from": "2024-02-01", "fiscal_year_start_month": 2}]


def _days(first: date, last: date, given: tuple[GivenDay, ...] = (), **config):
    company = CompanyTime.model_validate({"timezone": "UTC", **config})
    fiscal = company.fiscal_calendars
    bounds = calendar_bounds(first, last, fiscal)
    times = working_times(company, given, first=bounds[0], last=bounds[1])
    return calendar_days(*bounds, calendars=fiscal, time=times[0])


def _day(days, on: date):
    return days[days["date_on"] == str(on)].iloc[0]


def _spans(days, grain: str) -> list[tuple[str, str]]:
    columns = [f"{grain}_start_on", f"{grain}_end_on"]
    return [(str(start.date()), str(end.date())) for start, end in _once(days, columns)]


def _once(days, columns: list[str]):
    return days[columns].drop_duplicates().itertuples(index=False, name=None)


@pytest.mark.parametrize(
    "config",
    [
        *({"fiscal_year_start_month": month} for month in (1, 2, 7, 12)),
        *({"calendar": kind} for kind in ("4-4-5", "4-5-4", "5-4-4")),
        *({**RETAIL, "fiscal_year_end": end} for end in ("nearest", "last")),
        *({"calendars": calendars} for calendars in (MOVED, TO_WEEKS, BACK, THRICE)),
    ],
    ids=str,
)
def test_every_period_holds_its_days_and_numbers_run_without_gap(config):
    days = _days(date(2023, 5, 5), date(2025, 12, 31), **config)

    assert days["date_on"].is_unique
    assert str(days["date_on"].iloc[0].date()) == "2022-01-01"
    for period in GRAINS:
        start, end = days[f"{period}_start_on"], days[f"{period}_end_on"]
        assert ((start <= days["date_on"]) & (days["date_on"] < end)).all()
        periods = days[
            [f"{period}_number", f"{period}_start_on", f"{period}_end_on", f"{period}_era"]
        ].drop_duplicates()
        assert (periods[f"{period}_number"].diff().dropna() == 1).all()
        assert (periods[f"{period}_end_on"].shift() == periods[f"{period}_start_on"]).iloc[1:].all()
    for finer, coarser in (("month", "quarter"), ("quarter", "year")):
        assert (days[f"{coarser}_start_on"] <= days[f"{finer}_start_on"]).all()
        assert (days[f"{finer}_end_on"] <= days[f"{coarser}_end_on"]).all()


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
    days = _days(date(2016, 1, 1), last, fiscal_year_start_month=month)
    assert str(days["date_on"].iloc[-1].date()) == end


def test_a_day_of_a_fiscal_year_that_starts_in_february():
    days = _days(date(2024, 1, 1), date(2024, 6, 1), fiscal_year_start_month=2)
    day = _day(days, date(2024, 1, 31))
    assert [str(day[f"{p}_start_on"].date()) for p in GRAINS] == [
        "2024-01-29",
        "2024-01-01",
        "2023-11-01",
        "2023-02-01",
    ]
    assert str(day["quarter_end_on"].date()) == str(day["year_end_on"].date()) == "2024-02-01"
    assert (day["fiscal_year"], day["fiscal_quarter"], day["fiscal_month"]) == (2023, 4, 12)
    assert day["is_working_day"]
    assert not _day(days, date(2024, 2, 3))["is_working_day"]


@pytest.mark.parametrize(
    ("on", "month", "quarter"),
    [
        # February has its 29th day in leap years alone, 2000 was one and 1900 was not
        (date(2024, 2, 29), ("2024-02-01", "2024-03-01"), ("2024-01-01", "2024-04-01")),
        (date(2023, 2, 28), ("2023-02-01", "2023-03-01"), ("2023-01-01", "2023-04-01")),
        (date(2000, 2, 29), ("2000-02-01", "2000-03-01"), ("2000-01-01", "2000-04-01")),
        (date(1900, 2, 28), ("1900-02-01", "1900-03-01"), ("1900-01-01", "1900-04-01")),
        # month and year ends belong to what they end
        (date(2024, 3, 31), ("2024-03-01", "2024-04-01"), ("2024-01-01", "2024-04-01")),
        (date(2024, 4, 1), ("2024-04-01", "2024-05-01"), ("2024-04-01", "2024-07-01")),
        (date(2024, 12, 31), ("2024-12-01", "2025-01-01"), ("2024-10-01", "2025-01-01")),
        (date(2025, 1, 1), ("2025-01-01", "2025-02-01"), ("2025-01-01", "2025-04-01")),
    ],
)
def test_leap_days_and_the_ends_of_months_and_years(on, month, quarter):
    day = _day(_days(on, on), on)
    for grain, span in (("month", month), ("quarter", quarter)):
        assert tuple(str(day[f"{grain}_{edge}_on"].date()) for edge in ("start", "end")) == span


@pytest.mark.parametrize(
    "config", [{"fiscal_year_start_month": 4}, RETAIL, *({"calendars": c} for c in (MOVED, BACK))]
)
def test_numbers_and_eras_do_not_depend_on_the_span(config):
    short = _days(date(2024, 1, 1), date(2024, 6, 1), **config)
    long = _days(date(2010, 1, 1), date(2026, 6, 1), **config)
    columns = [f"{grain}_{what}" for grain in GRAINS for what in ("number", "era", "end_on")]
    for on in (date(2023, 5, 5), date(2024, 2, 4), date(2024, 5, 5)):
        assert (_day(short, on)[columns] == _day(long, on)[columns]).all()


def test_a_fiscal_year_that_moves_leaves_a_short_one_and_no_year_to_compare_with():
    days = _days(date(2023, 1, 1), date(2026, 6, 30), calendars=MOVED)
    assert _spans(days, "year")[1:] == [
        ("2023-01-01", "2024-01-01"),
        ("2024-01-01", "2024-07-01"),
        ("2024-07-01", "2025-07-01"),
        ("2025-07-01", "2026-07-01"),
    ]
    # the short year is compared with nothing, those of one calendar with each other
    eras = list(_once(days, ["year_era", "year_start_on"]))
    assert [era for era, _ in eras] == [0, 0, 1, 2, 2]
    # January and July begin quarters under both, so quarters and months go on as before
    assert set(days["quarter_era"]) == set(days["month_era"]) == set(days["week_era"]) == {0}
    day = _day(days, date(2024, 7, 1))
    assert (day["fiscal_year"], day["fiscal_quarter"], day["fiscal_month"]) == (2024, 1, 1)


def test_less_than_a_week_before_a_change_belongs_to_the_month_before():
    # the weeks of 2025 begin on Monday, February 3rd, the one nearest to the 1st: two days of
    # February are left, so January has 33, and neither is compared with anything
    days = _days(date(2024, 11, 1), date(2025, 3, 31), calendars=TO_WEEKS)
    spans = dict(_spans(days, "month"))
    assert spans["2025-01-01"] == "2025-02-03"
    assert spans["2025-02-03"] == "2025-03-03"
    eras = {str(start.date()): era for start, era in _once(days, ["month_start_on", "month_era"])}
    assert (eras["2024-12-01"], eras["2025-01-01"], eras["2025-02-03"]) == (0, 1, 2)
    assert _day(days, date(2025, 2, 2))["calendar"] == "gregorian"
    assert _day(days, date(2025, 2, 3))["calendar"] == "4-4-5"


def test_weeks_of_the_fiscal_year_are_counted_to_the_53rd():
    days = _days(date(2020, 1, 1), date(2021, 1, 3), calendar="4-4-5")
    for week in range(1, 54):
        monday = date.fromisocalendar(2020, week, 1)
        assert _day(days, monday + timedelta(days=6))["fiscal_week"] == week
    last = _day(days, date(2021, 1, 3))
    assert (str(last["month_start_on"].date()), last["fiscal_month"]) == ("2020-11-23", 12)
    assert _days(date(2020, 1, 1), date(2020, 1, 1))["fiscal_week"].isna().all()


def test_holidays_are_no_working_days_and_the_companys_own_file_is_on_top():
    days = _days(
        date(2026, 1, 1),
        date(2026, 12, 31),
        (
            GivenDay(date(2026, 6, 19), "", "", is_working_day=True),
            GivenDay(date(2026, 3, 2), "", "Founders' Day", is_working_day=False),
            GivenDay(date(2026, 3, 3), "EMEA", "Of another region", is_working_day=False),
            GivenDay(date(2026, 1, 3), "", "", is_working_day=True),
        ),
        holidays="US",
    )
    told = {
        on: (_day(days, on)["holiday"], bool(_day(days, on)["is_working_day"]))
        for on in (date(2026, 7, 3), date(2026, 6, 19), date(2026, 3, 2), date(2026, 1, 3))
    }
    assert told[date(2026, 7, 3)] == ("Independence Day (observed)", False)
    assert told[date(2026, 3, 2)] == ("Founders' Day", False)
    assert (told[date(2026, 6, 19)][1], told[date(2026, 1, 3)][1]) == (True, True)  # a Saturday
    assert _day(days, date(2026, 3, 3))["is_working_day"]
    assert not _day(days, date(2026, 1, 4))["is_working_day"]
