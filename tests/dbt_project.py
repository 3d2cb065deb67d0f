"""The dbt project as dbt sees it: parsed and compiled once a session, spelled for Spark.

For tests that read the manifest or the compiled SQL; nothing here is built, no relation is needed.
What differs by engine lives in dispatched macros, so a copy of the project in which DuckDB's
adapter is answered by the `spark__` macros yields the very text that Spark would get.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from pipelines.extract.systems import system_names

ROOT = Path(__file__).resolve().parents[1]
DBT_PROJECT = ROOT / "dbt_project"
SYSTEMS = list(system_names())
NOT_SOURCE = {"target", "logs", ".user.yml"}

Node = dict[str, Any]

# dbt's own cross-engine macros as dbt-spark 1.11 renders them; dbt-spark itself is not installed.
SPARK_MACROS_OF_DBT = """
{% macro spark__concat(fields) -%} concat({{ fields | join(', ') }}) {%- endmacro %}
{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- if datepart != 'day' -%}
        {{ exceptions.raise_compiler_error('dbt.datediff: only whole days, on both engines') }}
    {%- endif -%}
    datediff(to_date({{ second_date }}), to_date({{ first_date }}))
{%- endmacro %}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    {%- if datepart == 'month' -%} add_months({{ from_date_or_timestamp }}, {{ interval }})
    {%- elif datepart == 'day' -%} date_add({{ from_date_or_timestamp }}, {{ interval }})
    {%- else -%} {{ exceptions.raise_compiler_error('dbt.dateadd: ' ~ datepart ~ '?') }}
    {%- endif -%}
{%- endmacro %}
"""
SPARK_MACRO = re.compile(r"{%-?\s*macro\s+spark__(\w+)\(([^)]*)\)")


@dataclass(frozen=True)
class Project:
    """The manifest of the compiled project."""

    manifest: dict[str, Any]

    @cached_property
    def models(self) -> dict[str, Node]:
        """Every enabled model by name."""
        return {node["name"]: node for node in self._nodes("model")}

    @cached_property
    def data_tests(self) -> dict[str, Node]:
        """Every data test of a nightly build by name."""
        return {node["name"]: node for node in self._nodes("test")}

    @cached_property
    def metrics(self) -> dict[str, Node]:
        """Every metric of the spec by name."""
        return {metric["name"]: metric for metric in self.manifest["metrics"].values()}

    @cached_property
    def semantic_models(self) -> dict[str, Node]:
        """Every semantic model of the spec by name."""
        return {model["name"]: model for model in self.manifest["semantic_models"].values()}

    @cached_property
    def _relations(self) -> dict[str, str]:
        known = [*self.manifest["nodes"].values(), *self.manifest["sources"].values()]
        quoted = {node["relation_name"] for node in known if node.get("relation_name")}
        return {name: name.replace('"', "") for name in quoted}

    def spark_sql(self, node: Node) -> str:
        """A node's compiled SQL; relations, which dbt quotes for DuckDB, without their quotes."""
        sql = str(node["compiled_code"])
        for quoted, plain in self._relations.items():
            sql = sql.replace(quoted, plain)
        return sql

    def _nodes(self, kind: str) -> Iterator[Node]:
        return (node for node in self.manifest["nodes"].values() if node["resource_type"] == kind)

    def published(self) -> dict[str, Node]:
        """The models that readers see."""
        return {
            name: node
            for name, node in self.models.items()
            if node["schema"] in {"marts", "kpis", "quality"}
        }

    def metric_inputs(self, name: str) -> list[Node]:
        """The simple metrics that a metric is made of."""
        params = self.metrics[name]["type_params"]
        parts = [params.get("numerator"), params.get("denominator"), *(params.get("metrics") or [])]
        names = [part["name"] for part in parts if part]
        if not names:
            return [self.metrics[name]]
        return [simple for part in names for simple in self.metric_inputs(part)]

    def metric_bases(self, name: str) -> list[Node]:
        """The semantic models that a metric reads."""
        inputs = self.metric_inputs(name)
        ids = sorted({part for metric in inputs for part in metric["depends_on"]["nodes"]})
        return [self.manifest["semantic_models"][part] for part in ids]


def source_files(folder: Path = DBT_PROJECT) -> dict[str, str]:
    """Text of every model, data test and macro, by its path in the project."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for part in ("models", "tests", "macros")
        for path in sorted((folder / part).rglob("*.sql"))
    }


def copy_spelled_for_spark(folder: Path, source: Path = DBT_PROJECT) -> Path:
    """A copy of the project in which every dispatched macro answers as on Spark."""
    project = folder / "project"
    shutil.copytree(source, project, ignore=lambda _, names: NOT_SOURCE & set(names))
    spellings = [SPARK_MACROS_OF_DBT]
    for path in sorted((project / "macros").rglob("*.sql")):
        text = path.read_text(encoding="utf-8")
        spellings += [text] if "spark__" in text else []
        path.write_text(text.replace("macro duckdb__", "macro embedded__"), encoding="utf-8")
    answers = [
        f"{{% macro duckdb__{name}({parameters}) %}}"
        f"{{{{ return(spark__{name}({_names(parameters)})) }}}}{{% endmacro %}}"
        for text in spellings
        for name, parameters in SPARK_MACRO.findall(text)
    ]
    answers_path = project / "macros" / "answered_as_on_spark.sql"
    answers_path.write_text("\n".join([SPARK_MACROS_OF_DBT, *answers]), encoding="utf-8")
    config_path = project / "dbt_project.yml"
    config = yaml.safe_load(config_path.read_text(encoding="utf-8"))
    config["dispatch"] = [{"macro_namespace": "dbt", "search_order": [config["name"], "dbt"]}]
    config_path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    output = {"type": "duckdb", "path": str(folder / "build.duckdb"), "threads": 2}
    profile = {config["profile"]: {"target": "embedded", "outputs": {"embedded": output}}}
    (project / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    return project


def _names(parameters: str) -> str:
    return ", ".join(part.split("=")[0].strip() for part in parameters.split(","))


def compile_project(folder: Path, source: Path = DBT_PROJECT) -> Project:
    """The project compiled in a folder of its own."""
    from dbt.cli.main import dbtRunner  # imported late: it costs 3 s

    project = copy_spelled_for_spark(folder, source)
    result = dbtRunner().invoke(
        [
            "compile",
            *("--project-dir", str(project), "--profiles-dir", str(project)),
            *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
            *("--vars", json.dumps({"systems": SYSTEMS})),
            *("--log-level", "none", "--log-level-file", "error"),
        ]
    )
    if not result.success:
        said = (folder / "logs" / "dbt.log").read_text(encoding="utf-8")
        raise RuntimeError(f"the project does not compile: {result.exception}\n{said}")
    return read_project(folder)


def read_project(folder: Path) -> Project:
    """The project that was compiled in this folder."""
    manifest = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    return Project(manifest=manifest)
