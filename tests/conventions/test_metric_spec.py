"""The metric spec stays in the subset that the roll-up and MetricFlow both compute exactly."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from pipelines.extract.objects import object_shapes
from pipelines.journal import ACCOUNT_COLUMNS
from pipelines.publish.rows import ACCOUNTS
from tests.dbt_project import Node, Project

META = {
    "kpi",
    "unit",
    "direction",
    "kind",
    "cadence",
    "objective",
    "owner",
    "counter_metric",
    "time_basis",
    "formula",
    "scopes",
}
VALUES = {
    "unit": {"money", "count", "fraction", "days", "minutes"},
    "direction": {"up", "down", "neutral"},
    "kind": {"kpi", "metric"},
    "cadence": {"daily", "weekly", "monthly", "quarterly", "yearly"},
    "rate_kind": {"none", "proportion", "ratio_of_sums", "open_ratio"},
    "statistic": {"value", "median", "p90", "mean", "km_median"},
}
GRAINS = {"week", "month", "quarter", "year"}
AGGREGATES = {"sum", "count", "count_distinct", "average", "median", "percentile"}

Breaks = Callable[[Project], Iterator[str]]


def metric_kpis(project: Project) -> dict[str, dict[str, Any]]:
    """What the KPI metrics say of themselves, by metric."""
    return {
        name: metric["config"]["meta"]["kpimart"]
        for name, metric in project.metrics.items()
        if metric["config"]["meta"].get("kpimart")
    }


def modelled_kpis(project: Project) -> list[dict[str, Any]]:
    """The KPIs that a model computes."""
    models = project.models.values()
    return [kpi for node in models for kpi in node["config"]["meta"].get("kpimart_kpis", [])]


def named_kpis(project: Project) -> list[tuple[str, dict[str, Any]]]:
    """Every KPI entry with where it stands."""
    modelled = [(f"model entry {meta.get('kpi')}", meta) for meta in modelled_kpis(project)]
    return [*metric_kpis(project).items(), *modelled]


def incomplete_meta(project: Project) -> Iterator[str]:
    """A KPI says all that the catalogue shows, in the catalogue's words."""
    for where, meta in named_kpis(project):
        for key in sorted(META - set(meta)):
            yield f"{where}: {key} is missing"
        for key, allowed in VALUES.items():
            if key in meta and meta[key] not in allowed:
                yield f"{where}.{key}: {meta[key]!r} is none of {sorted(allowed)}"
        for grain in set(meta.get("grains", [])) - GRAINS:
            yield f"{where}.grains: {grain!r} is none of {sorted(GRAINS)}"
    for meta in modelled_kpis(project):
        for key in sorted({"label", "description"} - set(meta)):
            yield f"model entry {meta.get('kpi')}: {key} is missing"


def unknown_counter_metrics(project: Project) -> Iterator[str]:
    """A counter-metric is another KPI."""
    known = {meta.get("kpi") for _, meta in named_kpis(project)}
    for where, meta in named_kpis(project):
        counter = meta.get("counter_metric")
        if counter not in known or counter == meta.get("kpi"):
            yield f"{where}: counter_metric {counter!r} is not another KPI"


def unanswered_scopes(project: Project) -> Iterator[str]:
    """A scope is an entity of every fact that the metric, or the one named for it, reads."""
    for name, meta in metric_kpis(project).items():
        special = meta.get("scope_metrics", {})
        for scope in sorted(set(special) - set(meta["scopes"])):
            yield f"{name}: scope_metrics names {scope}, which is not in scopes"
        if "company" not in meta["scopes"]:
            yield f"{name}: every KPI has scope company"
        for scope in meta["scopes"]:
            answer = special.get(scope, name)
            if answer not in project.metrics:
                yield f"{name}: scope {scope} is answered by {answer}, which is no metric"
                continue
            for base in project.metric_bases(answer):
                if scope != "company" and scope not in entities(base):
                    yield f"{name}: {base['name']} has no entity {scope}"


def entities(semantic_model: Node) -> set[str]:
    """The scopes of a semantic model."""
    return {one["name"] for one in semantic_model["entities"] if one["type"] == "foreign"}


def headlines(project: Project) -> Iterator[str]:
    """A KPI has exactly one headline, and each of its statistics once."""
    seen: dict[str, list[dict[str, Any]]] = {}
    for _, meta in named_kpis(project):
        seen.setdefault(str(meta.get("kpi")), []).append(meta)
    for kpi, metas in seen.items():
        heads = sum(meta.get("is_headline", True) for meta in metas)
        statistics = [meta.get("statistic", "value") for meta in metas]
        if heads != 1:
            yield f"{kpi}: {heads} headlines"
        if len(set(statistics)) != len(statistics):
            yield f"{kpi}: a statistic twice, of {statistics}"


