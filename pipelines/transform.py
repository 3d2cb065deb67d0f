"""dbt, in this process: parses the project into a company's manifest, and builds it.

The only caller of dbt. What the models are is in dbt_project/; dbt's target and logs belong to the
company, so that two companies share one install. Importing dbt costs 3 s: it is imported late.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from pipelines.base import is_changed_in_place, make_empty
from pipelines.errors import KpimartError
from pipelines.report import CheckResult
from pipelines.settings import DBT_PROJECT_DIR, PROJECT_DIR, Settings
from pipelines.sql import literal

BUILD_VARIABLE = "KPIMART_BUILD"
BEFORE_VARIABLE = "KPIMART_BEFORE"
MEMORY_VARIABLE = "KPIMART_MEMORY_LIMIT"
MAX_EXAMPLES = 5
NIGHTLY = ("--exclude-resource-type", "unit_test")

NodeStatus = Literal["success", "pass", "warn", "fail", "error", "skipped", "no-op"]


@dataclass(frozen=True, kw_only=True)
class Node:
    """What became of one model or test of a build; a failed test's rows are in `relation`."""

    unique_id: str
    kind: Literal["model", "test"]
    name: str
    schema: str
    status: NodeStatus
    seconds: float
    message: str
    failures: int
    relation: str | None


def manifest_path(settings: Settings) -> Path:
    """Where dbt's manifest of this company is."""
    return settings.dbt_dir / "target" / "manifest.json"


def semantic_manifest_path(settings: Settings) -> Path:
    """Where the metric spec, as MetricFlow reads it, is."""
    return settings.dbt_dir / "target" / "semantic_manifest.json"


def _digest(*folders: Path) -> str:
    """One digest of all source files below the folders, without what runs write there."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".py", ".sql", ".yml", ".csv"} and "target" not in path.parts:
                digest.update(str(path.relative_to(PROJECT_DIR)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def code_version() -> str:
    """Changes with any code that can change a number."""
    names = ("pipelines", "dbt_project", "data_quality")
    return _digest(*(PROJECT_DIR / name for name in names))[:12]


def spec_version() -> str:
    """Changes with the metric spec."""
    return _digest(DBT_PROJECT_DIR / "models" / "metrics")[:12]


def ensure_manifest(settings: Settings) -> Path:
    """The company's manifest fits the project and its systems; it is made anew only if it did not.

    Raises:
        KpimartError: the project does not parse.
    """
    stamp = settings.dbt_dir / "parsed"
    wanted = json.dumps([_digest(DBT_PROJECT_DIR), settings.systems])
    path = manifest_path(settings)
    if path.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return path
    settings.dbt_dir.mkdir(parents=True, exist_ok=True)
    result = _invoke(settings, ["parse"])
    if not result.success:
        raise KpimartError(f"{DBT_PROJECT_DIR}: the project does not parse: {result.exception}")
    stamp.write_text(wanted, encoding="utf-8")
    return path


def build(
    settings: Settings, *, on_node: Callable[[Node], None], options: Sequence[str] = NIGHTLY
) -> list[Node]:
    """Every model built and every data test run, in dbt's order; unit tests are not.

    Some models change what is new in the build that the night started from, if there was one.
    `options` of dbt's own may choose otherwise.

    Raises:
        KpimartError: a model or the project is broken (not: a test failed).
    """
    nodes: list[Node] = []

    def on_event(event: Any) -> None:
        node = _finished_node(event)
        if node is not None:
            nodes.append(node)
            on_node(node)

    anew = [] if is_changed_in_place(settings) else ["--full-refresh"]
    result = _invoke(settings, ["build", *anew, *options], on_event)
    _release_build()
    broken = [node for node in nodes if node.status == "error"]
    if broken:
        raise KpimartError(
            "; ".join(f"{node.name} is broken: {' '.join(node.message.split())}" for node in broken)
        )
    if result.exception is not None:
        raise KpimartError(f"dbt could not run: {result.exception}")
    return nodes


def failed_tests(settings: Settings, nodes: list[Node]) -> list[CheckResult]:
    """What the data tests found, each as a critical check with examples of the offending rows."""
    failed = [node for node in nodes if node.kind == "test" and node.status in {"fail", "warn"}]
    if not failed:
        return []
    tables = _tested_tables(settings)
    with duckdb.connect(str(settings.build_path), read_only=True) as connection:
        return [
            CheckResult(
                check=node.name,
                table=tables.get(node.unique_id, node.name),
                severity="critical" if node.status == "fail" else "warning",
                passed=False,
                rows=node.failures,
                reason="keys, relations and sums between models hold in every published mart",
                examples=_examples(connection, node),
            )
            for node in failed
        ]


def row_counts(settings: Settings) -> dict[str, int]:
    """Rows of every table and view in the build, by "schema.name"."""
    with duckdb.connect(str(settings.build_path), read_only=True) as connection:
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in "
            "('staging', 'touched', 'intermediate', 'marts', 'kpis', 'quality')"
        ).fetchall()
        if not names:
            return {}
        counts = " union all ".join(
            f"select {literal(f'{schema}.{name}')}, count(*) from {schema}.{name}"
            for schema, name in names
        )
        return dict(connection.execute(counts).fetchall())


def _examples(connection: duckdb.DuckDBPyConnection, node: Node) -> list[dict[str, object]]:
    if node.relation is None:
        return []
    found = connection.execute(f"select * from {node.relation} limit {MAX_EXAMPLES}")
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _tested_tables(settings: Settings) -> dict[str, str]:
    """The table that each data test is about, by the test's unique id."""
    manifest: dict[str, Any] = json.loads(manifest_path(settings).read_text(encoding="utf-8"))
    nodes: Mapping[str, Any] = manifest["nodes"]
    tables: dict[str, str] = {}
    for unique_id, node in nodes.items():
        about: str | None = node.get("attached_node") or next(
            iter(node["depends_on"]["nodes"]), None
        )
        if node["resource_type"] == "test" and about is not None and about in nodes:
            tables[unique_id] = f"{nodes[about]['schema']}.{nodes[about]['name']}"
    return tables


