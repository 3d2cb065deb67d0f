"""Delivered text becomes typed values, in SQL: one expression per column, nothing row by row.

Every rule about spellings of NULL, numbers, booleans, dates and zones is here, for all formats;
what needs no rule is in `plain`.
"""

from dataclasses import dataclass, replace
from typing import Any

import duckdb

from pipelines.extract.objects import Column, ObjectShape
from pipelines.extract.refusal import RefusedFileError
from pipelines.extract.spelling import DateOrder
from pipelines.sources import ObjectConfig
from pipelines.sql import literal, one_row

NULL_SPELLINGS = ("", "NULL", "null", "N/A", "#N/A", "n/a", "None")
BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160)"

NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)"
WHOLE_NUMBER = r"[+-]?\d+(\.0*)?"
YEAR_FIRST = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
YEAR_LAST = r"\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?"
ZONE = r"Z|z|UTC|[+-]\d{2}(?::?\d{2})?"
MOMENT = rf"({YEAR_FIRST}|{YEAR_LAST})(?:[T ]\s*({TIME})\s*({ZONE})?)?"

DATE_FORMATS: dict[DateOrder, tuple[str, ...]] = {
    "YMD": (),
    "DMY": ("%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y"),
    "MDY": ("%m-%d-%Y", "%m/%d/%Y", "%m.%d.%Y"),
}
YEAR_FIRST_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d")
DATE_EXAMPLES: dict[DateOrder, str] = {
    "YMD": "2024-12-31",
    "DMY": "31/12/2024",
    "MDY": "12/31/2024",
}
DATED = ("date", "timestamp")
EARLIEST, LATEST = "1970-01-01", "2100-01-01"
REPEATED_MINUTES = (120, 60, 30)


@dataclass(frozen=True, kw_only=True)
class Converted:
    """The SQL of one column, in layers: each step names an expression over the ones before it.

    `text` is the name of what is converted, `value` the typed value or NULL, `fit` true where a
    text has one, `problem` why it has none, `shift` what a change of clocks did to it ('ambiguous',
    'skipped' or NULL).
    """

    name: str
    steps: tuple[tuple[str, str], ...]
    value: str
    text: str = ""
    fit: str = "true"
    expected: str | None = None
    shift: str | None = None
    label: str = ""

    @property
    def problem(self) -> str | None:
        """Why the text has no value, as SQL over text and value."""
        if self.expected is None:
            return None
        text = self.text
        start = literal(f"{self.label}: ")
        found = f"{start} || chr(39) || left({text}, 80) || chr(39) || ' is not {self.expected}'"
        return f"case when {text} is not null and {self.name} is null then {found} end"


def trimmed(raw: str) -> str:
    """A column's text without blanks around it: the dearest rule, 0.2 s for a million texts."""
    return f"trim({raw}, {BLANKS})"


def _trim_name(column: str) -> str:
    return f"_trimmed_{column}"


def _trim_step(column: str, *, config: ObjectConfig, raw: dict[str, str]) -> tuple[str, str]:
    return (_trim_name(column), trimmed(raw[config.columns[column]]))


def _text_of(column: str, *, config: ObjectConfig, raw: dict[str, str]) -> str:
    """The column's text after nulls and value maps; a spelling that a map names is no NULL."""
    delivered = raw[config.columns[column]]
    trim = _trim_name(column)
    mapping = config.values.get(column, {})
    spellings = [spelling for spelling in NULL_SPELLINGS if spelling not in mapping]
    whens = [
        f"when {trim} = {literal(found)} then {literal(meant)}" for found, meant in mapping.items()
    ]
    whens.append(f"when {trim} in ({', '.join(map(literal, spellings))}) then null")
    if nulls := config.nulls.get(column):
        whens.insert(0, f"when {delivered} in ({', '.join(map(literal, nulls))}) then null")
    return f"case {' '.join(whens)} else {trim} end"


def convert(
    column: Column, *, config: ObjectConfig, raw: dict[str, str], zone: str, order: DateOrder
) -> Converted:
    """The SQL of one mapped column whose header the file has; `raw` is the SQL name by header."""
    header = config.columns[column.name]
    text = f"_text_{column.name}"
    converted = _CONVERSIONS[column.type](column.name, text, zone, order)
    return replace(
        converted,
        steps=(
            _trim_step(column.name, config=config, raw=raw),
            (text, _text_of(column.name, config=config, raw=raw)),
            *converted.steps,
        ),
        text=text,
        fit=f"{column.name} is not null" if converted.expected else "true",
        label=column.name if header == column.name else f"{column.name} ({header})",
    )


