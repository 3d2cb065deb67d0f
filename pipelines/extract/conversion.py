"""Delivered text becomes typed values, in SQL: one expression per column, nothing row by row.

Every rule about spellings of NULL, numbers, booleans, dates and zones is here, for all formats.
"""

from dataclasses import dataclass
from typing import Literal

import duckdb

from pipelines.extract.objects import Column, ObjectShape
from pipelines.extract.refusal import RefusedFileError
from pipelines.settings import ObjectConfig
from pipelines.sql import literal, quoted

DateOrder = Literal["YMD", "DMY", "MDY"]

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
EARLIEST, LATEST = "1970-01-01", "2100-01-01"


@dataclass(frozen=True, kw_only=True)
class Converted:
    """The SQL of one column: its value, why it has none, and what its clock change did.

    All read the column's text as `_text_<name>`; `shift` is 'ambiguous', 'skipped' or NULL.
    """

    name: str
    text: str
    value: str
    problem: str | None
    shift: str | None = None


def trimmed(header: str) -> str:
    """The delivered text without blanks around it."""
    return f"trim({quoted(header)}, {BLANKS})"


def text_of(column: str, *, config: ObjectConfig) -> str:
    """The column's text after nulls and value maps; a spelling that a map names is no NULL."""
    header = config.columns[column]
    mapping = config.values.get(column, {})
    spellings = [spelling for spelling in NULL_SPELLINGS if spelling not in mapping]
    whens = [
        f"when {trimmed(header)} = {literal(found)} then {literal(meant)}"
        for found, meant in mapping.items()
    ]
    listed = ", ".join(map(literal, spellings))
    whens.append(f"when {trimmed(header)} in ({listed}) then null")
    if nulls := config.nulls.get(column):
        whens.insert(0, f"when {quoted(header)} in ({', '.join(map(literal, nulls))}) then null")
    return f"case {' '.join(whens)} else {trimmed(header)} end"


def convert(column: Column, *, config: ObjectConfig, zone: str, order: DateOrder) -> Converted:
    """The SQL of one mapped column whose header the file has."""
    text = f"_text_{column.name}"
    value, expected, shift = _VALUES[column.type](text, zone, order)
    header = config.columns[column.name]
    label = column.name if header == column.name else f"{column.name} ({header})"
    problem = None
    if expected:
        found = f"{literal(label + ': ')} || '''' || left({text}, 80) || ''' is not {expected}'"
        problem = f"case when {text} is not null and {column.name} is null then {found} end"
    return Converted(
        name=column.name,
        text=text_of(column.name, config=config),
        value=value,
        problem=problem,
        shift=shift,
    )


_Sql = tuple[str, str | None, str | None]


def _text(text: str, _zone: str, _order: DateOrder) -> _Sql:
    return text, None, None


def _decimal(text: str, sql_type: str) -> str:
    plain = f"regexp_full_match({text}, '{NUMBER}')"
    return f"case when {plain} then try_cast({text} as {sql_type}) end"


def _money(text: str, _zone: str, _order: DateOrder) -> _Sql:
    return _decimal(text, "decimal(18, 2)"), "a number such as 1234.50", None


def _number(text: str, _zone: str, _order: DateOrder) -> _Sql:
    return _decimal(text, "decimal(28, 9)"), "a number such as 0.25", None


def _integer(text: str, _zone: str, _order: DateOrder) -> _Sql:
    plain = f"regexp_full_match({text}, '{WHOLE_NUMBER}')"
    whole = f"try_cast(split_part({text}, '.', 1) as bigint)"
    return f"case when {plain} then {whole} end", "a whole number such as 12", None


def _boolean(text: str, _zone: str, _order: DateOrder) -> _Sql:
    value = (
        f"case when lower({text}) in ('true', '1', 'yes', 't', 'y') then true "
        f"when lower({text}) in ('false', '0', 'no', 'f', 'n') then false end"
    )
    return value, "true or false (or yes, no, 1, 0)", None


def _part(text: str, group: int) -> str:
    return f"regexp_extract({text}, '^{MOMENT}$', {group})"


def _day(text: str, order: DateOrder) -> str:
    """The date in a text of date and perhaps time; a year that comes first has one reading."""
    formats = ", ".join(map(literal, (*YEAR_FIRST_FORMATS, *DATE_FORMATS[order])))
    return f"cast(try_strptime({_part(text, 1)}, [{formats}]) as date)"


