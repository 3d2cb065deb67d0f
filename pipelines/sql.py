"""Names, texts and moments as DuckDB SQL, and the one row of a query; no statement lives here."""

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb


def quoted(name: str) -> str:
    """The identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | Path) -> str:
    """The text or path in single quotes."""
    return "'" + str(value).replace("'", "''") + "'"


def moment(value: datetime) -> str:
    """The naive UTC moment as a timestamp literal."""
    return f"timestamp '{value.isoformat(sep=' ')}'"


def path_list(paths: list[Path]) -> str:
    """The paths as a list literal, for read_parquet."""
    return "[" + ", ".join(literal(path) for path in paths) + "]"


def one_row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """The only row of a query; the result is read to its end, for an open one holds the connection.

    Raises:
        ValueError: the query gave no row, or several.
    """
    (row,) = connection.execute(query).fetchall()
    return row
