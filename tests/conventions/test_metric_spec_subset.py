"""Semantic models and measures as MetricFlow and the roll-up read them alike: DESIGN's spec rules.

What a KPI says of itself, its scopes' answers and the kinds of metrics are in test_metric_spec.py.
"""

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from tests.dbt_project import Node, Project
from tests.metric_spec import GRAINS, kpi_metrics

SCOPES = {
    *("company", "region", "team", "manager", "rep", "role", "tenure_band"),
    *("segment", "industry", "country", "customer_kind", "source", "currency"),
    *("product", "product_family", "lead_source", "campaign", "deal_type", "size_band"),
    *("loss_reason", "pipeline", "stage"),
}
SPINE = "dim_dates"

Breaks = Callable[[Project], Iterator[str]]


def measures(project: Project) -> Iterator[tuple[str, Node, dict[str, Any]]]:
    """Every measure with where it stands and its semantic model."""
    for name, model in project.semantic_models.items():
        for measure in model["measures"]:
            yield f"{name}.{measure['name']}", model, measure


def time_dimensions(model: Node) -> list[dict[str, Any]]:
    """The dates of a semantic model."""
    return [one for one in model["dimensions"] if one["type"] == "time"]


def sums_of_nothing_that_are_null(project: Project) -> Iterator[str]:
    """A sum says `else 0`, so that nothing adds up to 0; what counts or ranks says no `else`."""
    for where, _, measure in measures(project):
        tree = sqlglot.parse_one(measure["expr"] or measure["name"], read="duckdb")
        default = tree.args.get("default") if isinstance(tree, exp.Case) else None
        is_zero = isinstance(default, exp.Literal) and default.name == "0"
        if measure["agg"] == "sum" and isinstance(tree, exp.Case) and not is_zero:
            yield f"{where}: a sum without `else 0`"
        if measure["agg"] != "sum" and default is not None:
            yield f"{where}: `else {default.sql()}` is counted by {measure['agg']}"


def approximations(project: Project) -> Iterator[str]:
    """Percentiles are exact, and a percentile says which."""
    for where, _, measure in measures(project):
        params = measure["agg_params"] or {}
        if params.get("use_approximate_percentile"):
            yield f"{where}: approximate"
        if measure["agg"] == "percentile" and not params.get("percentile"):
            yield f"{where}: which percentile?"


def metrics_made_by_themselves(project: Project) -> Iterator[str]:
    """A metric is written out; one that dbt makes of a measure has no description and no meta."""
    for where, _, measure in measures(project):
        if measure["create_metric"]:
            yield f"{where}: create_metric"


def metrics_that_fill_or_fix_time(project: Project) -> Iterator[str]:
    """Gaps are filled by the roll-up, and the grain is asked for: a metric settles neither."""
    for name, metric in project.metrics.items():
        if metric["time_granularity"]:
            yield f"{name}: time_granularity"
        for one in metric["type_params"]["input_measures"]:
            if one["join_to_timespine"]:
                yield f"{name}: join_to_timespine"


def scopes_by_other_names(project: Project) -> Iterator[str]:
    """Scopes are foreign entities, named as in the fixed list; the company is no column."""
    for name, model in project.semantic_models.items():
        for entity in model["entities"]:
            if entity["type"] != "foreign":
                yield f"{name}: entity {entity['name']} is {entity['type']}, not foreign"
            if entity["name"] not in SCOPES - {"company"}:
                yield f"{name}: {entity['name']!r} is no scope"
    for name, meta in kpi_metrics(project).items():
        for scope in sorted(set(meta["scopes"]) - SCOPES):
            yield f"{name}: {scope!r} is no scope"


def shared_primary_entities(project: Project) -> Iterator[str]:
    """The primary entity is the semantic model's own name; a shared one opens joins."""
    for name, model in project.semantic_models.items():
        if model["primary_entity"] != name:
            yield f"{name}: primary_entity is {model['primary_entity']!r}"


