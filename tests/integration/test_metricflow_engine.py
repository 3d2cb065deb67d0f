"""MetricFlow on a published mart file: names, numbers, periods, files and readable errors."""

import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from dbt.cli.main import dbtRunner

from pipelines.errors import ConfigError
from pipelines.metricflow_engine import MetricAnswers, open_metrics

PROJECT = """
name: metrics
profile: metrics
flags: {send_anonymous_usage_stats: false, version_check: false}
models: {metrics: {+schema: marts}}
"""
PROFILE = "metrics: {target: dev, outputs: {dev: {type: duckdb, path: build.duckdb}}}"
SCHEMA_MACRO = "{% macro generate_schema_name(name, node) %}{{ name }}{% endmacro %}"
SPEC = """
models:
  - name: dim_dates
    time_spine:
      standard_granularity_column: date_on
      custom_granularities: [{name: period_quarter, column_name: quarter_start_on}]
    columns: [{name: date_on, granularity: day}, {name: quarter_start_on}]
semantic_models:
  - name: opportunities_by_close
    model: ref('fct_opportunities')
    primary_entity: opportunities_by_close
    defaults: {agg_time_dimension: closed_on}
    entities:
      - {name: region, type: foreign, expr: region_name}
      - {name: rep, type: foreign, expr: rep_name}
    dimensions: [{name: closed_on, type: time, type_params: {time_granularity: day}}]
    measures:
      - {name: won_amount, agg: sum, expr: case when is_won then amount else 0 end}
      - {name: won_deals, agg: sum, expr: case when is_won then 1 else 0 end}
      - {name: closed_deals, agg: sum, expr: "1"}
      - {name: cycle_median, agg: median, expr: case when is_won then cycle_days end}
  - name: quotas
    model: ref('fct_quotas')
    primary_entity: quotas
    defaults: {agg_time_dimension: starts_on}
    entities: [{name: region, type: foreign, expr: region_name}]
    dimensions: [{name: starts_on, type: time, type_params: {time_granularity: day}}]
    measures: [{name: quota_amount, agg: sum, expr: amount}]
metrics:
  - {name: revenue, label: Revenue, type: simple, type_params: {measure: won_amount}}
  - {name: won_deals, label: Won, type: simple, type_params: {measure: won_deals}}
  - {name: closed_deals, label: Closed, type: simple, type_params: {measure: closed_deals}}
  - {name: cycle_median, label: Cycle, type: simple, type_params: {measure: cycle_median}}
  - {name: quota, label: Quota, type: simple, type_params: {measure: quota_amount}}
  - name: win_rate
    label: Win rate
    type: ratio
    type_params: {numerator: won_deals, denominator: closed_deals}
  - name: quota_attainment
    label: Attainment
    type: ratio
    type_params: {numerator: revenue, denominator: quota}
"""
DATA = """
create schema mart.marts;
create table mart.marts.dim_dates as
    select
        cast(day as date) as date_on,
        cast(case when day < timestamp '2026-05-04' then '2026-02-02' else '2026-05-04' end as date)
            as quarter_start_on
    from generate_series(timestamp '2026-02-02', timestamp '2026-08-02', interval 1 day) as d(day);
create table mart.marts.fct_opportunities (
    closed_on date, region_name text, rep_name text, is_won boolean, amount decimal(18, 2),
    cycle_days integer
);
insert into mart.marts.fct_opportunities values
    ('2026-02-02', 'East', 'Ann', true, 100.10, 10),
    ('2026-04-30', 'East', 'Bob', true, 200.20, 21),
    ('2026-05-03', 'East', 'Bob', false, 900.00, 30),
    ('2026-05-04', 'East', 'Ann', false, 50.00, 5),
    ('2026-03-01', 'West', 'Cid', true, 1000.00, 40);
create table mart.marts.fct_quotas as
    select date '2026-02-02' as starts_on, 'East' as region_name, cast(150.15 as decimal(18, 2))
        as amount
    union all select date '2026-05-04', 'North', cast(75 as decimal(18, 2));
"""
FIRST_QUARTER, SECOND_QUARTER = duckdb.sql(
    "select date '2026-02-02', date '2026-05-04'"
).fetchall()[0]