def _text(name: str, text: str, _zone: str, _order: DateOrder) -> Converted:
    return Converted(name=name, steps=(), value=text)


def _decimal(text: str, sql_type: str) -> str:
    plain = f"regexp_full_match({text}, '{NUMBER}')"
    return f"case when {plain} then try_cast({text} as {sql_type}) end"


def _money(name: str, text: str, _zone: str, _order: DateOrder) -> Converted:
    value = _decimal(text, "decimal(18, 2)")
    return Converted(name=name, steps=(), value=value, expected="a number such as 1234.50")


def _number(name: str, text: str, _zone: str, _order: DateOrder) -> Converted:
    value = _decimal(text, "decimal(28, 9)")
    return Converted(name=name, steps=(), value=value, expected="a number such as 0.25")


def _integer(name: str, text: str, _zone: str, _order: DateOrder) -> Converted:
    plain = f"regexp_full_match({text}, '{WHOLE_NUMBER}')"
    value = f"case when {plain} then try_cast(split_part({text}, '.', 1) as bigint) end"
    return Converted(name=name, steps=(), value=value, expected="a whole number such as 12")


def boolean_of(text: str) -> str:
    """True or false by its spelling, else NULL."""
    return (
        f"case when lower({text}) in ('true', '1', 'yes', 't', 'y') then true "
        f"when lower({text}) in ('false', '0', 'no', 'f', 'n') then false end"
    )


def _boolean(name: str, text: str, _zone: str, _order: DateOrder) -> Converted:
    expected = "true or false (or yes, no, 1, 0)"
    return Converted(name=name, steps=(), value=boolean_of(text), expected=expected)


def _moment_steps(name: str, text: str, order: DateOrder) -> tuple[tuple[str, str], ...]:
    """The parts of a moment's text, its day, and the moment as ISO text (NULL without a time).

    A year that comes first has one reading, whatever the order.
    """
    parts, day, iso = f"_parts_{name}", f"_day_{name}", f"_iso_{name}"
    formats = ", ".join(map(literal, (*YEAR_FIRST_FORMATS, *DATE_FORMATS[order])))
    offset = f"replace(upper({parts}.zone), 'UTC', 'Z')"
    return (
        (parts, f"regexp_extract({text}, '^{MOMENT}$', ['day', 'time', 'zone'])"),
        (day, f"cast(try_strptime({parts}.day, [{formats}]) as date)"),
        (
            iso,
            f"case when {parts}.time <> '' then "
            f"cast({day} as varchar) || ' ' || {parts}.time || {offset} end",
        ),
    )


def _within(value: str) -> str:
    return f"case when {value} >= '{EARLIEST}' and {value} < '{LATEST}' then {value} end"


def _date(name: str, text: str, zone: str, order: DateOrder) -> Converted:
    """A day as written; a moment with an offset is the day it falls on in the source's zone.

    Midnight with an offset is a day that a tool wrote as a moment: it stays the day as written.
    """
    parts, chosen = f"_parts_{name}", f"_chosen_{name}"
    local = f"cast(timezone('{zone}', try_cast(_iso_{name} as timestamptz)) as date)"
    midnight = f"regexp_full_match({parts}.time, '0?0:00(:00([.]0*)?)?')"
    is_moment = f"{parts}.zone <> '' and not {midnight}"
    return Converted(
        name=name,
        steps=(
            *_moment_steps(name, text, order),
            (chosen, f"case when {is_moment} then {local} else _day_{name} end"),
        ),
        value=_within(chosen),
        expected=f"a {order} date such as {DATE_EXAMPLES[order]}, from 1970 to 2099",
    )


def _timestamp(name: str, text: str, zone: str, order: DateOrder) -> Converted:
    """UTC; a time without offset is the zone's.

    Of an hour that happens twice the first is meant, one that is skipped moves forward. DuckDB
    takes the second of the two, so an earlier moment with the same local time is sought.
    """
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
            *_moment_steps(name, text, order),
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


_CONVERSIONS = {
    "text": _text,
    "money": _money,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
    "timestamp": _timestamp,
}


def _added(steps: list[tuple[str, str]]) -> str:
    return "".join(f", {sql} as {name}" for name, sql in steps)


