"""What the texts of a column look like at the beginning of a file: numbers, dates, or any text."""

import duckdb

from pipelines.extract.reading import export as read
from pipelines.sql import literal

LOOKED_AT_ROWS = 1_000
ALMOST_ALL = 0.95
# A number may have a sign, a currency, a unit, and separators; a date may have a time after it.
NUMBER = r"[^0-9]{0,4}[0-9][0-9., '\x{2019}]*[^0-9]{0,4}"
DATE = r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([ T].*)?"


def kinds_of(export: read.Export, *, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """`number`, `date` or `text` by header, of the columns that hold something there.

    Of a file that DuckDB cannot read as it is, nothing.
    """
    rows = read.rows_select(export, connection=connection)
    try:
        counts = connection.execute(f"""
            select
                place,
                count(*),
                count(*) filter (where regexp_full_match(trim(text), {literal(NUMBER)})),
                count(*) filter (where regexp_full_match(trim(text), {literal(DATE)})),
            from (
                select
                    unnest([{", ".join(export.raw.values())}]) as text,
                    unnest(range({len(export.raw)})) as place,
                from (select * from ({rows}) limit {LOOKED_AT_ROWS})
            )
            where trim(text) <> ''
            group by place
        """).fetchall()
    except duckdb.Error:
        return {}
    return {
        export.columns[place]: _kind(filled, numbers=numbers, dates=dates)
        for place, filled, numbers, dates in counts
    }


def _kind(filled: int, *, numbers: int, dates: int) -> str:
    if dates >= ALMOST_ALL * filled:
        return "date"
    return "number" if numbers >= ALMOST_ALL * filled else "text"
