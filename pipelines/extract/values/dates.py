"""Days and moments as people and tools write them, and which order of day and month is meant.

A year that comes first, a month by name, a spreadsheet's day number and an epoch have one reading.
Of digits that do not tell day from month, the file's other dates tell, or the config.
"""

from pipelines.extract.spelling import DateOrder
from pipelines.extract.values.converted import Converted, Manner
from pipelines.sql import literal

YEAR_FIRST = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
YEAR_LAST = r"\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
NAMED = r"\d{1,2}[- ][A-Za-z]{3,9}\.?,?[- ]\d{4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}"
TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?"
HALF = r"[AaPp]\.?[Mm]\.?"
ZONE = r"Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?"
MOMENT = rf"({YEAR_FIRST}|{YEAR_LAST}|{NAMED})(?:(?:T|,? )\s*({TIME})\s*({HALF})?\s*({ZONE})?)?"

DATE_FORMATS: dict[DateOrder, tuple[str, ...]] = {
    "YMD": (),
    "DMY": ("%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y"),
    "MDY": ("%m-%d-%Y", "%m/%d/%Y", "%m.%d.%Y"),
}
YEAR_FIRST_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d")
NAMED_FORMATS = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y")
DATE_EXAMPLES: dict[DateOrder, str] = {
    "YMD": "2024-12-31",
    "DMY": "31/12/2024",
    "MDY": "12/31/2024",
}
EARLIEST, LATEST = "1970-01-01", "2100-01-01"
REPEATED_MINUTES = (120, 60, 30)

SERIAL = r"\d{5}(\.\d+)?"
SERIAL_ZERO = "timestamp '1899-12-30'"
EPOCHS = {r"\d{9,10}": 1_000_000, r"\d{12,13}": 1_000}  # microseconds of one


def _written(text: str) -> str:
    """The text, or what a bare number means: a spreadsheet's day, or time since 1970 in UTC."""
    serial = f"cast(round(try_cast({text} as double) * 86400) as bigint) * 1000000"
    day = f"strftime({SERIAL_ZERO} + to_microseconds({serial}), '%Y-%m-%d %H:%M:%S')"
    epochs = " ".join(
        f"when regexp_full_match({text}, '{pattern}') then "
        f"strftime(make_timestamp(try_cast({text} as bigint) * {size}), '%Y-%m-%d %H:%M:%S.%fZ')"
        for pattern, size in EPOCHS.items()
    )
    return f"case when regexp_full_match({text}, '{SERIAL}') then {day} {epochs} else {text} end"


def _moment_steps(name: str, text: str, order: DateOrder) -> tuple[tuple[str, str], ...]:
    """The parts of a moment's text, its day, and the moment as ISO text (NULL without a time).

    A year that comes first has one reading, whatever the order.
    """
    written, parts, day, iso = (f"_{part}_{name}" for part in ("written", "parts", "day", "iso"))
    formats = ", ".join(map(literal, (*YEAR_FIRST_FORMATS, *DATE_FORMATS[order], *NAMED_FORMATS)))
    is_named = f"regexp_matches({parts}.day, '[A-Za-z]')"
    worded = f"regexp_replace({parts}.day, '[-., ]+', ' ', 'g')"
    offset = f"regexp_replace(upper({parts}.zone), 'UTC|GMT', 'Z')"
    half = f"replace(upper({parts}.half), '.', '')"
    halved = (
        f"strftime(try_strptime({parts}.time || ' ' || {half}, "
        "['%I:%M %p', '%I:%M:%S %p', '%I:%M:%S.%g %p']), '%H:%M:%S')"
    )
    time = f"case when {parts}.half = '' then {parts}.time else {halved} end"
    return (
        (written, _written(text)),
        (parts, f"regexp_extract({written}, '^{MOMENT}$', ['day', 'time', 'half', 'zone'])"),
        (
            day,
            f"cast(try_strptime(case when {is_named} then {worded} else {parts}.day end, "
            f"[{formats}]) as date)",
        ),
        (
            iso,
            f"case when {parts}.time <> '' then "
            f"cast({day} as varchar) || ' ' || {time} || {offset} end",
        ),
    )


def _within(value: str) -> str:
    return f"case when {value} >= '{EARLIEST}' and {value} < '{LATEST}' then {value} end"


def day(name: str, text: str, manner: Manner, _unit: str | None) -> Converted:
    """A day as written; a moment with an offset is the day it falls on in the zone of days.

    Midnight with an offset is a day that a tool wrote as a moment: it stays the day as written.
    """
    parts, chosen = f"_parts_{name}", f"_chosen_{name}"
    local = f"cast(timezone('{manner.zones.days}', try_cast(_iso_{name} as timestamptz)) as date)"
    midnight = f"regexp_full_match({parts}.time, '0?0:00(:00([.]0*)?)?') and {parts}.half = ''"
    is_moment = f"{parts}.zone <> '' and not ({midnight})"
    return Converted(
        name=name,
        steps=(
            *_moment_steps(name, text, manner.order),
            (chosen, f"case when {is_moment} then {local} else _day_{name} end"),
        ),
        value=_within(chosen),
        expected=f"a {manner.order} date such as {DATE_EXAMPLES[manner.order]}, from 1970 to 2099",
    )


def moment(name: str, text: str, manner: Manner, _unit: str | None) -> Converted:
    """UTC; a time without offset is the zone's.

    Of an hour that happens twice the first is meant, one that is skipped moves forward. DuckDB
    takes the second of the two, so an earlier moment with the same local time is sought.
    """
    zone = manner.zones.times
    iso, local, zoned, utc = f"_iso_{name}", f"_local_{name}", f"_zoned_{name}", f"_utc_{name}"
    gap = f"_gap_{name}"
    tried = " ".join(
        f"when timezone('{zone}', {zoned} - interval '{minutes} minutes') = {local} "
        f"then interval '{minutes} minutes'"
        for minutes in REPEATED_MINUTES
    )
    return Converted(
        name=name,
        steps=(
            *_moment_steps(name, text, manner.order),
            (local, f"case when _parts_{name}.zone = '' then try_cast({iso} as timestamp) end"),
            (zoned, f"timezone('{zone}', {local})"),
            (gap, f"case {tried} end"),
            (
                utc,
                f"timezone('UTC', case when {local} is null then try_cast({iso} as timestamptz) "
                f"else {zoned} - coalesce({gap}, interval '0 minutes') end)",
            ),
        ),
        value=_within(utc),
        expected="a moment such as 2024-12-31T13:45:00Z, from 1970 to 2099",
        shift=f"case when {gap} is not null then 'ambiguous' "
        f"when timezone('{zone}', {zoned}) <> {local} then 'skipped' end",
    )