def layered(rows: str, converted: list[Converted], *, shape: ObjectShape) -> str:
    """The rows with every step and value added, one subquery per layer, so none is worked twice."""
    depth = max((len(item.steps) for item in converted), default=0)
    for level in range(depth):
        steps = [item.steps[level] for item in converted if level < len(item.steps)]
        rows = f"select *{_added(steps)} from ({rows})"
    values = "".join(
        f", cast({item.value} as {shape.columns[item.name].sql_type}) as {item.name}"
        for item in converted
    )
    return f"select *{values} from ({rows})"


def date_order(
    rows: str,
    columns: list[Column],
    *,
    config: ObjectConfig,
    raw: dict[str, str],
    connection: duckdb.DuckDBPyConnection,
    plain: frozenset[str] = frozenset(),
) -> tuple[DateOrder, str]:
    """The order of day, month and year in a file, and how it was decided.

    `columns`: the mapped ones that the file has. `plain`: those whose every text is an ISO form.

    Raises:
        RefusedFileError: the values have two readings, or contradict each other.
    """
    if config.dates:
        return config.dates, "declared in the config"
    dated = [column.name for column in columns if column.type in DATED]
    if not dated:
        return "YMD", "no dates in the file"
    dated = [name for name in dated if name not in plain]
    if not dated:
        return "YMD", "the year comes first"
    trims = [_trim_step(name, config=config, raw=raw) for name in dated]
    rows = f"select *{_added(trims)} from ({rows})"
    texts = ", ".join(_text_of(name, config=config, raw=raw) for name in dated)
    day_first, month_first, example = _evidence(rows, texts, connection=connection)
    if day_first and month_first:
        raise RefusedFileError(
            f"its dates contradict each other: {day_first!r} is day first, {month_first!r} month "
            "first",
            remedy="Export dates as YYYY-MM-DD, or say `dates: DMY` or `dates: MDY` in the config",
        )
    if example and not day_first and not month_first:
        raise RefusedFileError(
            f"the date {example!r} has two readings, {_readings(example)}, and no date in the file "
            "tells which",
            remedy="Say `dates: DMY` or `dates: MDY` for this object in the config",
        )
    if day_first:
        return "DMY", f"shown by {day_first!r}"
    if month_first:
        return "MDY", f"shown by {month_first!r}"
    return "YMD", "the year comes first"


def _evidence(rows: str, texts: str, *, connection: duckdb.DuckDBPyConnection) -> tuple[Any, ...]:
    return one_row(
        connection,
        f"""
        with dates as (
            select unnest([{texts}]) as found from ({rows})
        ),
        parts as (
            select
                found,
                try_cast(regexp_extract(found, '^(\\d{{1,2}})[-/.]', 1) as integer) as first_part,
                try_cast(
                    regexp_extract(found, '^\\d{{1,2}}[-/.](\\d{{1,2}})[-/.]', 1) as integer
                ) as second_part,
            from dates
            where regexp_matches(found, '^{YEAR_LAST}')
        )
        select
            min(found) filter (where first_part > 12 and second_part <= 12),
            min(found) filter (where second_part > 12 and first_part <= 12),
            min(found) filter (
                where first_part <= 12 and second_part <= 12 and first_part <> second_part
            ),
        from parts
        """,
    )


def _readings(example: str) -> str:
    first, second, rest = example.replace("/", "-").replace(".", "-").split("-", 2)
    year = rest[:4]
    return (
        f"{year}-{int(second):02d}-{int(first):02d} (DMY) and "
        f"{year}-{int(first):02d}-{int(second):02d} (MDY)"
    )


def key_text(columns: tuple[str, ...], *, mapped: set[str]) -> str:
    """The native key: its parts as text joined with '|', an empty part as ''; NULL when all are."""
    if len(columns) == 1 and columns[0] in mapped:
        return f"nullif(cast({columns[0]} as varchar), '')"
    parts = [
        f"coalesce(cast({name} as varchar), '')" if name in mapped else "''" for name in columns
    ]
    empty = " and ".join(f"{part} = ''" for part in parts)
    joined = " || '|' || ".join(parts)
    return f"case when {empty} then null else {joined} end"


def extra_names(headers: list[str], *, shape: ObjectShape) -> dict[str, str]:
    """The lake's name of each unknown header: `x_` and the header in lower case, made unique."""
    names: dict[str, str] = {}
    for header in headers:
        folded = "".join(c if c.isascii() and c.isalnum() else "_" for c in header.casefold())
        base = f"x_{folded.strip('_') or 'column'}"
        taken = {*names.values(), *shape.columns}
        versions = (base, *(f"{base}_{number}" for number in range(2, len(headers) + 2)))
        names[header] = next(name for name in versions if name not in taken)
    return names