def repeated_labels(project: Project) -> Iterator[str]:
    """No two KPIs show one label, whoever computes them (of two metrics dbt itself refuses it)."""
    labels = {metric["label"]: name for name, metric in project.metrics.items()}
    for meta in modelled_kpis(project):
        other = labels.setdefault(meta["label"], meta["kpi"])
        if other != meta["kpi"]:
            yield f"{meta['kpi']}: its label {meta['label']!r} is that of {other}"


def undescribed_metrics(project: Project) -> Iterator[str]:
    """A metric says in a sentence what it counts."""
    for name, metric in project.metrics.items():
        if not metric["description"].strip().endswith("."):
            yield f"{name}: a description is a sentence"


def unknown_reads(project: Project) -> Iterator[str]:
    """A semantic model names the objects it rests on: completeness and staleness follow them."""
    for name, model in project.semantic_models.items():
        reads = model["config"]["meta"].get("kpimart", {}).get("reads", [])
        if not reads:
            yield f"{name}: config.meta.kpimart.reads is missing"
        for one in sorted(set(reads) - set(object_shapes())):
            yield f"{name}: reads {one!r}, which objects.yml does not know"
        if not model["description"].startswith("One row"):
            yield f"{name}: the description starts with the grain"


def outside_the_subset(project: Project) -> Iterator[str]:
    """Simple, ratio and derived metrics without filter, offset, window or grain to date."""
    for name, metric in project.metrics.items():
        params = metric["type_params"]
        if metric["type"] not in {"simple", "ratio", "derived"}:
            yield f"{name}: a {metric['type']} metric"
        inputs = [params["measure"], params["numerator"], params["denominator"]]
        for one in [metric, *filter(None, inputs), *params["metrics"]]:
            for key in ("filter", "offset_window", "offset_to_grain", "fill_nulls_with"):
                if one.get(key) is not None:
                    yield f"{name}: {key}"
        for key in ("window", "grain_to_date"):
            if params[key]:
                yield f"{name}: {key}"
        if metric["type"] == "simple" and params["measure"]["name"] != name:
            yield f"{name}: a simple metric bears its measure's name"


def measures_outside_the_subset(project: Project) -> Iterator[str]:
    """A measure aggregates a column, or a case of population flags; semi-additive ones by max."""
    for name, model in project.semantic_models.items():
        if not all(one["type"] in {"foreign", "primary"} for one in model["entities"]):
            yield f"{name}: scopes are foreign entities"
        if [one for one in model["dimensions"] if one["type"] != "time"]:
            yield f"{name}: what is grouped by is an entity, dates aside"
        for measure in model["measures"]:
            where = f"{name}.{measure['name']}"
            if measure["agg"] not in AGGREGATES:
                yield f"{where}: aggregate {measure['agg']}"
            tree = sqlglot.parse_one(measure["expr"] or measure["name"], read="duckdb")
            if not isinstance(tree, exp.Column | exp.Case):
                yield f"{where}: {tree.sql()} is neither a column nor a case"
            if tree.find(exp.AggFunc, exp.Filter, exp.Query, exp.Window):
                yield f"{where}: {tree.sql()} aggregates, filters or selects"
            semi = measure["non_additive_dimension"]
            if semi and (semi["window_choice"] != "max" or semi["window_groupings"]):
                yield f"{where}: semi-additive otherwise than by the last day"


def columns_beyond_the_account(project: Project) -> Iterator[str]:
    """What a sum reads of a record is kept, so that a restatement can say what each record moved.

    Facts of which no account is kept are apart: of those, the files that arrived are named.
    """
    accounted = {one.fact for one in ACCOUNTS}
    for name, model in project.semantic_models.items():
        fact = model["node_relation"]["alias"]
        if fact not in accounted:
            continue
        columns = set(project.models[fact]["columns"])
        for measure in model["measures"]:
            tree = sqlglot.parse_one(measure["expr"] or measure["name"], read="duckdb")
            named = {column.name for column in tree.find_all(exp.Column)} & columns
            for column in sorted(named - set(ACCOUNT_COLUMNS)) if measure["agg"] == "sum" else ():
                yield f"{name}.{measure['name']}: {column} is not in journal.ACCOUNT_COLUMNS"


CONVENTIONS: list[Breaks] = [
    incomplete_meta,
    unknown_counter_metrics,
    unanswered_scopes,
    headlines,
    repeated_labels,
    undescribed_metrics,
    unknown_reads,
    outside_the_subset,
    measures_outside_the_subset,
    columns_beyond_the_account,
]