def dates_that_are_not_days(project: Project) -> Iterator[str]:
    """One date, a company-zone day by its name, by which all measures fall into periods."""
    for name, model in project.semantic_models.items():
        dates = time_dimensions(model)
        default = (model["defaults"] or {}).get("agg_time_dimension")
        if [one["name"] for one in dates] != [default]:
            yield f"{name}: dates {[one['name'] for one in dates]}, by default {default!r}"
        for one in dates:
            if not one["name"].endswith("_on") and one["name"] != "period_start":
                yield f"{name}: {one['name']} is not named as a day (…_on)"
            if one["type_params"]["time_granularity"] != "day":
                yield f"{name}: {one['name']} is no day"
    for where, model, measure in measures(project):
        if measure["agg_time_dimension"] not in {None, time_dimensions(model)[0]["name"]}:
            yield f"{where}: agg_time_dimension {measure['agg_time_dimension']!r}"


def a_basis_twice(project: Project) -> Iterator[str]:
    """One semantic model per fact and time basis."""
    bases = Counter(
        (model["node_relation"]["alias"], one["expr"] or one["name"])
        for model in project.semantic_models.values()
        for one in time_dimensions(model)
    )
    yield from (
        f"{fact} by {date}: {count} times" for (fact, date), count in bases.items() if count > 1
    )


def facts_that_are_not_published(project: Project) -> Iterator[str]:
    """MetricFlow is asked on the published file: a semantic model reads marts."""
    for name, model in project.semantic_models.items():
        if model["node_relation"]["schema_name"] != "marts":
            yield f"{name}: reads {model['node_relation']['relation_name']}"


def grains_that_are_no_columns(project: Project) -> Iterator[str]:
    """A grain is a column of the time spine, and its custom granularity; a KPI has no others."""
    spines = {name: node for name, node in project.models.items() if node["time_spine"]}
    if list(spines) != [SPINE]:
        yield f"time spines: {sorted(spines)}, not {SPINE} alone"
        return
    spine = spines[SPINE]["time_spine"]
    granularities = {one["name"]: one["column_name"] for one in spine["custom_granularities"]}
    wanted = {f"period_{grain}": f"{grain}_start_on" for grain in GRAINS}
    if granularities != wanted:
        yield f"granularities {granularities}, not {wanted}"
    for name, meta in kpi_metrics(project).items():
        for grain in meta.get("grains", GRAINS):
            if granularities.get(f"period_{grain}") not in spines[SPINE]["columns"]:
                yield f"{name}: grain {grain!r} is no column of {SPINE}"


def semi_additive_beside_additive(project: Project) -> Iterator[str]:
    """Semi-additive measures sum their date's last day, in a semantic model of their own."""
    for name, model in project.semantic_models.items():
        semi = [one for one in model["measures"] if one["non_additive_dimension"]]
        if semi and len(semi) != len(model["measures"]):
            yield f"{name}: additive measures beside semi-additive ones"
        for one in semi:
            if one["agg"] != "sum":
                yield f"{name}.{one['name']}: {one['agg']} of the last day"
            last = one["non_additive_dimension"]["name"]
            if last != model["defaults"]["agg_time_dimension"]:
                yield f"{name}.{one['name']}: last by {last}"


CONVENTIONS: list[Breaks] = [
    sums_of_nothing_that_are_null,
    approximations,
    metrics_made_by_themselves,
    metrics_that_fill_or_fix_time,
    scopes_by_other_names,
    shared_primary_entities,
    dates_that_are_not_days,
    a_basis_twice,
    facts_that_are_not_published,
    grains_that_are_no_columns,
    semi_additive_beside_additive,
]


@pytest.mark.parametrize("breaks", CONVENTIONS, ids=lambda breaks: breaks.__name__)
def test_no(breaks: Breaks, project: Project) -> None:
    found = list(breaks(project))
    assert not found, "\n".join([str(breaks.__doc__), *(f"  - {one}" for one in found)])
    assert len(list(measures(project))) > 20


def _measure(project: Project, name: str) -> dict[str, Any]:
    return next(one for where, _, one in measures(project) if where.endswith(f".{name}"))


def _model(project: Project, name: str = "quotas") -> Node:
    return project.semantic_models[name]


