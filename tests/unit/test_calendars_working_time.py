"""Business minutes are those that a clock on the wall would count, one by one."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pipelines.calendars.rules import CompanyTime
from pipelines.calendars.working_time import (
    COMPANY,
    GivenDay,
    WorkingTime,
    business_days,
    working_times,
)

MINUTE = timedelta(minutes=1)
FIRST, LAST = date(2025, 9, 25), date(2026, 5, 5)
# Clocks change by an hour in the night, by half an hour, at midnight, and never.
CHANGES = {
    "America/Chicago": (date(2025, 11, 2), date(2026, 3, 8)),
    "Europe/London": (date(2025, 10, 26), date(2026, 3, 29)),
    "Australia/Lord_Howe": (date(2025, 10, 5), date(2026, 4, 5)),
    "Africa/Cairo": (date(2025, 10, 30), date(2026, 4, 24)),
    "Asia/Kolkata": (date(2025, 12, 25),),
}


def _company(**config) -> CompanyTime:
    return CompanyTime.model_validate({"timezone": "UTC", **config})


def _time(**config) -> WorkingTime:
    (time, *_) = working_times(_company(**config), (), first=FIRST, last=LAST)
    return time


class _Minutes:
    """Business minutes by the table: those until the later moment less those until the earlier."""

    def __init__(self, time: WorkingTime, zone: str) -> None:
        rows = business_days(time, zone, FIRST, LAST).itertuples(index=False)
        self.days = {row.date_on.date(): row for row in rows}
        self.zone = ZoneInfo(zone)

    def between(self, earlier: datetime, later: datetime) -> float:
        return self._until(later) - self._until(earlier)

    def _until(self, moment: datetime) -> float:
        day = self.days[moment.astimezone(self.zone).date()]
        opens = day.opens_at.to_pydatetime().replace(tzinfo=UTC)
        past = (moment - opens).total_seconds()
        return (day.seconds_before + min(max(past, 0), day.open_seconds)) / 60


def _counted(hours: str, zone: str, around: date, *, days: str, offs: set[date]) -> set[datetime]:
    """Every minute (UTC) of the days around a day in which a door is open.

    Its keeper looks at the clock each minute, opens it when the clock of a working day first shows
    the opening time or a later one, and closes it when it then shows the closing time or later.
    """
    opens, closes = (tuple(map(int, clock.split(":"))) for clock in hours.split("-"))
    now, end = _moments_around(around)
    found: set[datetime] = set()
    today, state = None, "before"
    while now < end:
        local = now.astimezone(ZoneInfo(zone))
        if local.date() != today:
            today, state = local.date(), "before"
        clock = (local.hour, local.minute)
        if state == "before" and clock >= opens:
            state = "open"
        if state == "open" and clock >= closes:
            state = "after"
        if state == "open" and local.strftime("%a") in days and today not in offs:
            found.add(now)
        now += MINUTE
    return found


def _moments_around(day: date) -> tuple[datetime, datetime]:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return noon - timedelta(days=4), noon + timedelta(days=4)


@pytest.mark.parametrize("zone", CHANGES)
@pytest.mark.parametrize("hours", ["09:00-17:00", "00:00-24:00", "01:30-02:30"])
def test_the_table_counts_what_a_keeper_of_the_door_counts(zone, hours):
    # Sundays are worked here, because that is when clocks change; Saturdays and Christmas are not
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sun")
    time = _time(business_hours=hours, working_days=days, holidays="US")
    table = _Minutes(time, zone)
    dice = random.Random(zone + hours)
    for around in CHANGES[zone]:
        counted = _counted(hours, zone, around, days=" ".join(days), offs=set(time.off))
        # the first day's door was opened before the keeper looked
        first, end = _moments_around(around)
        span = int((end - first) / MINUTE)
        for _ in range(20):
            later = first + MINUTE * dice.randrange(1440, span)
            earlier = first + MINUTE * dice.randrange(1440, int((later - first) / MINUTE) + 1)
            slow = sum(earlier <= minute < later for minute in counted)
            assert table.between(earlier, later) == slow, (earlier, later)


@pytest.mark.parametrize(
    ("zone", "day", "minutes"),
    [
        ("America/Chicago", date(2026, 3, 8), 23 * 60),
        ("America/Chicago", date(2025, 11, 2), 25 * 60),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24 * 60 + 30),
        ("Asia/Kolkata", date(2026, 3, 8), 24 * 60),
    ],
)
def test_a_day_on_which_clocks_change_has_the_minutes_it_has(zone, day, minutes):
    round_the_clock = _time(business_hours="00:00-24:00", working_days=["Sun"])
    table = business_days(round_the_clock, zone, FIRST, LAST)
    assert table.loc[table["date_on"] == str(day), "open_seconds"].tolist() == [minutes * 60]


def test_a_leap_day_is_a_day_like_any_other():
    time = _time()
    table = business_days(time, "UTC", date(2024, 2, 28), date(2024, 3, 1))
    assert (table["seconds_before"] / 60).tolist() == [
        0,
        480,
        960,
    ]  # Wednesday, Thursday 29th, Friday


def test_moments_are_half_open():
    table = _Minutes(_time(), "UTC")
    opening = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
    closing = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
    assert table.between(opening - MINUTE, opening) == 0
    assert table.between(opening, opening + MINUTE) == 1
    assert table.between(closing - MINUTE, closing) == 1
    assert table.between(closing, closing + timedelta(hours=16)) == 0
    assert table.between(closing, closing + timedelta(hours=16, seconds=30)) == 0.5


def test_a_region_has_what_it_says_and_else_what_the_company_has():
    company = _company(
        holidays="US",
        business_hours="08:00-16:00",
        regions={
            "EMEA": {"holidays": "GB", "timezone": "Europe/London"},
            "Gulf": {"working_days": ["Sun", "Mon"], "business_hours": "10:00-12:00"},
        },
    )
    given = [
        GivenDay(date(2025, 12, 24), "EMEA", "", is_working_day=True),
        GivenDay(date(2025, 12, 24), "", "Christmas Eve", is_working_day=False),
        GivenDay(date(2026, 1, 2), "Nordics", "Bridge", is_working_day=False),
    ]
    times = {time.name: time for time in working_times(company, given, first=FIRST, last=LAST)}
    assert list(times) == [COMPANY, "EMEA", "Gulf", "Nordics"]

    def works(name: str, day: date) -> bool:
        (answer,) = times[name].is_working(pd.Series(pd.to_datetime([day])))
        return bool(answer)

    thanksgiving, boxing_day, eve, bridge = (
        date(2025, 11, 27),
        date(2025, 12, 26),
        date(2025, 12, 24),
        date(2026, 1, 2),
    )
    answers = {
        name: [works(name, day) for day in (thanksgiving, boxing_day, eve, bridge)]
        for name in times
    }
    assert answers == {
        COMPANY: [False, True, False, True],
        "EMEA": [True, False, True, True],
        "Gulf": [False, False, False, False],  # none is a Sunday or Monday
        "Nordics": [False, True, False, False],
    }
    assert (times["EMEA"].timezone, times["Gulf"].timezone) == ("Europe/London", "UTC")
    assert (times["EMEA"].opens, times["Gulf"].opens) == (480, 600)
