"""Proof that a copy equals its build: rows, decimal sums, and views that answer."""

import duckdb

from pipelines.errors import BlockedError
from pipelines.publish.contents import Contents, contents

_Figures = dict[str, object]


def verify(connection: duckdb.DuckDBPyConnection, expected: Contents) -> int:
    """The number of rows in the mart's tables, each equal to its twin in the build.

    Raises:
        BlockedError: names the table, the column and both figures, or the view and its error.
    """
    found = contents(connection, database="mart")
    for kind, here, there in (
        ("tables", found.tables, expected.tables),
        ("views", found.views, expected.views),
        ("functions", found.functions, expected.functions),
    ):
        if here != there:
            names = ", ".join(sorted(set(here) ^ set(there)))
            raise BlockedError(f"the published {kind} are not those of the build: {names}")
    rows = 0
    for table in expected.tables:
        published, built = _figures(connection, "mart", table), _figures(connection, "build", table)
        for figure, value in built.items():
            if published.get(figure) != value:
                raise BlockedError(
                    f"{table}: {figure} is {value} in the build, {published.get(figure)} in the "
                    "mart; nothing was published. Run again; if it happens again, check the disk"
                )
        rows += int(str(published["number of rows"]))
    for view in expected.views:
        _assert_answers(connection, view)
    return rows


def _figures(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> _Figures:
    columns = [
        row[0]
        for row in connection.execute(
            f"select column_name from (describe {database}.{table}) "
            "where column_type like 'DECIMAL%'"
        ).fetchall()
    ]
    quoted = [column.replace('"', '""') for column in columns]
    sums = "".join(f', sum("{column}")' for column in quoted)
    row = connection.execute(f"select count(*){sums} from {database}.{table}").fetchall()[0]
    names = ["number of rows", *(f"the sum of column {column}" for column in columns)]
    return dict(zip(names, row, strict=True))


def _assert_answers(connection: duckdb.DuckDBPyConnection, view: str) -> None:
    """Every column of every row is computed; a mere count would compute none."""
    connection.execute("use mart")
    try:
        connection.execute(f"select count(hash(answer)) from mart.{view} as answer").fetchall()
    except duckdb.Error as error:
        raise BlockedError(f"{view}: the published view does not answer: {error}") from error
