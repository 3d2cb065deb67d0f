"""Runs suites of checks with Great Expectations, inside DuckDB; the only module that imports it.

Which checks there are is in suites/. Importing Great Expectations costs up to 8 s, so it happens
in a function, and `warm_up` lets it happen in the background.
"""

import logging
import os
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data_quality.checks import ROW_COUNT_EXPECTATIONS, Check, Suite
from pipelines.errors import KpimartError
from pipelines.report import CheckResult

EXAMPLES = 5
IDENTIFYING_COLUMNS = frozenset(
    {"_source", "_key", "_row", "kpi", "statistic", "grain", "period_start", "scope", "member"}
)

_import_lock = threading.Lock()


def warm_up() -> threading.Thread:
    """A running thread that imports Great Expectations; a night that ends before it may leave it.

    A failure to import is shown by `validate`, which imports it again.
    """
    thread = threading.Thread(target=_great_expectations, name="import-gx", daemon=True)
    thread.start()
    return thread


def validate(build: Path, suites: Sequence[Suite]) -> list[CheckResult]:
    """The result of every check of every suite, in their order; reads the build, writes nothing.

    The build is opened read-only, so this process must hold no other connection to it.

    Raises:
        KpimartError: the build, a relation or a column is missing, or a check itself is wrong.
    """
    if not build.is_file():
        raise KpimartError(f"{build}: there is no build to check; run the night from its start")
    gx = _great_expectations()
    with _opened(build, gx=gx) as source:
        return [result for suite in suites for result in _run_suite(suite, source=source, gx=gx)]


def _great_expectations() -> Any:
    """The imported package; a second caller waits for the first one."""
    with _import_lock:
        os.environ["GX_ANALYTICS_ENABLED"] = "false"
        logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
        import great_expectations as gx

        return gx


@contextmanager
def _opened(build: Path, *, gx: Any) -> Generator[Any]:
    """The build as a data source of a context that lives in memory only.

    Autocommit, no temporary tables and no rollback: without them every metric fails, because a
    rollback closes DuckDB's cursor.
    """
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_sql(
        "build",
        connection_string=f"duckdb:///{build.resolve()}",
        create_temp_table=False,
        kwargs={
            "isolation_level": "AUTOCOMMIT",
            "skip_autocommit_rollback": True,
            "connect_args": {"read_only": True},
        },
    )
    try:
        yield source
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()


def _run_suite(suite: Suite, *, source: Any, gx: Any) -> list[CheckResult]:
    schema, name = suite.table.split(".")
    columns = _columns(schema, table=name, source=source)
    if not columns:
        raise KpimartError(f"{suite.table}: the checks need this relation; the build lacks it")
    asset = source.add_table_asset(suite.table, table_name=name, schema_name=schema)
    expectations = [_expectation(check, table=suite.table, gx=gx) for check in suite.checks]
    outcome = (
        asset.add_batch_definition_whole_table("whole")
        .get_batch()
        .validate(
            gx.ExpectationSuite(suite.table, expectations=expectations),
            result_format={
                "result_format": "BASIC",
                "partial_unexpected_count": EXAMPLES,
                "unexpected_index_column_names": [c for c in columns if _identifies(c)],
                "return_unexpected_index_query": True,
            },
        )
    )
    found = {result.expectation_config.meta["check"]: result for result in outcome.results}
    return [
        _result(check, table=suite.table, found=found[check.name], source=source)
        for check in suite.checks
    ]


def _columns(schema: str, *, table: str, source: Any) -> list[str]:
    rows = _rows(
        f"""
        select column_name from information_schema.columns
        where table_catalog = current_database()
            and table_schema = '{schema}' and table_name = '{table}'
        order by ordinal_position
        """,
        source=source,
    )
    return [str(row["column_name"]) for row in rows]


def _identifies(column: str) -> bool:
    return column in IDENTIFYING_COLUMNS or column.endswith("_key")


