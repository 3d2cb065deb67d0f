"""What of a build is published, and its copy into a new file: tables, views, functions, comments.

Also the home of the tables that only a publish can fill: `quality.publishes`,
`quality.check_results` and `quality.restatements`. Databases are attached as `build` and `mart`.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from pipelines import journal
from pipelines.errors import BlockedError
from pipelines.journal import Kind
from pipelines.publish.records import Publish, check_rows, insert
from pipelines.report import CheckResult
from pipelines.sql import literal, quoted

SCHEMAS = ("marts", "kpis", "quality")
COPIED_AT_ONCE = 2
STORAGE_VERSION = "v1.2.0"  # the oldest client that can read the mart

# column of the mart: (column of the journal, meaning)
_PUBLISHES = {
    "version": ("version", "Name of the published version, as in mart/versions/"),
    "as_of": ("as_of", "UTC moment up to which the sources' data reach"),
    "published_at": ("published_at", "UTC moment of the publish"),
    "code_version": ("code_version", "Version of the code that built it"),
    "spec_version": ("spec_version", "Version of the KPI definitions that it was built with"),
    "inputs_digest": ("inputs_digest", "Digest of the inputs: equal inputs have equal digests"),
    "tables": ("tables", "Number of tables copied from the build"),
    "rows": ("rows", "Number of rows in these tables"),
}
_CHECK_RESULTS = {
    "version": ("version", "Published version that the check belongs to"),
    "check_name": ("check", "Name of the check"),
    "table_name": ("table", "Table that was checked, as schema.table"),
    "severity": ("severity", "critical (blocks the publish) or warning (annotates KPIs)"),
    "is_passed": ("passed", "True when the check found nothing"),
    "offending_rows": ("rows", "Number of rows that the check objects to"),
    "kpis": ("kpis", "KPIs that a failure affects, joined with a comma"),
    "reason": ("reason", "Why the check exists, or what it found"),
    "examples": ("examples", "Up to five offending rows, as a JSON list"),
}
_RESTATEMENTS = {
    name: (name, meaning)
    for name, meaning in {
        "version": "Published version that told another number than the one before",
        "as_of": "UTC moment up to which the data of that version reach",
        "previous_version": "The version before it, with the number as it was",
        "kpi": "The KPI's name; see kpi_catalog",
        "statistic": "value, median, p90 or mean",
        "grain": "week, month, quarter or year",
        "period_start": "First day of the period, which had ended when it was published before",
        "scope": "company, region or team",
        "member": "The member's label; (all) for the company, (none) where unknown",
        "value_before": "The value as published before",
        "value_after": "The value as published now; NULL where there is none any more",
        "reason": "Why the record moved it, or else what moved the value; see the glossary",
        "object": "The object of the record, or of the batch that arrived",
        "record_key": "The record that moved it, as the key of its fact, or the batch; NULL where "
        "the row stands for several records or none",
        "amount_before": "The amount with which the record counted before, in the company's "
        "currency; NULL where it did not",
        "amount_after": "The amount with which the record counts now; NULL where it does not",
        "on_before": "The day by which the record counted before; NULL where it did not",
        "on_after": "The day by which the record counts now; NULL where it does not",
        "effect": "What this row adds to the value of a sum or count, so that the rows of a value "
        "add up to its change; NULL where the KPI is none",
        "detail": "What differs in words, or the file or version behind it",
    }.items()
}
_OWN: dict[Kind, tuple[str, dict[str, tuple[str, str]]]] = {
    "publishes": ("One row per publish, this version's own included", _PUBLISHES),
    "check_results": ("One row per check and published version", _CHECK_RESULTS),
    "restatements": (
        "One row per published value of the past that a later version tells otherwise, and record "
        "that moved it",
        _RESTATEMENTS,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a build publishes, as quoted `schema.name`, without the database.

    `functions` are table functions that SQL defines (macros, as DuckDB calls them).
    """

    tables: tuple[str, ...]
    views: tuple[str, ...]
    functions: tuple[str, ...]


def relation_name(schema: str, name: str) -> str:
    """A relation's name, quoted, without its database."""
    return f"{quoted(schema)}.{quoted(name)}"


_PUBLISHED = (
    f"schema_name in ({', '.join(literal(schema) for schema in SCHEMAS)}) "
    f"and not (schema_name = 'quality' and name in ({', '.join(literal(name) for name in _OWN)}))"
)


def contents(connection: duckdb.DuckDBPyConnection, *, database: str = "build") -> Contents:
    """The tables and views of a database that belong into the mart."""
    found: dict[str, tuple[str, ...]] = {}
    for kind in ("table", "view"):
        rows = connection.execute(
            f"select schema_name, name from (select *, {kind}_name as name from duckdb_{kind}s()) "
            f"where database_name = ? and not internal and {_PUBLISHED} order by 1, 2",
            [database],
        ).fetchall()
        found[kind] = tuple(relation_name(schema, name) for schema, name in rows)
    functions = tuple(name for name, _ in _functions(connection, database=database))
    return Contents(tables=found["table"], views=found["view"], functions=functions)