@pytest.mark.parametrize("breaks", CONVENTIONS, ids=lambda breaks: breaks.__name__)
def test_no(breaks: Breaks, project: Project) -> None:
    found = list(breaks(project))
    assert not found, "\n".join([str(breaks.__doc__), *(f"  - {one}" for one in found)])
    assert metric_kpis(project)
    assert modelled_kpis(project)


def _meta(project: Project, name: str) -> dict[str, Any]:
    return project.metrics[name]["config"]["meta"]["kpimart"]


def _measure(project: Project) -> dict[str, Any]:
    return project.semantic_models["open_opportunities"]["measures"][0]


INJECTED: list[tuple[Breaks, Callable[[Project], Any], str]] = [
    (incomplete_meta, lambda p: _meta(p, "revenue").pop("owner"), "revenue: owner is missing"),
    (incomplete_meta, lambda p: _meta(p, "revenue").update(unit="dollars"), "revenue.unit"),
    (incomplete_meta, lambda p: _meta(p, "revenue").update(grains=["day"]), "revenue.grains"),
    (incomplete_meta, lambda p: modelled_kpis(p)[0].pop("label"), "label is missing"),
    (
        unknown_counter_metrics,
        lambda p: _meta(p, "revenue").update(counter_metric="churn"),
        "churn",
    ),
    (
        unknown_counter_metrics,
        lambda p: _meta(p, "revenue").update(counter_metric="revenue"),
        "not another KPI",
    ),
    (
        unanswered_scopes,
        lambda p: _meta(p, "median_deal_size")["scopes"].append("product"),
        "opportunities_by_close has no entity product",
    ),
    (
        unanswered_scopes,
        lambda p: _meta(p, "revenue")["scope_metrics"].update(product="line_money"),
        "line_money, which is no metric",
    ),
    (
        unanswered_scopes,
        lambda p: _meta(p, "revenue")["scope_metrics"].update(planet="line_revenue"),
        "planet, which is not in scopes",
    ),
    (unanswered_scopes, lambda p: _meta(p, "revenue")["scopes"].remove("company"), "company"),
    (headlines, lambda p: _meta(p, "revenue").update(is_headline=False), "revenue: 0 headlines"),
    (
        headlines,
        lambda p: _meta(p, "sales_cycle_days_p90").update(statistic="median"),
        "sales_cycle_days: a statistic twice",
    ),
    (repeated_labels, lambda p: modelled_kpis(p)[0].update(label="Win rate"), "'Win rate'"),
    (undescribed_metrics, lambda p: p.metrics["revenue"].update(description=""), "revenue"),
    (
        unknown_reads,
        lambda p: p.semantic_models["quotas"]["config"]["meta"].pop("kpimart"),
        "quotas: config.meta.kpimart.reads",
    ),
    (
        unknown_reads,
        lambda p: p.semantic_models["quotas"]["config"]["meta"]["kpimart"].update(reads=["goals"]),
        "'goals'",
    ),
    (outside_the_subset, lambda p: p.metrics["revenue"].update(type="cumulative"), "cumulative"),
    (
        outside_the_subset,
        lambda p: p.metrics["revenue"].update(filter={"where_filters": []}),
        "revenue: filter",
    ),
    (
        outside_the_subset,
        lambda p: p.metrics["win_rate"]["type_params"]["numerator"].update(offset_window="1 month"),
        "win_rate: offset_window",
    ),
    (
        outside_the_subset,
        lambda p: p.metrics["revenue"]["type_params"]["measure"].update(name="deals_won"),
        "revenue: a simple metric",
    ),
    (measures_outside_the_subset, lambda p: _measure(p).update(agg="max"), "aggregate max"),
    (measures_outside_the_subset, lambda p: _measure(p).update(expr="amount * 2"), "neither"),
    (
        measures_outside_the_subset,
        lambda p: _measure(p).update(expr="case when is_open then sum(amount) end"),
        "aggregates",
    ),
    (
        measures_outside_the_subset,
        lambda p: _measure(p)["non_additive_dimension"].update(window_choice="min"),
        "semi-additive",
    ),
    (
        columns_beyond_the_account,
        lambda p: p.semantic_models["credits_by_close"]["measures"][0].update(expr="team_share"),
        "credited_revenue: team_share",
    ),
]


@pytest.mark.parametrize(
    ("breaks", "change", "expected"), INJECTED, ids=lambda part: getattr(part, "__name__", None)
)
def test_a_break_is_found(
    breaks: Breaks, change: Callable[[Project], Any], expected: str, project: Project
) -> None:
    changed = Project(manifest=copy.deepcopy(project.manifest))
    change(changed)
    found = [*breaks(Project(manifest=changed.manifest))]
    assert any(expected in one for one in found), found


def test_every_convention_was_broken_once() -> None:
    assert {breaks for breaks, _, _ in INJECTED} == set(CONVENTIONS)
