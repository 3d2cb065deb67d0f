"""What a config may say about time: fiscal calendars, working days, business hours, holidays.

The models alone, with what is allowed in them; `settings` reads the file, `fiscal` and
`working_time` work out what follows.
"""

import re
from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pipelines.calendars.fiscal import CalendarKind, YearEnd, month_starts
from pipelines.calendars.public_holidays import unknown_country
from pipelines.sources import Strict, Timezone

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MINUTES_OF_A_DAY = 24 * 60

Weekday = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def opening_minutes(hours: str) -> tuple[int, int]:
    """The minutes after midnight at which a day's business hours begin and end: 09:00-17:00."""
    opens, closes = (
        int(hour) * 60 + int(minute)
        for hour, minute in (clock.split(":") for clock in hours.split("-"))
    )
    return opens, closes


def _checked_hours(hours: str) -> str:
    if not re.fullmatch(r"\d\d:[0-5]\d-\d\d:[0-5]\d", hours):
        raise ValueError("business hours are written as 09:00-17:00")
    opens, closes = opening_minutes(hours)
    if not opens < closes <= MINUTES_OF_A_DAY:
        raise ValueError("business hours end after they begin, at 24:00 at the latest")
    return hours


def _not_norway(code: object) -> object:
    if code is False:
        raise ValueError(
            'in YAML a bare NO means false: write "NO" for Norway, or nothing for none'
        )
    return code


def _checked_country(code: str) -> str:
    problem = unknown_country(code)
    if problem:
        raise ValueError(problem)
    return code


def _checked_days(days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
    if not days:
        raise ValueError("at least one day is a working day")
    return days


BusinessHours = Annotated[str, AfterValidator(_checked_hours)]
Country = Annotated[str, BeforeValidator(_not_norway), AfterValidator(_checked_country)]
WorkingDays = Annotated[tuple[Weekday, ...], AfterValidator(_checked_days)]


class FiscalCalendar(Strict):
    """How years, quarters and months are cut, from a day on (`from`; the first one since ever).

    Under a calendar of weeks the fiscal year ends on a Sunday: the one nearest to the end of the
    month before `fiscal_year_start_month`, or the last one of that month.
    """

    calendar: CalendarKind = "gregorian"
    fiscal_year_start_month: Annotated[int, Field(ge=1, le=12)] = 1
    fiscal_year_end: YearEnd = "nearest"
    begins_on: Annotated[date | None, Field(alias="from")] = None

    @property
    def is_in_weeks(self) -> bool:
        """True where months are whole weeks."""
        return self.calendar != "gregorian"

    def month_starts(self, year: int) -> list[date]:
        """The first days of a fiscal year's twelve months, and the first day after the year."""
        return month_starts(
            year,
            calendar=self.calendar,
            start_month=self.fiscal_year_start_month,
            year_end=self.fiscal_year_end,
        )


class Region(Strict):
    """What is different in a sales region: what it does not say is the company's."""

    working_days: WorkingDays | None = None
    business_hours: BusinessHours | None = None
    holidays: Country | None = None
    timezone: Timezone | None = None


class CompanyTime(Strict):
    """The part of the company that says how its time is counted.

    `fiscal_year_start_month`, `calendar` and `fiscal_year_end` are one calendar for all times;
    `calendars` instead is a list of them, each but the first with the day `from` which it counts.
    """

    timezone: Timezone
    fiscal_year_start_month: Annotated[int, Field(ge=1, le=12)] = 1
    calendar: CalendarKind = "gregorian"
    fiscal_year_end: YearEnd = "nearest"
    calendars: tuple[FiscalCalendar, ...] = ()
    working_days: WorkingDays = WEEKDAYS[:5]
    business_hours: BusinessHours = "09:00-17:00"
    holidays: Country | None = None
    regions: Annotated[dict[str, Region], Field(default_factory=dict)]

    @model_validator(mode="before")
    @classmethod
    def _one_form_of_calendar(cls, value: Any) -> Any:
        if isinstance(value, dict) and "calendars" in value:
            for key in ("calendar", "fiscal_year_start_month", "fiscal_year_end"):
                if key in value:
                    raise ValueError(
                        f"{key} stands in the entries of calendars, or there is no list"
                    )
        return value

    @model_validator(mode="after")
    def _calendars_follow_each_other(self) -> Self:
        for place, one in enumerate(self.calendars):
            where = f"calendars.{place}.from"
            if (one.begins_on is None) != (place == 0):
                raise ValueError(
                    f"{where}: every calendar but the first says from which day it counts"
                )
            if one.begins_on is None:
                continue
            before = self.calendars[place - 1].begins_on
            if before and before >= one.begins_on:
                raise ValueError(f"{where}: {one.begins_on} is not after {before}")
            starts = [one.month_starts(one.begins_on.year + step)[0] for step in (-1, 0, 1)]
            if one.begins_on not in starts:
                near = min(starts, key=lambda start: abs(start - (one.begins_on or start)))
                raise ValueError(
                    f"{where}: a calendar begins with a fiscal year of its own; the nearest one "
                    f"begins on {near}"
                )
        return self

    @property
    def fiscal_calendars(self) -> tuple[FiscalCalendar, ...]:
        """The calendars in the order in which they hold; at least one."""
        if self.calendars:
            return self.calendars
        only = FiscalCalendar(
            calendar=self.calendar,
            fiscal_year_start_month=self.fiscal_year_start_month,
            fiscal_year_end=self.fiscal_year_end,
        )
        return (only,)

    def calendar_on(self, day: date) -> FiscalCalendar:
        """The fiscal calendar that holds on a day."""
        held = [one for one in self.fiscal_calendars if (one.begins_on or date.min) <= day]
        return held[-1]

    def start_month_on(self, day: date) -> int:
        """The month with which the fiscal years of that time begin."""
        return self.calendar_on(day).fiscal_year_start_month

    def middle_of_first_month(self, year: int) -> date:
        """A day that is certainly in the first month of the fiscal year that is named so."""
        middles = [
            date(year, one.fiscal_year_start_month, 1) + timedelta(days=14)
            for one in self.fiscal_calendars
        ]
        held = [
            middle
            for middle, one in zip(middles, self.fiscal_calendars, strict=True)
            if self.calendar_on(middle) == one
        ]
        return (held or middles)[-1]
