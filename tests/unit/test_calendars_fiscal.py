"""Fiscal years end where published ones did; a config's calendars are checked."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from pydantic import ValidationError

from pipelines.calendars.fiscal import month_starts
from pipelines.calendars.rules import CompanyTime


def _last_day(year: int, **calendar) -> date:
    return month_starts(year, **calendar)[-1] - timedelta(days=1)


def _weeks(year: int, **calendar) -> int:
    starts = month_starts(year, **calendar)
    return (starts[-1] - starts[0]).days // 7


def test_years_that_end_on_the_sunday_nearest_to_december_are_iso_years():
    # Johnson & Johnson's fiscal years: the Sunday nearest to the end of December
    calendar = {"calendar": "4-4-5", "start_month": 1, "year_end": "nearest"}
    for year in range(1990, 2060):
        assert month_starts(year, **calendar)[0] == date.fromisocalendar(year, 1, 1)
    assert [_last_day(year, **calendar) for year in (2009, 2015, 2020, 2021, 2022, 2023)] == [
        date(2010, 1, 3),
        date(2016, 1, 3),
        date(2021, 1, 3),
        date(2022, 1, 2),
        date(2023, 1, 1),
        date(2023, 12, 31),
    ]
    assert [year for year in range(2000, 2035) if _weeks(year, **calendar) == 53] == [
        *(2004, 2009, 2015, 2020, 2026, 2032)
    ]


def test_years_that_end_on_the_last_sunday_of_may():
    # General Mills' fiscal years: 53 weeks in those that ended on May 31st of 2009, 2015 and 2020
    calendar = {"calendar": "5-4-4", "start_month": 6, "year_end": "last"}
    long = [year for year in range(2006, 2024) if _weeks(year, **calendar) == 53]
    assert [_last_day(year, **calendar) for year in long] == [
        date(2009, 5, 31),
        date(2015, 5, 31),
        date(2020, 5, 31),
    ]
    assert _last_day(2020, **calendar) == date(2021, 5, 30)
    assert _last_day(2022, **calendar) == date(2023, 5, 28)


@pytest.mark.parametrize("kind", ["4-4-5", "4-5-4", "5-4-4"])
@pytest.mark.parametrize(("year", "extra"), [(2019, 0), (2020, 1)])
def test_months_are_whole_weeks_and_the_53rd_is_the_last_months(kind, year, extra):
    starts = month_starts(year, calendar=kind, start_month=1, year_end="nearest")
    weeks = [(end - start).days / 7 for start, end in pairwise(starts)]
    pattern = [int(count) for count in kind.split("-")] * 4
    assert weeks == [*pattern[:-1], pattern[-1] + extra]


def test_last_and_nearest_differ_when_a_month_begins_late_in_the_week():
    # February 1st of 2025 is a Saturday: Sunday the 2nd is the nearest, January 26th January's last
    nearest, last = (
        month_starts(2025, calendar="4-5-4", start_month=2, year_end=end)[0]
        for end in ("nearest", "last")
    )
    assert (nearest, last) == (date(2025, 2, 3), date(2025, 1, 27))


def test_calendar_months_begin_on_the_first():
    starts = month_starts(2023, calendar="gregorian", start_month=7, year_end="nearest")
    assert (starts[0], starts[8], starts[-1]) == (
        date(2023, 7, 1),
        date(2024, 3, 1),
        date(2024, 7, 1),
    )


def _problem(**config) -> str:
    with pytest.raises(ValidationError) as caught:
        CompanyTime.model_validate({"timezone": "UTC", **config})
    return str(caught.value)


def test_a_config_that_says_two_things_about_the_calendar_is_refused():
    assert "calendar stands in the entries of calendars" in _problem(
        calendar="4-4-5", calendars=[{}]
    )
    assert "calendars.0.from: every calendar but the first" in _problem(
        calendars=[{"from": "2024-07-01"}]
    )
    assert "calendars.1.from: every calendar but the first" in _problem(calendars=[{}, {}])


def test_a_calendar_begins_with_a_fiscal_year_of_its_own():
    later = {"from": "2024-07-15", "fiscal_year_start_month": 7}
    assert "the nearest one begins on 2024-07-01" in _problem(calendars=[{}, later])
    weeks = {"from": "2024-12-31", "calendar": "4-4-5"}
    assert "the nearest one begins on 2024-12-30" in _problem(calendars=[{}, weeks])
    good = {"from": "2024-07-01", "fiscal_year_start_month": 7}
    assert "2024-07-01 is not after 2024-07-01" in _problem(calendars=[{}, good, good])


def test_the_calendar_of_a_day_and_the_year_of_a_name():
    company = CompanyTime.model_validate(
        {
            "timezone": "UTC",
            "calendars": [{}, {"from": "2024-07-01", "fiscal_year_start_month": 7}],
        }
    )
    assert company.start_month_on(date(2024, 6, 30)) == 1
    assert company.start_month_on(date(2024, 7, 1)) == 7
    # 2023 began in January, as the short 2024 did; after that, fiscal 2024 began in July
    assert company.middle_of_first_month(2023) == date(2023, 1, 15)
    assert company.middle_of_first_month(2024) == date(2024, 7, 15)
    assert company.middle_of_first_month(2025) == date(2025, 7, 15)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"holidays": False}, 'write "NO" for Norway'),
        ({"holidays": "XX"}, "'XX' is not a country with known holidays, as US or DE"),
        ({"holidays": "US-QQ"}, "'QQ' is no part of US with holidays of its own; there are: AK"),
        ({"business_hours": "9-17"}, "business hours are written as 09:00-17:00"),
        ({"business_hours": "17:00-09:00"}, "business hours end after they begin"),
        ({"business_hours": "09:00-24:01"}, "at 24:00 at the latest"),
        ({"working_days": []}, "at least one day is a working day"),
        ({"working_days": ["Monday"]}, "'Mon', 'Tue'"),
        ({"regions": {"EMEA": {"timezone": "Europe/Viena"}}}, "did you mean Europe/Vienna?"),
    ],
)
def test_what_is_wrong_with_working_time_is_said(config, told):
    assert told in _problem(**config)
