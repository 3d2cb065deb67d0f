"""A published mart with a few KPIs of 14 months, made by plain SQL: what the commands read.

Months: September 2025 to October 2026, the last one running. Revenue of the n-th is n times 1000.
"""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import yaml

from pipelines.publish.publish import publish
from pipelines.report import CheckResult
from pipelines.settings import DBT_PROJECT_DIR, Settings, load_settings
from tests.tiny_company import BASES

CONFIG = """
company: {name: Tiny, currency: EUR, timezone: Europe/Vienna}
sources:
  - name: crm
    system: mapped
    objects: {users: {columns: {user_id: id}}}
"""
AS_OF = datetime(2026, 10, 14, 22, tzinfo=UTC)  # the end of 14 October in Vienna

KPIS = {
    "revenue": ("Revenue", "money", "up", "company,team", True),
    "win_rate": ("Win rate", "fraction", "up", "company,team", True),
    "sales_cycle_days": ("Sales cycle", "days", "down", "company", True),
    "open_pipeline": ("Open pipeline", "money", "up", "company", True),
    "quota_attainment": ("Quota attainment", "fraction", "up", "company,team", False),
}

STATISTICS = """
with months as (
    select range + 1 as n,
        cast(date '2025-09-01' + to_months(cast(range as integer)) as date) as period_start
    from range(14)
),

members as (
    select * from (values ('company', '(all)', 1.0), ('team', 'East', 0.5), ('team', 'West', 0.2),
        ('team', '(none)', 0.3)) as t (scope, member, part)
),

measured as (
    select 'revenue' as kpi, 'value' as statistic, true as is_headline, n, period_start, scope,
        member, n * 1000.0 * part as value, null as numerator, null as denominator,
        null as low, null as high, if(n = 13 and scope = 'company', 20000.0, null) as target
    from months, members
    union all
    select 'win_rate', 'value', true, n, period_start, scope, member,
        if(n = 5, null, 0.5), if(n = 5, 0, 5), if(n = 5, 0, 10), 0.24, 0.76, null
    from months, members where member != '(none)'
    union all
    select 'sales_cycle_days', statistic, statistic = 'median', n, period_start, 'company', '(all)',
        days - n, null, null, null, null, null
    from months, (values ('median', 60.0), ('p90', 120.0)) as t (statistic, days)
    union all
    select 'open_pipeline', 'value', true, n, period_start, 'company', '(all)', 4966215.0,
        null, null, null, null, null
    from months where n = 14
)

select kpi, statistic, is_headline, 'month' as grain, period_start,
    cast(period_start + interval 1 month as date) as period_end, scope, member,
    value, numerator, denominator, denominator as sample_size, low, high, target,
    if(target is null, null, 'summed') as quota_source,
    lag(value) over by_member as prior_value, lag(value, 12) over by_member as year_ago_value,
    n < 14 as is_complete,
    if(n = 14, 'running', if(kpi = 'win_rate' and scope = 'team', 'small_sample', '')) as quality
from measured
window by_member as (partition by kpi, statistic, scope, member order by period_start)
"""

QUALITY = """
create table quality.value_notes (
    kpi varchar, grain varchar, period_start date, scope varchar, member varchar, code varchar,
    row_count bigint, amount decimal(38, 2)
);
insert into quality.value_notes values
    ('open_pipeline', 'month', '2026-10-01', 'company', '(all)', 'list_price', 2089, 4966215),
    ('revenue', 'month', '2026-08-01', 'company', '(all)', 'amount_missing', 7, null),
    ('revenue', 'month', null, 'company', '(all)', 'quarantined', 3, 1234.50);
"""

CHECKS = [
    CheckResult(
        check="wins_have_an_amount",
        table="marts.fct_opportunities",
        severity="warning",
        passed=False,
        rows=2,
        reason="Wins at or below 0 are left out of deal sizes.",
        kpis=("revenue", "average_deal_size"),
    ),
    CheckResult(
        check="row_count",
        table="marts.dim_reps",
        severity="critical",
        passed=True,
        rows=0,
        reason="A mart without reps was built from nothing.",
        kpis=("revenue",),
    ),
]


def _declared(model: str) -> dict[str, str]:
    """The columns and types of a published model."""
    path = DBT_PROJECT_DIR / "models" / "kpis" / "_values.yml"
    models = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    columns = next(entry["columns"] for entry in models if entry["name"] == model)
    return {column["name"]: column["data_type"] for column in columns}


def _create(model: str) -> str:
    listed = ", ".join(f"{name} {type_}" for name, type_ in _declared(model).items())
    return f"create table kpis.{model} ({listed});"


def _catalogue() -> str:
    rows = [
        f"('{kpi}', '{label}', '{unit}', '{direction}', '{scopes}', {is_available}, "
        f"{'null' if is_available else repr('no source delivers quotas')}, 'What {label} means.', "
        "'this ÷ that', 'close date', 'deals_won', 'Grow', 'Head of sales', 'month,quarter')"
        for kpi, (label, unit, direction, scopes, is_available) in KPIS.items()
    ]
    return (
        "insert into kpis.kpi_catalog (kpi, label, unit, direction, scopes, is_available, reason, "
        "definition, formula, time_basis, counter_metric, objective, owner, grains) values "
        + ", ".join(rows)
    )


def make_company(folder: Path) -> Settings:
    """A company's config, and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "kpimart.yml"
    config.write_text(CONFIG, encoding="utf-8")
    return load_settings(config)


def publish_mart(settings: Settings) -> None:
    """The mart is published."""
    build = settings.build_path
    build.parent.mkdir(parents=True, exist_ok=True)
    build.unlink(missing_ok=True)
    headlines = ", ".join(_declared("kpi_values"))
    with duckdb.connect(build) as connection:
        connection.execute("create schema marts; create schema kpis; create schema quality;")
        connection.execute("create schema intermediate;" + BASES)
        connection.execute(_create("kpi_catalog") + _create("kpi_statistics") + QUALITY)
        connection.execute(_catalogue())
        connection.execute(f"insert into kpis.kpi_statistics by name {STATISTICS}")
        connection.execute(
            f"create view kpis.kpi_values as select {headlines} from kpis.kpi_statistics "
            "where is_headline"
        )
    publish(
        settings,
        build=build,
        as_of=AS_OF,
        code_version="1",
        spec_version="1",
        inputs_digest="1",
        check_results=CHECKS,
    )