INJECTED: list[tuple[Breaks, Callable[[Project], Any], str]] = [
    (
        sums_of_nothing_that_are_null,
        lambda p: _measure(p, "revenue").update(expr="case when is_counted_win then amount end"),
        "revenue: a sum without",
    ),
    (
        sums_of_nothing_that_are_null,
        lambda p: _measure(p, "revenue").update(expr="case when is_open then amount else 1 end"),
        "revenue: a sum without",
    ),
    (
        sums_of_nothing_that_are_null,
        lambda p: _measure(p, "line_deals_won").update(
            expr="case when is_counted_win then opportunity_key else 0 end"
        ),
        "`else 0` is counted by count_distinct",
    ),
    (
        approximations,
        lambda p: _measure(p, "sales_cycle_days_p90")["agg_params"].update(
            use_approximate_percentile=True
        ),
        "sales_cycle_days_p90: approximate",
    ),
    (
        approximations,
        lambda p: _measure(p, "sales_cycle_days_p90").update(agg_params=None),
        "which percentile",
    ),
    (
        metrics_made_by_themselves,
        lambda p: _measure(p, "revenue").update(create_metric=True),
        "revenue: create_metric",
    ),
    (
        metrics_that_fill_or_fix_time,
        lambda p: p.metrics["win_rate"].update(time_granularity="month"),
        "win_rate: time_granularity",
    ),
    (
        metrics_that_fill_or_fix_time,
        lambda p: p.metrics["revenue"]["type_params"]["input_measures"][0].update(
            join_to_timespine=True
        ),
        "revenue: join_to_timespine",
    ),
    (
        scopes_by_other_names,
        lambda p: _model(p)["entities"][0].update(type="primary"),
        "rep is primary",
    ),
    (
        scopes_by_other_names,
        lambda p: _model(p)["entities"][0].update(name="owner"),
        "quotas: 'owner' is no scope",
    ),
    (
        scopes_by_other_names,
        lambda p: _model(p)["entities"][0].update(name="company"),
        "quotas: 'company' is no scope",
    ),
    (
        scopes_by_other_names,
        lambda p: kpi_metrics(p)["revenue"]["scopes"].append("planet"),
        "revenue: 'planet' is no scope",
    ),
    (
        shared_primary_entities,
        lambda p: _model(p).update(primary_entity="opportunity"),
        "'opportunity'",
    ),
    (
        dates_that_are_not_days,
        lambda p: _model(p)["dimensions"].append(copy.deepcopy(_model(p)["dimensions"][0])),
        "quotas: dates",
    ),
    (
        dates_that_are_not_days,
        lambda p: _model(p)["dimensions"][0].update(name="closed_at"),
        "closed_at is not named as a day",
    ),
    (
        dates_that_are_not_days,
        lambda p: _model(p)["dimensions"][0]["type_params"].update(time_granularity="month"),
        "period_start is no day",
    ),
    (
        dates_that_are_not_days,
        lambda p: _measure(p, "revenue").update(agg_time_dimension="created_on"),
        "agg_time_dimension 'created_on'",
    ),
    (
        a_basis_twice,
        lambda p: _model(p, "opportunities_by_creation")["dimensions"][0].update(expr="closed_on"),
        "fct_opportunities by closed_on: 2 times",
    ),
    (
        facts_that_are_not_published,
        lambda p: _model(p)["node_relation"].update(schema_name="intermediate"),
        "quotas: reads",
    ),
    (
        grains_that_are_no_columns,
        lambda p: p.models[SPINE]["time_spine"]["custom_granularities"].pop(),
        "granularities",
    ),
    (
        grains_that_are_no_columns,
        lambda p: p.models[SPINE]["columns"].pop("quarter_start_on"),
        "grain 'quarter' is no column",
    ),
    (
        grains_that_are_no_columns,
        lambda p: p.models["dim_reps"].update(time_spine=p.models[SPINE]["time_spine"]),
        "time spines",
    ),
    (
        semi_additive_beside_additive,
        lambda p: _measure(p, "open_deals").update(non_additive_dimension=None),
        "additive measures beside",
    ),
    (
        semi_additive_beside_additive,
        lambda p: _measure(p, "open_deals").update(agg="median"),
        "open_deals: median of the last day",
    ),
    (
        semi_additive_beside_additive,
        lambda p: _measure(p, "open_deals")["non_additive_dimension"].update(name="created_on"),
        "open_deals: last by created_on",
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
    found = list(breaks(Project(manifest=changed.manifest)))
    assert any(expected in one for one in found), found


def test_every_convention_was_broken_once() -> None:
    assert {breaks for breaks, _, _ in INJECTED} == set(CONVENTIONS)