def _expectation(check: Check, *, table: str, gx: Any) -> Any:
    """The check as an expectation that carries the check's name."""
    if check.sql is None:
        name, arguments = str(check.expectation), check.kwargs
    else:
        name, arguments = (
            "UnexpectedRowsExpectation",
            {"unexpected_rows_query": _gx_query(check.sql)},
        )
    kind = getattr(gx.expectations, name, None)
    if kind is None:
        raise _broken(check, table=table, cause=f"Great Expectations has no {name}")
    try:
        return kind(**arguments, severity=check.severity, meta={"check": check.name})
    except ValueError as error:
        raise _broken(check, table=table, cause=str(error)) from error


def _gx_query(sql: str) -> str:
    """The query as GX takes it: its own {batch} once, and no other brace or colon of meaning.

    GX puts a subquery in place of {batch}, with an alias of its own unless the query has a join.
    """
    rows = sql.replace("{batch}", "batch").rstrip("; \n")
    literal = rows.replace("{", "{{").replace("}", "}}").replace(":", "\\:")
    return f"with batch as (select * from {{batch}}) select * from ({literal}) as offending"


def _result(check: Check, *, table: str, found: Any, source: Any) -> CheckResult:
    cause = _raised(found.exception_info)
    if cause is not None:
        raise _broken(check, table=table, cause=cause)
    passed = bool(found.success)
    return CheckResult(
        check=check.name,
        table=table,
        severity=check.severity,
        passed=passed,
        rows=0 if passed else _offending_rows(check, found=found.result),
        reason=check.reason,
        examples=[] if passed else _examples(check, table=table, found=found.result, source=source),
        kpis=check.kpis,
    )


def _raised(info: dict[str, Any]) -> str | None:
    """The message of the first exception, which GX gives bare or by metric; None when well."""
    by_metric = [info] if "raised_exception" in info else list(info.values())
    messages = [str(one["exception_message"]) for one in by_metric if one["raised_exception"]]
    return messages[0] if messages else None


def _broken(check: Check, *, table: str, cause: str) -> KpimartError:
    return KpimartError(
        f"the check {check.name} of {table} is broken, so nothing is known about the data: {cause}"
    )


def _offending_rows(check: Check, *, found: dict[str, Any]) -> int:
    """How many rows break the rule; 0 where it is about the whole relation, as a maximum is."""
    if check.sql is not None or _has_too_many_rows(check, found=found):
        return int(found["observed_value"])
    return int(found.get("unexpected_count", 0))


def _has_too_many_rows(check: Check, *, found: dict[str, Any]) -> bool:
    if check.expectation not in ROW_COUNT_EXPECTATIONS:
        return False
    most = check.kwargs.get("max_value", check.kwargs.get("value"))
    return isinstance(most, int) and int(found["observed_value"]) > most


def _examples(
    check: Check, *, table: str, found: dict[str, Any], source: Any
) -> list[dict[str, object]]:
    """Up to five rows that break the rule, or what was observed of the whole relation."""
    unexpected: list[object] = found.get("partial_unexpected_list", [])
    if check.sql is not None:
        query = check.sql.replace("{batch}", table).rstrip("; \n")
        return _rows(f"select * from ({query}) as found limit {EXAMPLES}", source=source)
    if _has_too_many_rows(check, found=found):
        return _rows(f"select * from {table} limit {EXAMPLES}", source=source)
    if unexpected and isinstance(unexpected[0], dict):
        # Rules over several columns: their query is a cross join with the whole table.
        return [dict(row) for row in unexpected[:EXAMPLES] if isinstance(row, dict)]
    if "unexpected_index_query" in found:
        query = str(found["unexpected_index_query"]).rstrip("; \n")
        return _rows(f"{query} limit {EXAMPLES}", source=source)
    return [{"observed": found.get("observed_value")}]


def _rows(query: str, *, source: Any) -> list[dict[str, object]]:
    with source.get_engine().connect() as connection:
        return [dict(row) for row in connection.exec_driver_sql(query).mappings()]
