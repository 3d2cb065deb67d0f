"""Answers to questions about metrics, asked of MetricFlow on one mart file that stays unchanged.

Embeds the engine of the `metricflow` package: it turns metric names into SQL by dbt's semantic
manifest, DuckDB runs the SQL. The definitions of metrics belong in the dbt project, not here.
Importing MetricFlow costs half a second to two seconds, so it is imported when a file is opened.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

import duckdb

from pipelines.errors import ConfigError

if TYPE_CHECKING:
    from metricflow.engine.metricflow_engine import MetricFlowEngine
    from metricflow.protocols.sql_client import SqlClient, SqlEngine
    from metricflow.sql.render.sql_plan_renderer import SqlPlanRenderer
    from metricflow_semantic_interfaces.implementations.semantic_manifest import (
        PydanticSemanticManifest,
    )

_LOGGERS = ("metricflow", "metricflow_semantics", "metricflow_semantic_interfaces")
_TRACEBACK = re.compile(
    r"Got exception:\s+Traceback.*?\n\s+(?P<reason>[\w.]+: [^\n]+).*?(?=\n\s*Query Input:|\Z)",
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class _DuckDbDialect:
    """The part of MetricFlow's SqlClient that writing SQL needs.

    MetricFlow's own way of running a query copies every value into Python objects, row by row;
    here it only writes the statement, and DuckDB runs it.
    """

    sql_engine_type: "SqlEngine"
    sql_plan_renderer: "SqlPlanRenderer"


@dataclass(frozen=True, kw_only=True)
class MetricAnswers:
    """One mart file, open for reading, with the metrics that its semantic manifest defines."""

    engine: "MetricFlowEngine"
    connection: duckdb.DuckDBPyConnection
    periods: tuple[str, ...]

    def ask(
        self, metrics: Sequence[str], *, group_by: Sequence[str], where: Sequence[str] = ()
    ) -> duckdb.DuckDBPyRelation:
        """One row per combination of `group_by`, its columns first, then one column per metric.

        Rows are ordered by `group_by`. Without metrics: the combinations that exist. A group that
        has no row in a metric's fact is absent, or NULL where another metric of the question has
        it; rows without a date, or dated beyond `dim_dates`, have a NULL period.

        Args:
            metrics: names of metrics; several facts in one question are joined on `group_by`.
            group_by: entities (`region`) and periods (`metric_time__period_month`).
            where: conditions, all of which hold, e.g. `{{ Entity('region') }} = 'Central'`.

        Raises:
            ConfigError: a name is unknown or does not fit the metric, or a condition is no SQL.
        """
        statement = self.explain(metrics, group_by=group_by, where=where)
        try:
            answer = self.connection.sql(statement)
        except duckdb.Error as error:
            conditions = "".join(f"\n  condition: {condition}" for condition in where)
            raise ConfigError(f"The mart cannot answer this: {error}{conditions}") from error
        ordering = ", ".join(f'"{column}"' for column in answer.columns[: len(group_by)])
        return answer.order(ordering) if group_by else answer

    def explain(
        self, metrics: Sequence[str], *, group_by: Sequence[str], where: Sequence[str] = ()
    ) -> str:
        """The SQL that answers the question; arguments and errors as in `ask`."""
        from metricflow.engine.metricflow_engine import (
            MetricFlowQueryRequest,
            OutputColumnOrderMode,
        )
        from metricflow_semantics.errors.error_classes import InformativeUserError

        request = MetricFlowQueryRequest.create(
            metric_names=list(metrics),
            group_by_names=list(group_by),
            where_constraints=list(where) or None,
            output_column_order_mode=OutputColumnOrderMode.INPUT_ORDER,
        )
        try:
            return self.engine.explain(request).sql_statement.sql
        except InformativeUserError as error:
            periods = ", ".join(f"metric_time__{period}" for period in self.periods)
            reason = _TRACEBACK.sub(r"\g<reason>\n", str(error))
            raise ConfigError(f"{reason}\n\nPeriods to group by: {periods}") from error

    def close(self) -> None:
        """The file is no longer open."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_metrics(*, manifest: Path, database: Path) -> MetricAnswers:
    """The mart file `database`, whatever its name, open for questions about its metrics.

    Args:
        manifest: the `semantic_manifest.json` that dbt wrote for the build of this mart.
        database: the DuckDB file, opened read-only; a mart that is published meanwhile does
            not change the answers.

    Raises:
        ConfigError: a file is missing, is no DuckDB file or is being written, or the manifest
            defines no semantic model.
    """
    for file in (manifest, database):
        if not file.is_file():
            raise ConfigError(f"{file} does not exist; `kpimart run` makes it")
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)

    from metricflow_semantics.model.dbt_manifest_parser import (
        parse_manifest_from_dbt_generated_manifest,
    )

    spec = parse_manifest_from_dbt_generated_manifest(manifest.read_text(encoding="utf-8"))
    alias = _database_name(spec, manifest=manifest)
    return MetricAnswers(
        engine=_engine(spec),
        connection=_attached(database, alias=alias),
        periods=tuple(
            granularity.name
            for spine in spec.project_configuration.time_spines
            for granularity in spine.custom_granularities
        ),
    )


def _engine(spec: "PydanticSemanticManifest") -> "MetricFlowEngine":
    from metricflow.engine.metricflow_engine import MetricFlowEngine
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

    dialect = _DuckDbDialect(
        sql_engine_type=SqlEngine.DUCKDB, sql_plan_renderer=DuckDbSqlPlanRenderer()
    )
    return MetricFlowEngine(
        semantic_manifest_lookup=SemanticManifestLookup(spec),
        sql_client=cast("SqlClient", dialect),
    )


def _database_name(spec: "PydanticSemanticManifest", *, manifest: Path) -> str:
    """The one database that all relations of the manifest are in: the build's."""
    relations = [model.node_relation for model in spec.semantic_models]
    relations += [spine.node_relation for spine in spec.project_configuration.time_spines]
    names = sorted({relation.database or "" for relation in relations})
    if len(names) != 1:
        found = ", ".join(names) or "none"
        raise ConfigError(f"{manifest} must name relations of one database; found: {found}")
    return names[0]


def _attached(database: Path, *, alias: str) -> duckdb.DuckDBPyConnection:
    path = str(database).replace("'", "''")
    connection = duckdb.connect()
    try:
        connection.execute(f"""attach '{path}' as "{alias}" (read_only)""")
    except duckdb.Error as error:
        raise ConfigError(f"{database} cannot be read: {error}") from error
    return connection
