"""Time in the sample: moments are UTC seconds since 1970, days are local ones counted from START.

NEVER is the moment, NO_DAY the day of what does not happen; both lie after every other one.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike

ZONE = "America/Chicago"
START = date(2023, 10, 1)
NEVER = 1 << 40
NO_DAY = 1_000_000
DAY = 86_400
HOUR = 3_600

_EPOCH = np.datetime64(START, "D")
_START_WALL = int((_EPOCH - np.datetime64("1970-01-01", "D")).astype(int)) * DAY
_FIRST_YEAR, _LAST_YEAR = 2010, 2045


@cache
def _offsets() -> tuple[np.ndarray, np.ndarray]:
    """From which UTC second on the zone's clock is how many seconds ahead of UTC."""
    zone = ZoneInfo(ZONE)

    def offset(moment: datetime) -> int:
        ahead = moment.astimezone(zone).utcoffset() or timedelta()
        return int(ahead.total_seconds())

    moment = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
    begins, ahead = [int(moment.timestamp())], [offset(moment)]
    while moment.year < _LAST_YEAR:
        following = moment + timedelta(days=1)
        while offset(following) != ahead[-1] and moment < following:
            moment += timedelta(hours=1)
            if offset(moment) != ahead[-1]:
                begins.append(int(moment.timestamp()))
                ahead.append(offset(moment))
        moment = following
    return np.array(begins), np.array(ahead)


def moments(day: ArrayLike, second: ArrayLike) -> np.ndarray:
    """The moments at which clocks show `second` seconds after midnight on local days."""
    begins, ahead = _offsets()
    wall = _START_WALL + np.asarray(day, dtype="int64") * DAY + np.asarray(second, dtype="int64")
    shown = begins[1:] + ahead[:-1]
    return wall - ahead[np.searchsorted(shown, wall, side="right")]


def _walls(moment: ArrayLike) -> np.ndarray:
    """Seconds since START as local clocks show them."""
    begins, ahead = _offsets()
    at = np.asarray(moment, dtype="int64")
    return at + ahead[np.searchsorted(begins, at, side="right") - 1] - _START_WALL


def local_days(moment: ArrayLike) -> np.ndarray:
    """The local days of moments; NO_DAY for NEVER."""
    at = np.asarray(moment, dtype="int64")
    return np.where(at >= NEVER, NO_DAY, _walls(np.minimum(at, NEVER - 1)) // DAY)


def midnight(day: int) -> int:
    """The moment at which a local day begins."""
    return int(moments(day, 0))


def day_to_date(day: ArrayLike) -> np.ndarray:
    """The dates (datetime64[D]) of days counted from START."""
    return _EPOCH + np.asarray(day)


def date_to_day(dates: np.ndarray) -> np.ndarray:
    """The days, counted from START, of dates (datetime64)."""
    return (dates.astype("datetime64[D]") - _EPOCH).astype("int64")


def busy_moments(rng: np.random.Generator, day: ArrayLike) -> np.ndarray:
    """Moments between 7:30 and 22:00 of local days: most in office hours, some in the evening."""
    days = np.asarray(day)
    return moments(days, (7.5 * HOUR + 14.5 * HOUR * rng.beta(1.6, 2.8, len(days))).astype(int))


def by_day(moment: np.ndarray) -> np.ndarray:
    """The moments, on their local days and in their order, between 7:30 and 22:00."""
    day, second = np.divmod(_walls(moment), DAY)
    return moments(day, (7.5 * HOUR + second * 14.5 / 24).astype("int64"))


def at_work(rng: np.random.Generator, moment: np.ndarray) -> np.ndarray:
    """The moments, or the next time of work where they lie at night or on a weekend.

    One weekend in ten is worked; what falls on a night is done between 8 and 9:30.
    """
    count = len(moment)
    wall = _walls(moment)
    day, second = wall // DAY, wall % DAY
    is_late, is_early = second > 20.5 * HOUR, second < 7.5 * HOUR
    day = day + is_late
    works_weekend = rng.random(count) < 0.1
    dates = day_to_date(day)
    is_off = ~np.is_busday(dates) & ~works_weekend
    day = np.where(is_off, date_to_day(np.busday_offset(dates, 0, roll="forward")), day)
    morning = 8 * HOUR + rng.integers(0, 3 * HOUR // 2, count)
    moved = moments(day, np.where(is_late | is_early | is_off, morning, second))
    return np.maximum(np.where(is_late | is_early | is_off, moved, moment), moment)


def month_end(day: ArrayLike) -> np.ndarray:
    """The last day of the month of each day."""
    return date_to_day(day_to_date(day).astype("datetime64[M]") + 1) - 1
