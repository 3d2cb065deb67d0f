"""The metric spec as a table: which metric answers which column of a KPI, in which scope and grain.

Read from dbt's manifest, for tests that ask MetricFlow the same questions. What the answers must be
is in those tests.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from tests.dbt_project import Project

GRAINS = ("week", "month", "quarter", "year")
COUNTED = {"sum", "count", "count_distinct", "sum_boolean"}
COMPANY = "company"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The metric that gives one column of a KPI's cells in one scope and grain.

    `is_exact`: a sum or a count, equal to the cent. `is_filled`: it is 0 where there are no rows.
    """

    kpi: str
    statistic: str
    part: str
    scope: str
    grain: str
    metric: str
    is_exact: bool
    is_filled: bool


def kpi_metrics(project: Project) -> dict[str, dict[str, Any]]:
    """`config.meta.kpimart` of every metric that is a KPI, by the metric's name."""
    metas = {
        name: metric["config"]["meta"].get("kpimart") for name, metric in project.metrics.items()
    }
    return {name: meta for name, meta in sorted(metas.items()) if meta}


def modelled_kpis(project: Project) -> set[str]:
    """The KPIs that a model computes because the spec cannot say them."""
    metas = [model["config"]["meta"] for model in project.models.values()]
    return {kpi["kpi"] for meta in metas for kpi in meta.get("kpimart_kpis", [])}


def answering_metric(metric: str, meta: dict[str, Any], *, scope: str) -> str:
    """The metric that answers for a KPI in this scope."""
    return str(meta.get("scope_metrics", {}).get(scope, metric))


def columns(project: Project, metric: str) -> dict[str, str]:
    """The columns of a cell that come from the spec, each with the metric that gives it."""
    params = project.metrics[metric]["type_params"]
    if project.metrics[metric]["type"] != "ratio":
        return {"value": metric}
    parts = {part: params[part]["name"] for part in ("numerator", "denominator")}
    return {"value": metric, **parts}


def measure(project: Project, metric: str) -> dict[str, Any]:
    """The measure of a simple metric."""
    wanted = project.metrics[metric]["type_params"]["measure"]["name"]
    (model,) = project.metric_bases(metric)
    (found,) = [one for one in model["measures"] if one["name"] == wanted]
    return found


def answers(project: Project) -> Iterator[Answer]:
    """Every column of every KPI that the spec gives, in every scope and grain of the KPI."""
    for name, meta in kpi_metrics(project).items():
        for scope, grain in product(meta["scopes"], meta.get("grains", GRAINS)):
            metric = answering_metric(name, meta, scope=scope)
            for part, answering in columns(project, metric).items():
                is_exact = is_count_or_sum(project, answering)
                yield Answer(
                    kpi=meta["kpi"],
                    statistic=meta.get("statistic", "value"),
                    part=part,
                    scope=scope,
                    grain=grain,
                    metric=answering,
                    is_exact=is_exact,
                    is_filled=is_exact and not _keeps_nulls(project, answering),
                )


def is_count_or_sum(project: Project, metric: str) -> bool:
    """True of a metric whose measure adds or counts."""
    is_simple = project.metrics[metric]["type"] == "simple"
    return is_simple and measure(project, metric)["agg"] in COUNTED


def _keeps_nulls(project: Project, metric: str) -> bool:
    metas = [model["config"]["meta"]["kpimart"] for model in project.metric_bases(metric)]
    return any(meta.get("keep_nulls", False) for meta in metas)
