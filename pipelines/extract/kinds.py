"""What the texts of a column look like at the beginning of a file: numbers, dates, or any text."""

import duckdb

from pipelines.extract.reading import export as read
from pipelines.extract.values import texts
from pipelines.sql import literal, one_row

LOOKED_AT_ROWS = 2_000
ALMOST_ALL = 0.95
# A number may have a sign, a currency, a unit, and separators; a date may have a time after it.
NUMBER = r"[^0-9]{0,4}[0-9][0-9., '’]*[^0-9]{0,4}"  # noqa: RUF001 (a Swiss thousands mark)
DATE = r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([ T].*)?"


def kinds_of(export: read.Export, *, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """`number`, `date` or `text` by header, of the columns that hold something there.

    Of a file that DuckDB cannot read as it is, nothing.
    """
    rows = read.rows_select(export, connection=connection)
    looks = ", ".join(
        f"count(nullif({text}, '')), "
        f"count(*) filter (where regexp_full_match({text}, {literal(NUMBER)})), "
        f"count(*) filter (where regexp_full_match({text}, {literal(DATE)}))"
        for text in (texts.trimmed(raw) for raw in export.raw.values())
    )
    try:
        counts = one_row(connection, f"select {looks} from ({rows} limit {LOOKED_AT_ROWS})")
    except duckdb.Error:
        return {}
    found: dict[str, str] = {}
    for place, header in enumerate(export.raw):
        filled, numbers, dates = counts[3 * place : 3 * place + 3]
        if filled:
            found[header] = _kind(filled, numbers=numbers, dates=dates)
    return found


def _kind(filled: int, *, numbers: int, dates: int) -> str:
    if dates >= ALMOST_ALL * filled:
        return "date"
    return "number" if numbers >= ALMOST_ALL * filled else "text"