def _published(file: Path) -> Path:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{file}' as mart (storage_version 'v1.2.0')")
        connection.execute(DATA)
    return file


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("dbt")
    for name, text in {
        "dbt_project.yml": PROJECT,
        "profiles.yml": PROFILE,
        "macros/schema.sql": SCHEMA_MACRO,
        "models/spec.yml": SPEC,
        "models/dim_dates.sql": "select 1",
        "models/fct_opportunities.sql": "select 1",
        "models/fct_quotas.sql": "select 1",
    }.items():
        file = project / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    quiet = ["--quiet", "--log-level-file", "none"]
    paths = ["--project-dir", f"{project}", "--profiles-dir", f"{project}"]
    target = ["--target-path", f"{project / 'target'}"]
    parsed = dbtRunner().invoke([*quiet, "parse", *paths, *target])
    assert parsed.success, parsed.exception
    return project / "target" / "semantic_manifest.json"


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mart")
    (folder / "versions").mkdir()
    _published(folder / "versions" / "v000001.duckdb")
    link = folder / "kpi_mart.duckdb"
    link.symlink_to("versions/v000001.duckdb")
    return link


@pytest.fixture(scope="module")
def metrics(manifest: Path, mart: Path) -> Iterator[MetricAnswers]:
    with open_metrics(manifest=manifest, database=mart) as answers:
        yield answers


def _reason(metrics: MetricAnswers, *names: str, by: str, where: tuple[str, ...] = ()) -> str:
    with pytest.raises(ConfigError) as caught:
        metrics.ask(names, group_by=[by], where=where)
    return str(caught.value)


def test_one_question_answers_several_metrics_by_custom_period_and_entity(
    metrics: MetricAnswers,
) -> None:
    answer = metrics.ask(
        ["revenue", "won_deals", "win_rate", "cycle_median"],
        group_by=["metric_time__period_quarter", "region"],
    )
    assert answer.columns == [
        "metric_time__period_quarter",
        "region",
        "revenue",
        "won_deals",
        "win_rate",
        "cycle_median",
    ]
    assert [tuple(map(str, row)) for row in answer.fetchall()] == [
        ("2026-02-02", "East", "300.30", "2", "0.6666666666666666", "15.5"),
        ("2026-02-02", "West", "1000.00", "1", "1.0", "40.0"),
        ("2026-05-04", "East", "0.00", "0", "0.0", "None"),
    ]


def test_rows_are_ordered_by_the_groups(metrics: MetricAnswers) -> None:
    answer = metrics.ask(["closed_deals"], group_by=["rep", "metric_time__period_quarter"])
    assert [row[:2] for row in answer.fetchall()] == [
        ("Ann", FIRST_QUARTER),
        ("Ann", SECOND_QUARTER),
        ("Bob", FIRST_QUARTER),
        ("Cid", FIRST_QUARTER),
    ]


def test_ratio_over_two_facts_keeps_groups_of_either(metrics: MetricAnswers) -> None:
    answer = metrics.ask(["quota_attainment", "quota"], group_by=["region"])
    assert [(row[0], row[1], row[2] and str(row[2])) for row in answer.fetchall()] == [
        ("East", 2.0, "150.15"),
        ("North", None, "75.00"),
        ("West", None, None),
    ]


def test_without_groups_the_answer_is_one_row(metrics: MetricAnswers) -> None:
    assert metrics.ask(["closed_deals"], group_by=[]).fetchall() == [(5,)]


def test_without_metrics_the_answer_is_the_members(metrics: MetricAnswers) -> None:
    assert metrics.ask([], group_by=["rep"]).fetchall() == [("Ann",), ("Bob",), ("Cid",)]


def test_all_conditions_hold(metrics: MetricAnswers) -> None:
    answer = metrics.ask(
        ["closed_deals"],
        group_by=["rep"],
        where=[
            "{{ Entity('region') }} = 'East'",
            "{{ TimeDimension('metric_time', 'period_quarter') }} = date '2026-02-02'",
        ],
    )
    assert answer.fetchall() == [("Ann", 1), ("Bob", 2)]


def test_unknown_metric_is_refused_with_a_suggestion(metrics: MetricAnswers) -> None:
    reason = _reason(metrics, "revenu", by="region")
    assert "revenu\n" in reason
    assert "'revenue'" in reason


def test_unknown_entity_is_refused_with_a_suggestion(metrics: MetricAnswers) -> None:
    reason = _reason(metrics, "revenue", by="regio")
    assert "regio\n" in reason
    assert "'region'" in reason


