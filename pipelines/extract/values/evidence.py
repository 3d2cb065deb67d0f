"""How a file writes what has two readings, told by its values that have one.

Dates: 13/1/2024 is day first. Numbers: 1,50 has a decimal comma. What nothing tells is refused,
with both readings.
"""

from typing import Any

import duckdb

from pipelines.extract.refusal import RefusedFileError
from pipelines.extract.spelling import DateOrder
from pipelines.extract.values import dates, numbers
from pipelines.extract.values.converted import DecimalMark
from pipelines.sql import one_row

Texts = dict[str, str]


def date_order(
    rows: str, texts: Texts, *, connection: duckdb.DuckDBPyConnection
) -> tuple[DateOrder, str]:
    """The order of day, month and year in a file, and how it was decided.

    `texts`: the dates' texts as SQL over `rows`, by column.

    Raises:
        RefusedFileError: the values have two readings, or contradict each other.
    """
    if not texts:
        return "YMD", "the year comes first"
    day_first, month_first, example = _dates(rows, texts, connection=connection)
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


def _found(rows: str, texts: Texts) -> str:
    return f"select unnest([{', '.join(texts.values())}]) as found from ({rows})"


def _dates(rows: str, texts: Texts, *, connection: duckdb.DuckDBPyConnection) -> tuple[Any, ...]:
    return one_row(
        connection,
        f"""
        with dates as ({_found(rows, texts)}),
        parts as (
            select
                found,
                try_cast(regexp_extract(found, '^(\\d{{1,2}})[-/.]', 1) as integer) as first_part,
                try_cast(
                    regexp_extract(found, '^\\d{{1,2}}[-/.](\\d{{1,2}})[-/.]', 1) as integer
                ) as second_part,
            from dates
            where regexp_matches(found, '^{dates.YEAR_LAST}')
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


def decimal_mark(
    rows: str, texts: Texts, *, money: Texts, connection: duckdb.DuckDBPyConnection
) -> DecimalMark:
    """The decimal mark of a file's numbers; a point, where none has a mark that could be one.

    `texts`: the numbers' texts as SQL over `rows`, by column; `money`: those of them that are
    amounts. These have cents, so 1,234 without other evidence is a thousand; 1.234 may be either.

    Raises:
        RefusedFileError: an amount has two readings.
    """
    if not texts:
        return "."
    point, comma = _marks(rows, texts, connection=connection)[:2]
    if comma and not point:
        return ","
    if money and not point:
        (_, _, example) = _marks(rows, money, connection=connection)
        if example:
            raise RefusedFileError(
                f"the amount {example!r} has two readings, {example.replace('.', '')} and "
                f"{example.rstrip('0')}, and no number in the file tells which",
                remedy='Say `decimal: "."` or `decimal: ","` for this object in the config',
            )
    return "."


def _marks(rows: str, texts: Texts, *, connection: duckdb.DuckDBPyConnection) -> tuple[Any, ...]:
    """A number that shows a decimal point, one that shows a comma, and one of two readings."""

    def is_one(*patterns: str) -> str:
        return " or ".join(f"regexp_full_match(digits, '{pattern}')" for pattern in patterns)

    of_point = is_one(numbers.ONE_POINT, numbers.POINT_GROUPED, numbers.GROUPED_BY_COMMA)
    of_comma = is_one(numbers.ONE_COMMA, numbers.COMMA_GROUPED, numbers.GROUPED_BY_POINT)
    both = is_one(numbers.POINT_AND_THREE, numbers.COMMA_AND_THREE)
    digits = numbers.digits_of("found")
    return one_row(
        connection,
        f"""
        with written as ({_found(rows, texts)}),
        parts as (select found, {digits} as digits from written where found similar to '.*[.,].*')
        select
            min(found) filter (where ({of_point}) and not ({both})),
            min(found) filter (where ({of_comma}) and not ({both})),
            min(found) filter (where {is_one(numbers.POINT_AND_THREE)}),
        from parts
        """,
    )
