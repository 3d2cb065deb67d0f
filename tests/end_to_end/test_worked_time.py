"""Time, small enough to check by eye: fiscal weeks, change of calendar, holidays, business minutes.

The company is at home in New York and counts in 4-4-5 weeks whose years end on the Sunday nearest
to the end of December, until 2021; from 2022-01-01 on it counts in calendar months. It works from
Monday to Friday, nine to five, with the holidays of the United States; its own file has
Founders' Eve and Day on 2022-06-01 and 02, and says that people do work on Monday, 2022-06-20, on
which Juneteenth is observed. The data reach to the end of Wednesday, 2022-07-06.
"""

import pytest

from pipelines.settings import Settings
from tests.worked_company import ask, built, landed, value

FILES = {
    # Fiscal 2019 has 52 weeks (from Monday, 2018-12-31), fiscal 2020 has 53 (from 2019-12-30 to
    # Sunday, 2021-01-03), the 53rd of which is December's.
    "opportunities.csv": """\
id,stage,amount,created,closed
D1,Won,400,2018-12-31,2018-12-31
D2,Won,120,2018-12-31,2019-12-10
D3,Won,10,2018-12-31,2020-03-03
D4,Won,400,2018-12-31,2020-11-10
D5,Won,120,2018-12-31,2021-01-02
D6,Won,60,2018-12-31,2021-12-15
D7,Won,70,2018-12-31,2022-01-10
D8,Won,35,2018-12-31,2022-02-08
D9,Won,50,2018-12-31,2022-06-03
D10,Won,150,2018-12-31,2022-06-07
D11,Won,1000,2018-12-31,2022-06-08
D12,Won,100,2018-12-31,2022-07-05
""",
    # Ada lives in Los Angeles, Bob in his region's London, Cyd in a zone that nobody knows.
    "users.csv": """\
id,name,region,zone
U1,Ada,East,America/Los_Angeles
U2,Bob,EMEA,
U3,Cyd,EMEA,Mars/Olympus
""",
    "holidays.csv": """\
day,region,name,works
2022-06-01,,Founders' Eve,no
2022-06-02,,Founders' Day,no
2022-06-20,,,yes
2022-06-01,EMEA,,yes
""",
    "leads.csv": """\
id,email,owner,created
L1,p1@one.example,U1,2022-07-01T23:30:00Z
L2,p2@one.example,U2,2022-06-02T10:00:00Z
L3,p3@one.example,U3,2022-03-25T16:30:00Z
L4,p4@one.example,,2022-03-11T21:50:00Z
L5,p5@one.example,U1,2022-06-11T15:00:00Z
L6,p6@one.example,U1,2022-07-05T19:00:00Z
L7,p7@one.example,U1,2022-07-06T23:30:00Z
L8,p8@one.example,U1,2022-05-30T15:00:00Z
L9,p9@one.example,U1,2022-05-30T15:00:00Z
""",
    "activities.csv": """\
id,kind,direction,owner,person,at
T1,call,outbound,U1,p1@one.example,2022-07-05T16:10:00Z
T2,call,outbound,U2,p2@one.example,2022-06-06T08:30:00Z
T3,call,outbound,U3,p3@one.example,2022-03-28T08:20:00Z
T4,call,outbound,U1,p4@one.example,2022-03-14T13:15:00Z
T5,call,outbound,U1,p5@one.example,2022-06-12T15:00:00Z
T7,call,outbound,U1,p7@one.example,2022-07-06T23:35:00Z
T8,call,outbound,U1,p8@one.example,2022-05-31T17:01:00Z
T9,call,outbound,U1,p9@one.example,2022-05-31T17:00:00Z
""",
}
CONFIG = {
    "company": {
        "name": "Tiny",
        "currency": "USD",
        "timezone": "America/New_York",
        "calendars": [{"calendar": "4-4-5"}, {"from": "2022-01-01"}],
        "holidays": "US",
        "regions": {"EMEA": {"holidays": "GB", "timezone": "Europe/London"}},
    },
    "sources": [
        {
            "name": "crm",
            "system": "mapped",
            "as_of": "2022-07-06",
            "objects": {
                "opportunities": {
                    "files": "opportunities.csv",
                    "columns": {
                        "opportunity_id": "id",
                        "stage": "stage",
                        "amount": "amount",
                        "created_on": "created",
                        "closed_on": "closed",
                    },
                    "stages": {"Open": "open", "Won": "won", "Lost": "lost"},
                },
                "users": {
                    "files": "users.csv",
                    "columns": {
                        "user_id": "id",
                        "user_name": "name",
                        "region": "region",
                        "timezone": "zone",
                    },
                },
                "holidays": {
                    "files": "holidays.csv",
                    "columns": {
                        "holiday_on": "day",
                        "region": "region",
                        "name": "name",
                        "is_working_day": "works",
                    },
                },
                "leads": {
                    "files": "leads.csv",
                    "columns": {
                        "lead_id": "id",
                        "email": "email",
                        "owner_id": "owner",
                        "created_at": "created",
                    },
                },
                "activities": {
                    "files": "activities.csv",
                    "columns": {
                        "activity_id": "id",
                        "kind": "kind",
                        "direction": "direction",
                        "owner_id": "owner",
                        "person_email": "person",
                        "occurred_at": "at",
                    },
                },
            },
        }
    ],
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company, built and checked."""
    files = {f"crm/{name}": text for name, text in FILES.items()}
    return built(landed(tmp_path_factory.mktemp("worked_time"), files, CONFIG))


def test_week_53_belongs_to_the_last_month(company: Settings) -> None:
    """D5 closed on Saturday, 2021-01-02: in the 53rd week of fiscal 2020, whose December has six
    weeks, from 2020-11-23 to the end of 2021-01-03. Year totals are as they are."""
    assert ask(
        company,
        "select fiscal_year, fiscal_month, fiscal_week, month_start_on::text, month_end_on::text, "
        "year_end_on::text from marts.dim_dates where date_on = '2021-01-02'",
    ) == [(2020, 12, 53, "2020-11-23", "2021-01-04", "2021-01-04")]
    assert value(company, "revenue", "2020-11-23")[0] == 120
    assert value(company, "revenue", "2019-12-30", grain="year")[0] == 530


def test_growth_is_per_week_where_two_periods_differ_in_weeks(company: Settings) -> None:
    """Fiscal 2019: 520 in 52 weeks; 2020: 530 in 53. Ten a week in both: no growth, not 1.9 %.
    December 2020 has 120 in six weeks, 20 a week; November 400 in four, 100 a week: minus 80 %; the
    December before 120 in five, 24 a week: minus 1/6. The base is shown for as many weeks: 600 and
    144."""
    assert value(company, "revenue_growth_yoy", "2019-12-30", grain="year") == (
        *(pytest.approx(0, abs=1e-12), 530, 530),
        "uneven_weeks",
    )
    assert value(company, "revenue_growth", "2020-11-23") == (
        *(pytest.approx(-0.8), 120, 600),
        "uneven_weeks",
    )
    assert value(company, "revenue_growth_yoy", "2020-11-23") == (
        *(pytest.approx(-1 / 6), 120, 144),
        "uneven_weeks",
    )


def test_no_growth_across_a_change_of_calendar(company: Settings) -> None:
    """The last December in weeks ends with 2021 (it began on 2021-11-29), two days early. Neither
    it nor January 2022 has a month to compare with; February has January: 35 ÷ 70 - 1. The year
    2022 has no year to compare with. Old periods keep their calendar."""
    assert ask(
        company,
        "select distinct month_start_on::text, month_end_on::text, calendar from marts.dim_dates "
        "where date_on in ('2021-11-01', '2021-12-31', '2022-01-01') order by 1",
    ) == [
        ("2021-11-01", "2021-11-29", "4-4-5"),
        ("2021-11-29", "2022-01-01", "4-4-5"),
        ("2022-01-01", "2022-02-01", "gregorian"),
    ]
    for start in ("2021-11-29", "2022-01-01"):
        assert value(company, "revenue_growth", start)[:3:2] == (None, None)
        assert value(company, "revenue_growth_yoy", start)[:3:2] == (None, None)
    assert value(company, "revenue_growth", "2022-02-01")[0] == -0.5
    assert value(company, "revenue_growth_yoy", "2022-02-01")[0] is None
    assert value(company, "revenue_growth_yoy", "2022-01-01", grain="year")[0] is None
    assert ask(
        company,
        "select prior_value from kpis.kpi_values where kpi = 'revenue' and grain = 'month' "
        "and period_start = '2022-01-01' and scope = 'company'",
    ) == [(None,)]


def test_a_running_month_is_compared_by_the_working_days_of_the_company(company: Settings) -> None:
    """July has had three: the 1st, the 5th and the 6th, as the 4th is Independence Day. June's
    first three are the 3rd, the 6th and the 7th, after Founders' Eve and Day: 50 + 150, without
    the 1000 of the 8th. July has 100 so far: minus 50 %."""
    assert value(company, "revenue_growth", "2022-07-01") == (-0.5, 100, 200, "running")
    assert ask(
        company,
        "select date_on::text, holiday from marts.dim_dates where month_start_on = '2022-06-01' "
        "and extract('dow' from date_on) between 1 and 5 and not is_working_day order by 1",
    ) == [("2022-06-01", "Founders' Eve"), ("2022-06-02", "Founders' Day")]
    assert ask(
        company,
        "select max(working_day_of_month) from marts.dim_dates "
        "where month_start_on = '2022-06-01' and month_to_date_start_on is not null",
    ) == [(3,)]


def test_business_minutes_are_those_of_the_owner(company: Settings) -> None:
    """L1: Ada's Friday, 16:30 to 17:00 in Los Angeles; Monday is July 4th; Tuesday 9:00 to 9:10.
    L2: Bob's London has bank holidays on June 2nd and 3rd; Monday 9:00 to 9:30.
    L3: Cyd's zone is unknown, so London's counts: Friday 16:30 to 17:00, and 9:00 to 9:20 on the
    Monday after clocks went forward, an hour earlier by UTC.
    L4: nobody's lead is the company's: 16:50 to 17:00 in New York, and 9:00 to 9:15 on the Monday
    after clocks went forward there.
    L5: from Saturday to Sunday there is no business minute. L6: nobody answered.
    L8, L9: on Memorial Day; answered on Tuesday at 10:01 and 10:00 in Los Angeles."""
    assert ask(
        company,
        "select lead_id, business_calendar, business_timezone, response_business_minutes "
        "from marts.fct_leads order by lead_id",
    ) == [
        ("L1", "(company)", "America/Los_Angeles", 40),
        ("L2", "EMEA", "Europe/London", 30),
        ("L3", "EMEA", "Europe/London", 50),
        ("L4", "(company)", "America/New_York", 25),
        ("L5", "(company)", "America/Los_Angeles", 0),
        ("L6", "(company)", "America/Los_Angeles", None),
        ("L7", "(company)", "America/Los_Angeles", 5),
        ("L8", "(company)", "America/Los_Angeles", 61),
        ("L9", "(company)", "America/Los_Angeles", 60),
    ]
    assert ask(
        company,
        "select found_value, row_count from quality.unmapped_values where column_name = 'timezone'",
    ) == [("Mars/Olympus", 1)]


def test_the_median_of_business_minutes(company: Settings) -> None:
    """March: 25 and 50, so half are answered after 25. July: 5, 40 and never: 40."""
    assert value(company, "lead_response_business_time", "2022-03-01")[0] == 25
    assert value(company, "lead_response_business_time", "2022-07-01")[0] == 40


def test_answered_within_an_hour_of_business_time(company: Settings) -> None:
    """May: after 60 minutes is within the target, after 61 is not. June: both. July: L1 was, L6 was
    not and is overdue, L7 was answered but its hour has not passed at the as-of, when it is 21:00
    in Los Angeles and half an hour of business has gone by: it is in no count."""
    assert value(company, "lead_response_within_target", "2022-05-01")[:3] == (0.5, 1, 2)
    assert value(company, "lead_response_within_target", "2022-06-01")[:3] == (1, 2, 2)
    assert value(company, "lead_response_within_target", "2022-07-01") == (
        *(0.5, 1, 2),
        "running,target_time_running,small_sample",
    )
