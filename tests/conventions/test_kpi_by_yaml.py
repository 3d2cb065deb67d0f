"""A KPI is added by YAML alone: catalogue, values, the wide cells and MetricFlow have it at once.

The metric spec of a copied project gets a metric over a measure that is there, a ratio of metrics
that are there, and a measure with its metric; no SQL is touched.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from pipelines import transform
from pipelines.extract.relations import register
from pipelines.metricflow_engine import open_metrics
from pipelines.settings import DBT_PROJECT_DIR, Settings, load_settings

MEASURE = {
    "name": "large_deals_won",
    "agg": "sum",
    "expr": "case when is_counted_win and amount >= 10000 then 1 else 0 end",
}
MEANING = {
    "direction": "up",
    "kind": "metric",
    "cadence": "monthly",
    "objective": "Sell larger deals",
    "owner": "Head of sales",
    "counter_metric": "deals_won",
    "time_basis": "close date",
    "formula": "as described",
    "scopes": ["company", "team"],
}
METRICS = {
    "sales_cycles": {"type": "simple", "type_params": {"measure": "sales_cycles"}},
    "loss_rate": {
        "type": "ratio",
        "type_params": {"numerator": "eligible_losses", "denominator": "eligible_closed"},
    },
    "large_deals_won": {"type": "simple", "type_params": {"measure": "large_deals_won"}},
}
MEANINGS = {
    "sales_cycles": {"unit": "count"},
    "loss_rate": {"unit": "fraction", "direction": "down", "rate_kind": "proportion"},
    "large_deals_won": {"unit": "count"},
}
# What they are, from the fact itself.
EXPECTED = {
    "sales_cycles": "count(*) filter (is_counted_win and sales_cycle_days is not null)",
    "loss_rate": "count(*) filter (is_win_rate_eligible and is_counted_loss)"
    " / nullif(count(*) filter (is_win_rate_eligible), 0)",
    "large_deals_won": "count(*) filter (is_counted_win and amount >= 10000)",
}


@dataclass(frozen=True, kw_only=True)
class AddedTo:
    """The copied project, with the KPIs in it, and the company that was built with it."""

    folder: Path
    settings: Settings

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.build_path), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def with_added_kpis(folder: Path) -> Path:
    """A copy of the dbt project whose metric spec says more."""
    project = folder / "dbt_project"
    shutil.copytree(
        DBT_PROJECT_DIR, project, ignore=shutil.ignore_patterns("target", "logs", ".user.yml")
    )
    metrics = [
        {
            "name": name,
            "label": f"Added: {name}",
            "description": "Added by YAML.",
            **metric,
            "config": {"meta": {"kpimart": {"kpi": name, **MEANING, **MEANINGS[name]}}},
        }
        for name, metric in METRICS.items()
    ]
    added = project / "models" / "metrics" / "added.yml"
    added.write_text(yaml.safe_dump({"metrics": metrics}), encoding="utf-8")
    model = project / "models" / "metrics" / "opportunities_by_close.yml"
    spec = yaml.safe_load(model.read_text(encoding="utf-8"))
    spec["semantic_models"][0]["measures"].append(MEASURE)
    model.write_text(yaml.safe_dump(spec), encoding="utf-8")
    return project


@pytest.fixture(scope="module")
def added_to(tmp_path_factory: pytest.TempPathFactory, mapped_night: Settings) -> AddedTo:
    folder = tmp_path_factory.mktemp("added")
    project = with_added_kpis(folder)
    shutil.copy(mapped_night.config_path, folder)
    settings = load_settings(folder / mapped_night.config_path.name)
    shutil.copytree(mapped_night.lake_dir, settings.lake_dir)
    settings.build_path.parent.mkdir(parents=True)
    with duckdb.connect(str(settings.build_path)) as connection:
        register(settings, connection)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(transform, "PROJECT_DIR", folder)
        patched.setattr(transform, "DBT_PROJECT_DIR", project)
        transform.ensure_manifest(settings)
        nodes = transform.build(settings, on_node=lambda node: None)
    assert {node.status for node in nodes} <= {"success", "pass"}
    return AddedTo(folder=project, settings=settings)


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not {"target", "logs", ".user.yml"} & set(path.parts)
    }


def test_only_yaml_differs(added_to: AddedTo) -> None:
    before, after = files(DBT_PROJECT_DIR), files(added_to.folder)
    differing = {name for name in before.keys() | after if before.get(name) != after.get(name)}
    assert differing == {"models/metrics/added.yml", "models/metrics/opportunities_by_close.yml"}


def test_the_catalogue_has_them(added_to: AddedTo) -> None:
    rows = added_to.ask(
        "select kpi, label, unit, scopes, is_available from kpis.kpi_catalog "
        "where definition = 'Added by YAML.'"
    )
    assert sorted(rows) == sorted(
        (name, f"Added: {name}", meaning["unit"], "company,team", True)
        for name, meaning in MEANINGS.items()
    )


@pytest.mark.parametrize("kpi", METRICS)
@pytest.mark.parametrize(("scope", "member"), [("company", "'(all)'"), ("team", "team_at_close")])
def test_the_values_are_right(added_to: AddedTo, kpi: str, scope: str, member: str) -> None:
    cells = added_to.ask(
        f"""
        with facts as (
            select month_start_on as period_start, {member} as member, {EXPECTED[kpi]} as value
            from marts.fct_opportunities
            inner join marts.dim_dates on closed_on = date_on
            group by all
        ),
        shown as (
            select period_start, member, value
            from kpis.kpi_values
            where kpi = '{kpi}' and scope = '{scope}' and grain = 'month'
        )
        select coalesce(facts.value, 0), coalesce(shown.value, 0), shown.member
        from facts full join shown using (period_start, member)
        """
    )
    assert all(expected == pytest.approx(shown, rel=1e-12) for expected, shown, _ in cells)
    assert all(member is not None for _, _, member in cells)
    assert len({expected for expected, _, _ in cells}) > 2


def test_the_wide_cells_have_the_new_measure(added_to: AddedTo) -> None:
    ((wide, shown),) = added_to.ask(
        "select (select sum(large_deals_won) from intermediate.int_kpi_cells "
        "where grain = 'year' and scope = 'team' and not is_to_date), "
        "(select sum(value) from kpis.kpi_values "
        "where kpi = 'large_deals_won' and grain = 'year' and scope = 'team')"
    )
    assert wide == shown > 0


def test_metricflow_answers_them(added_to: AddedTo) -> None:
    period = "metric_time__period_year"
    manifest = transform.semantic_manifest_path(added_to.settings)
    with open_metrics(manifest=manifest, database=added_to.settings.build_path) as opened:
        answer = opened.ask(list(METRICS), group_by=[period]).filter(f"{period} is not null")
        said = {year: values for year, *values in answer.fetchall()}
    for place, kpi in enumerate(METRICS):
        shown = added_to.ask(
            "select period_start, value from kpis.kpi_values "
            f"where kpi = '{kpi}' and grain = 'year' and scope = 'company'"
        )
        assert dict(shown) == {
            year: pytest.approx(float(values[place])) for year, values in said.items()
        }