def _finished_node(event: Any) -> Node | None:
    if event.info.name != "NodeFinished":
        return None
    info, result = event.data.node_info, event.data.run_result
    if info.resource_type not in {"model", "test"}:
        return None
    return Node(
        unique_id=info.unique_id,
        kind=info.resource_type,
        name=info.node_name,
        schema=info.node_relation.schema,
        status=result.status,
        seconds=result.execution_time,
        message=result.message,
        failures=result.num_failures,
        relation=info.node_relation.relation_name or None,
    )


def _invoke(
    settings: Settings, args: list[str], on_event: Callable[[Any], None] | None = None
) -> Any:
    from dbt.cli.main import dbtRunner  # imported late: it costs 3 s

    settings.build_path.parent.mkdir(parents=True, exist_ok=True)
    os.environ[BUILD_VARIABLE] = str(settings.build_path)
    if not settings.before_path.is_file():
        make_empty(settings.before_path)
    os.environ[BEFORE_VARIABLE] = str(settings.before_path)
    os.environ[MEMORY_VARIABLE] = settings.memory_limit
    runner = dbtRunner(callbacks=[on_event] if on_event else [])
    return runner.invoke(
        [
            *args,
            "--project-dir",
            str(DBT_PROJECT_DIR),
            "--profiles-dir",
            str(DBT_PROJECT_DIR),
            "--target-path",
            str(settings.dbt_dir / "target"),
            "--log-path",
            str(settings.dbt_dir / "logs"),
            "--log-level",
            "none",
            "--vars",
            json.dumps({"systems": list(settings.systems)}),
        ]
    )


def _release_build() -> None:
    """The adapter's connection is closed: it would keep others from opening the build read-only."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # late, with dbt

    with contextlib.suppress(AttributeError):
        DuckDBConnectionManager.close_all_connections()