def _functions(
    connection: duckdb.DuckDBPyConnection, *, database: str
) -> list[tuple[str, tuple[str, str]]]:
    """Each published table function: its name, then its parameters and its query."""
    rows = connection.execute(
        "select schema_name, name, parameters, macro_definition from "
        "(select *, function_name as name from duckdb_functions()) "
        "where database_name = ? and function_type = 'table_macro' and not internal "
        f"and {_PUBLISHED} order by 1, 2",
        [database],
    ).fetchall()
    return [
        (relation_name(schema, name), (", ".join(quoted(one) for one in parameters), query))
        for schema, name, parameters, query in rows
    ]


def copy_build(connection: duckdb.DuckDBPyConnection) -> Contents:
    """The build's tables, views, functions and comments are in the mart."""
    copied = contents(connection)
    for schema in SCHEMAS:
        connection.execute(f"create schema mart.{quoted(schema)}")
    _copy_tables(connection, copied.tables)
    _copy_views(connection)
    _copy_functions(connection)
    _copy_comments(connection)
    return copied


def _copy_tables(connection: duckdb.DuckDBPyConnection, tables: tuple[str, ...]) -> None:
    """Two at once, the largest first: one alone keeps less than two cores busy (4.6 s, not 3.5)."""

    def copy(table: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"create table mart.{table} as select * from build.{table}")

    rows = {
        relation_name(schema, name): size
        for schema, name, size in connection.execute(
            "select schema_name, table_name, estimated_size from duckdb_tables() "
            "where database_name = 'build'"
        ).fetchall()
    }
    by_size = sorted(tables, key=lambda table: rows[table], reverse=True)
    with ThreadPoolExecutor(max_workers=COPIED_AT_ONCE) as copying:
        for done in [copying.submit(copy, table) for table in by_size]:
            done.result()


def _copy_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Views in the order of their dependencies: a round creates what the earlier rounds allow.

    DuckDB stores a view without its own database's name, so the text holds in any file.
    """
    waiting = connection.execute(
        "select schema_name, name, sql from (select *, view_name as name from duckdb_views()) "
        f"where database_name = 'build' and not internal and {_PUBLISHED} order by 1, 2"
    ).fetchall()
    connection.execute("use mart")
    while waiting:
        refused: list[tuple[str, str, str]] = []
        error: duckdb.Error | None = None
        for schema, name, sql in waiting:
            try:
                connection.execute(sql)
            except (duckdb.CatalogException, duckdb.BinderException) as refusal:
                refused.append((schema, name, sql))
                error = refusal
        if len(refused) == len(waiting):
            schema, name, _ = refused[-1]
            raise BlockedError(
                f"{schema}.{name}: the view reads something that is not published (published are "
                f"the schemas {', '.join(SCHEMAS)}): {error}. Make it a table, or read "
                "published relations"
            ) from error
        waiting = refused


def _copy_functions(connection: duckdb.DuckDBPyConnection) -> None:
    """Queries name relations by schema, so they answer where the mart is the database in use."""
    for name, (parameters, query) in _functions(connection, database="build"):
        connection.execute(f"create macro mart.{name}({parameters}) as table {query}")


def _copy_comments(connection: duckdb.DuckDBPyConnection) -> None:
    statements: list[str] = []
    for kind in ("table", "view"):
        rows = connection.execute(
            f"select schema_name, name, comment from (select *, {kind}_name as name "
            f"from duckdb_{kind}s()) where database_name = 'build' and comment is not null "
            f"and {_PUBLISHED}"
        ).fetchall()
        statements += [
            f"comment on {kind} mart.{relation_name(schema, name)} is {literal(comment)}"
            for schema, name, comment in rows
        ]
    rows = connection.execute(
        "select schema_name, name, column_name, comment from (select *, table_name as name "
        f"from duckdb_columns()) where database_name = 'build' and comment is not null "
        f"and {_PUBLISHED}"
    ).fetchall()
    statements += [
        f"comment on column mart.{relation_name(schema, name)}.{quoted(column)} "
        f"is {literal(comment)}"
        for schema, name, column, comment in rows
    ]
    connection.execute("begin transaction")
    for statement in statements:
        connection.execute(statement)
    connection.execute("commit")


def add_own_tables(
    connection: duckdb.DuckDBPyConnection,
    lake_dir: Path,
    *,
    publish: Publish,
    tables: int,
    rows: int,
    check_results: list[CheckResult],
) -> None:
    """The tables that only a publish can fill hold the journal and this publish.

    Its restatements are in the table `restatements`.
    """
    counts: dict[str, object] = {"tables": tables, "rows": rows}
    own: dict[Kind, list[dict[str, object]]] = {
        "publishes": [{**asdict(publish), **counts}],
        "check_results": check_rows(publish, check_results),
        "restatements": [],
    }
    for name, (comment, columns) in _OWN.items():
        table = f"mart.quality.{name}"
        sources = {meant: source for meant, (source, _) in columns.items()}
        listed = ", ".join(f"{quoted(source)} as {meant}" for meant, source in sources.items())
        connection.execute(
            f"create table {table} as select {listed} from ({journal.select(lake_dir, name)}) "
            "order by journal_file"
        )
        insert(
            connection, table, [[row[source] for source in sources.values()] for row in own[name]]
        )
        connection.execute(f"comment on table {table} is {literal(comment)}")
        for column, (_, meaning) in columns.items():
            connection.execute(f"comment on column {table}.{column} is {literal(meaning)}")
    connection.execute("insert into mart.quality.restatements by name select * from restatements")
