"""Business time in the truth: how long the people of a region work between two moments.

Nine to five on the days from Monday to Friday that are no holiday of the region's country, by the
clock of one's own zone. Only which days are holidays comes from a library.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import numpy as np

from pipelines.sample.clock import NEVER, START, ZONE, local_days
from pipelines.sample.organisation import TEAMS
from pipelines.sample.truth_cells import Places
from pipelines.sample.world import World

OPENS, CLOSES = 9, 17
COUNTRY = "US"
COUNTRIES = {"EMEA": "GB", "APAC": "AU"}  # of the other regions: the company's


class WorkingTime:
    """The hours of a country's working days, by the clock of a zone, within the sample's time."""

    def __init__(self, country: str, zone: str, *, span: int) -> None:
        days = [START + timedelta(days=day) for day in range(-7, span + 7)]
        off = holidays.country_holidays(country, years=range(days[0].year, days[-1].year + 1))
        worked = [day for day in days if day.weekday() < 5 and day not in off]
        self.opens = _moments(worked, OPENS, zone)
        self.closes = _moments(worked, CLOSES, zone)
        self.before = np.concatenate([[0], np.cumsum(self.closes - self.opens)])

    def until(self, moment: np.ndarray) -> np.ndarray:
        """The seconds worked up to each moment."""
        begun = np.searchsorted(self.opens, moment, side="right")
        last = np.maximum(begun - 1, 0)
        today = np.clip(moment - self.opens[last], 0, (self.closes - self.opens)[last])
        return self.before[last] + today


def _moments(days: Sequence[date], hour: int, zone: str) -> np.ndarray:
    clock = ZoneInfo(zone)
    shown = (datetime(day.year, day.month, day.day, hour, tzinfo=clock) for day in days)
    return np.array([int(moment.timestamp()) for moment in shown])


def seconds_worked(
    world: World, places: Places, owner: np.ndarray, since: np.ndarray, until: np.ndarray
) -> np.ndarray:
    """Between pairs of moments, where the owners were when it began; infinite where never over.

    Where nobody owns it, the company's country and zone count.
    """
    team = places.codes("team", local_days(since), owner)
    regions = [TEAMS.get(name, "") for name in places.members["team"]]
    country = np.array([COUNTRIES.get(region, COUNTRY) for region in regions])[team]
    zone = np.array([*world.staff["zone"], ZONE])[owner]
    seconds = np.empty(len(owner))
    for pair in sorted(set(zip(country.tolist(), zone.tolist(), strict=True))):
        rows = np.flatnonzero((country == pair[0]) & (zone == pair[1]))
        hours = WorkingTime(*pair, span=world.span)
        seconds[rows] = hours.until(until[rows]) - hours.until(since[rows])
    return np.where(until >= NEVER, np.inf, seconds)
