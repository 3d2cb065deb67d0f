"""Numbers, moments and periods as people read them; exact values are for --json.

Pure functions: nothing here reads settings, a database or the clock.
"""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Style = Literal["better", "worse", "quiet"]

NOTHING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
BLOCKS = "▁▂▃▄▅▆▇█"
GAP = "·"
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
SMALLEST_MOVE = 0.1  # of a hundred, as shown
_SCALES = ((1e9, "B"), (1e6, "M"), (1e3, "k"))


def compact(value: float) -> str:
    """A number in at most four digits and a scale: 1.13M, 227k, 2,214, 81.5."""
    size = abs(value)
    if size < 10_000:
        is_whole = math.isclose(value, round(value), abs_tol=0.005)
        return f"{value:,.0f}" if is_whole or size >= 1_000 else f"{value:,.3g}"
    for scale, suffix in _SCALES:
        if size >= 0.9995 * scale:
            scaled = value / scale
            digits = 2 if abs(scaled) < 9.995 else 1 if abs(scaled) < 99.95 else 0
            return f"{scaled:.{digits}f}{suffix}"
    return f"{value:,.0f}"


def signed(text: str) -> str:
    """The text of a number with a true minus sign, and none before zero."""
    is_zero = not any(digit in text for digit in "123456789")
    return text.replace("-", "" if is_zero else MINUS)


def money(value: float, currency: str) -> str:
    """An amount, compact: $1.13M, CHF 227k."""
    sign = MINUS if value < 0 else ""
    symbol = SYMBOLS.get(currency, f"{currency} ")
    return f"{sign}{symbol}{compact(abs(value))}"


def percent(value: float) -> str:
    """A fraction in per cent, with one decimal where that says anything."""
    return signed(f"{value * 100:,.{1 if abs(value) < 10 else 0}f} %")


def minutes(value: float) -> str:
    """A time in minutes, hours or days, whichever reads best."""
    if abs(value) < 120:
        return f"{value:,.0f} min"
    if abs(value) < 48 * 60:
        return f"{value / 60:,.1f} h"
    return f"{value / 1440:,.1f} days"


def figure(value: float | None, unit: str, *, currency: str) -> str:
    """A KPI's value in the catalogue's unit."""
    if value is None:
        return NOTHING
    if unit == "money":
        return money(value, currency)
    if unit == "fraction":
        return percent(value)
    if unit == "days":
        return signed(f"{compact(value)} day{'' if value == 1 else 's'}")
    if unit == "minutes":
        return signed(minutes(value))
    if unit == "count":
        return signed(f"{value:,.0f}" if abs(value) < 1e6 else compact(value))
    return signed(f"{compact(value)} {unit}")


def change(value: float | None, base: float | None, unit: str) -> str:
    """How far the value is from its base: points for fractions, else relative."""
    if value is None or base is None:
        return NOTHING
    if value == base:
        return "="
    arrow = "▲" if value > base else "▼"
    if unit == "fraction":
        return _moved(arrow, (value - base) * 100, "pt")
    if base == 0:
        return f"{arrow} from 0"
    return _moved(arrow, (value - base) / abs(base) * 100, "%")


def _moved(arrow: str, by: float, unit: str) -> str:
    """A move with its sign; of one that is too small for its decimal, only that it is one."""
    if abs(by) < SMALLEST_MOVE / 2:
        return f"{arrow} < {SMALLEST_MOVE} {unit}"
    return signed(f"{arrow} {by:+,.{1 if abs(by) < 1000 else 0}f} {unit}")


def change_style(value: float | None, base: float | None, direction: str) -> Style:
    """Whether a change is for the better, by the KPI's direction."""
    if value is None or base is None or value == base or direction not in ("up", "down"):
        return "quiet"
    return "better" if (value > base) == (direction == "up") else "worse"


def sparkline(values: Sequence[float | None]) -> str:
    """One block per value between the smallest and the largest; a dot where there is none."""
    known = [value for value in values if value is not None]
    if not known:
        return GAP * len(values)
    low, span = min(known), max(known) - min(known)
    top = len(BLOCKS) - 1
    return "".join(
        GAP if value is None else BLOCKS[round((value - low) / span * top) if span else top // 2]
        for value in values
    )


def mark(number: int) -> str:
    """The mark of a footnote."""
    return str(number).translate(SUPERSCRIPTS)


def plural(count: int, noun: str) -> str:
    """The count with its noun: 1 row, 2,089 rows."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def size(count: int) -> str:
    """A number of bytes, readable."""
    scaled = float(count)
    for unit in ("B", "kB", "MB"):
        if scaled < 999.5:
            return f"{scaled:.0f} {unit}"
        scaled /= 1000
    return f"{scaled:.1f} GB"


def seconds(value: float) -> str:
    """A duration, readable: 0.4 s, 12 s, 3 min 20 s."""
    if value < 9.95:
        return f"{value:.1f} s"
    if value < 119.5:
        return f"{value:.0f} s"
    return f"{value // 60:.0f} min {value % 60:.0f} s"


def day(value: date) -> str:
    """A day: 30 Sep 2026."""
    return f"{value.day} {value:%b %Y}"


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment in a zone; one without a zone is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(zone)


def moment(value: datetime, zone: ZoneInfo) -> str:
    """A moment in a zone: 30 Sep 2026 04:00."""
    there = local(value, zone)
    return f"{day(there)} {there:%H:%M}"


def as_of(value: datetime, zone: ZoneInfo) -> str:
    """How far data reach: midnight is the end of the day before."""
    there = local(value, zone)
    if (there.hour, there.minute, there.second) == (0, 0, 0):
        return f"end of {day(there - timedelta(days=1))}"
    return f"{day(there)} {there:%H:%M}"


def age(span: timedelta) -> str:
    """A span in the largest unit that says enough."""
    hours = span.total_seconds() / 3600
    if hours < 1:
        return "up to date"
    return plural(round(hours), "hour") if hours < 48 else plural(round(hours / 24), "day")


def fiscal_year(start: date, *, first_month: int) -> int:
    """The fiscal year of a period: that of the calendar year in which it begins."""
    return start.year if start.month >= first_month else start.year - 1


def period(start: date, grain: str, *, first_month: int) -> str:
    """A period's name: September 2026, Q3 2026, 2026, week of 28 Sep 2026."""
    if grain == "week":
        return f"week of {day(start)}"
    # under a calendar of weeks a month begins up to nine days before the one it is named for, or
    # up to a week within it
    within = start + timedelta(days=15)
    if grain == "month":
        return f"{within:%B %Y}"
    fiscal = "" if first_month == 1 else "fiscal "
    year = fiscal_year(within, first_month=first_month)
    if grain == "year":
        return f"{fiscal}{year}"
    return f"{fiscal}Q{(within.month - first_month) % 12 // 3 + 1} {year}"