def test_unknown_period_is_refused_with_the_periods(metrics: MetricAnswers) -> None:
    reason = _reason(metrics, "revenue", by="metric_time__period_quarte")
    assert "metric_time__period_quarter" in reason


def test_entity_that_a_fact_lacks_is_refused(metrics: MetricAnswers) -> None:
    assert "SimpleMetric('quota')" in _reason(metrics, "revenue", "quota", by="rep")


def test_broken_template_of_a_condition_is_refused_without_a_traceback(
    metrics: MetricAnswers,
) -> None:
    reason = _reason(metrics, "revenue", by="region", where=("{{ Entity('region') ",))
    assert "unexpected end of template" in reason
    assert "Traceback" not in reason
    assert "site-packages" not in reason


def test_condition_that_is_no_sql_is_refused_and_named(metrics: MetricAnswers) -> None:
    condition = "{{ Entity('region') }} is is 'East'"
    reason = _reason(metrics, "revenue", by="region", where=(condition,))
    assert "syntax error" in reason
    assert condition in reason


def test_the_mart_cannot_be_written(metrics: MetricAnswers) -> None:
    with pytest.raises(duckdb.Error, match="read-only"):
        metrics.connection.execute("delete from build.marts.fct_quotas")


def test_answers_stay_with_the_version_that_was_opened(
    manifest: Path, mart: Path, tmp_path: Path
) -> None:
    first = tmp_path / "v000001.duckdb"
    shutil.copy(mart.resolve(), first)
    link = tmp_path / "kpi_mart.duckdb"
    link.symlink_to(first.name)
    with open_metrics(manifest=manifest, database=link) as before:
        second = _published(tmp_path / "v000002.duckdb")
        with duckdb.connect(second) as writer:
            writer.execute("delete from marts.fct_opportunities where region_name = 'West'")
        link.unlink()
        link.symlink_to(second.name)
        with open_metrics(manifest=manifest, database=link) as after:
            assert before.ask(["closed_deals"], group_by=[]).fetchall() == [(5,)]
            assert after.ask(["closed_deals"], group_by=[]).fetchall() == [(4,)]


def test_a_path_with_a_quote_opens(manifest: Path, tmp_path: Path) -> None:
    folder = tmp_path / "O'Neil's mart"
    folder.mkdir()
    plain = _published(tmp_path / "v000001.duckdb")
    plain.rename(folder / plain.name)
    with open_metrics(manifest=manifest, database=folder / plain.name) as answers:
        assert answers.ask(["won_deals"], group_by=[]).fetchall() == [(3,)]


def test_missing_files_are_named(manifest: Path, mart: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none"
    with pytest.raises(ConfigError, match=str(missing)):
        open_metrics(manifest=manifest, database=missing)
    with pytest.raises(ConfigError, match=str(missing)):
        open_metrics(manifest=missing, database=mart)


def test_a_file_that_is_no_mart_is_named(manifest: Path, tmp_path: Path) -> None:
    text = tmp_path / "mart.duckdb"
    text.write_text("not a database, " * 1000)
    with pytest.raises(ConfigError, match=f"{text} cannot be read"):
        open_metrics(manifest=manifest, database=text)


def test_a_manifest_without_metrics_is_refused(mart: Path, tmp_path: Path) -> None:
    empty = tmp_path / "semantic_manifest.json"
    empty.write_text(
        '{"semantic_models": [], "metrics": [], "saved_queries": [],'
        ' "project_configuration": {"time_spine_table_configurations": [], "time_spines": []}}'
    )
    with pytest.raises(ConfigError, match="found: none"):
        open_metrics(manifest=empty, database=mart)


def test_a_mart_without_the_manifests_tables_says_which(manifest: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.duckdb"
    duckdb.connect(bare).close()
    with open_metrics(manifest=manifest, database=bare) as answers:
        assert "fct_opportunities" in _reason(answers, "revenue", by="region")


def test_metricflow_is_quiet(metrics: MetricAnswers, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        metrics.ask(["revenue"], group_by=["region"]).fetchall()
    assert caplog.records == []


def test_importing_the_module_does_not_import_metricflow() -> None:
    code = "import sys, pipelines.metricflow_engine; sys.exit('metricflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