def _iso(text: str, order: DateOrder) -> str:
    """The moment as ISO text, its offset as delivered; NULL without a time."""
    offset = f"replace(upper({_part(text, 3)}), 'UTC', 'Z')"
    return (
        f"case when {_part(text, 2)} <> '' then "
        f"cast({_day(text, order)} as varchar) || ' ' || {_part(text, 2)} || {offset} end"
    )


def _within(value: str) -> str:
    return f"{value} >= '{EARLIEST}' and {value} < '{LATEST}'"


def _date(text: str, zone: str, order: DateOrder) -> _Sql:
    """A day as written; a moment with an offset is the day it falls on in the source's zone.

    Midnight with an offset is a day that a tool wrote as a moment: it stays the day as written.
    """
    day = _day(text, order)
    local = f"cast(timezone('{zone}', try_cast({_iso(text, order)} as timestamptz)) as date)"
    midnight = f"regexp_full_match({_part(text, 2)}, '0?0:00(:00([.]0*)?)?')"
    has_offset = f"{_part(text, 3)} <> '' and not {midnight}"
    value = f"case when {has_offset} then {local} else {day} end"
    expected = f"a {order} date such as {DATE_EXAMPLES[order]}, from 1970 to 2099"
    return f"case when {_within(value)} then {value} end", expected, None


def _timestamp(text: str, zone: str, order: DateOrder) -> _Sql:
    """UTC; a time without offset is the zone's.

    Of an hour that happens twice the first is meant, one that is skipped moves forward. DuckDB
    takes the second of the two, so an earlier moment with the same local time is sought.
    """
    iso = _iso(text, order)
    local = f"try_cast({iso} as timestamp)"
    zoned = f"timezone('{zone}', {local})"
    earlier = [
        f"when timezone('{zone}', {zoned} - interval {gap}) = {local} "
        f"then {zoned} - interval {gap}"
        for gap in ("'2 hours'", "'1 hour'", "'30 minutes'")
    ]
    utc = (
        f"timezone('UTC', case when {_part(text, 3)} <> '' then try_cast({iso} as timestamptz) "
        f"{' '.join(earlier)} else {zoned} end)"
    )
    shift = (
        f"case when {_part(text, 3)} <> '' or {local} is null then null "
        f"when timezone('{zone}', {zoned}) <> {local} then 'skipped' "
        f"when {' or '.join(e.split(' then ')[0].removeprefix('when ') for e in earlier)} "
        "then 'ambiguous' end"
    )
    expected = "a moment such as 2024-12-31T13:45:00Z, from 1970 to 2099"
    return f"case when {_within(utc)} then {utc} end", expected, shift


_VALUES = {
    "text": _text,
    "money": _money,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
    "timestamp": _timestamp,
}


def date_order(
    rows: str, columns: list[Column], *, config: ObjectConfig, connection: duckdb.DuckDBPyConnection
) -> tuple[DateOrder, str]:
    """The order of day, month and year in a file, and how it was decided.

    `rows`: a select of the delivered text. `columns`: the mapped ones that the file has.

    Raises:
        RefusedFileError: the values have two readings, or contradict each other.
    """
    if config.dates:
        return config.dates, "declared in the config"
    dated = [column.name for column in columns if column.type in ("date", "timestamp")]
    if not dated:
        return "YMD", "no dates in the file"
    texts = ", ".join(text_of(name, config=config) for name in dated)
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


def _evidence(
    rows: str, texts: str, *, connection: duckdb.DuckDBPyConnection
) -> tuple[str | None, str | None, str | None]:
    row = connection.execute(
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
        """
    ).fetchone()
    day_first, month_first, example = row or (None, None, None)
    return day_first, month_first, example


def _readings(example: str) -> str:
    first, second, rest = example.replace("/", "-").replace(".", "-").split("-", 2)
    year = rest[:4]
    return (
        f"{year}-{int(second):02d}-{int(first):02d} (DMY) and "
        f"{year}-{int(first):02d}-{int(second):02d} (MDY)"
    )


def key_text(columns: tuple[str, ...], *, mapped: set[str]) -> str:
    """The native key: its parts as text joined with '|', an unmapped or empty part as ''; or NULL."""
    parts = [
        f"coalesce(cast({name} as varchar), '')" if name in mapped else "''" for name in columns
    ]
    empty = " and ".join(f"{part} = ''" for part in parts)
    return f"case when {empty} then null else {" || '|' || ".join(parts)} end"


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
