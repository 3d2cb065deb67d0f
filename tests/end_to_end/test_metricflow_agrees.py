"""MetricFlow, asked for every KPI of the spec in every scope and grain, says what the mart says.

Two engines read one spec: MetricFlow, from the published file and the semantic manifest, and the
roll-up macros, whose numbers are in `kpis.kpi_statistics`. What only one of them can say is listed
here, each with its reason, and the lists are exact: a cell that is on none must agree.
"""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest

from pipelines.metricflow_engine import MetricAnswers, open_metrics
from pipelines.settings import Settings
from pipelines.transform import manifest_path, semantic_manifest_path
from tests.dbt_project import Project
from tests.metric_spec import COMPANY, Answer, answers, modelled_kpis
from tests.nights import ask

# Metrics that no column of a KPI shows.
NOT_SHOWN = {
    "eligible_losses": "its measure gates win_rate_by_value",
    "response_leads": "its measure is the sample size of lead_response_time",
}

# KPIs that MetricFlow does not know: models compute them from other KPIs, by period number.
NOT_IN_THE_SPEC = {
    "revenue_growth": "revenue over that of the period before",
    "revenue_growth_yoy": "revenue over that of the year before",
    "revenue_growth_constant_currency": "revenue at mean rates of the year before",
    **dict.fromkeys(
        (
            *("pipeline_velocity", "velocity_active_deals", "velocity_win_rate"),
            *("velocity_deal_size", "velocity_cycle_days", "aged_out_deals"),
            *("velocity_realised", "velocity_ratio"),
        ),
        "over a window whose length depends on the data",
    ),
}

# Columns of kpi_statistics that are neither keys nor metrics.
COMPARED = ["value", "numerator", "denominator"]
KEYS = ["kpi", "statistic", "grain", "period_start", "scope", "member"]
NOT_METRICS = {
    "is_headline": "says which statistic kpi_values shows",
    "period_end": "from dim_dates",
    "sample_size": "a measure, which MetricFlow only answers as a metric",
    "low": "interval, from numerator and denominator",
    "high": "interval, from numerator and denominator",
    "target": "the quota as given, with its source",
    "quota_source": "text",
    "prior_value": "another period's value; of a running one, to the same working day",
    "year_ago_value": "another period's value; of a running one, to the same working day",
    "is_complete": "from the sources' as-of",
    "quality": "codes",
}

# KPIs for which a company delivers no data, and how many values must at least be compared.
NOT_DELIVERED: dict[str, set[str]] = {
    "demo": set(),
    "real": {
        *("quota_attainment", "units_sold", "stage_conversion_rate", "stage_loss_rate"),
        *("leads_created", "qualified_leads", "lead_to_opportunity_rate", "lead_response_time"),
        *("lead_response_business_time", "lead_response_within_target", "unanswered_leads"),
        *("calls_made", "connect_rate", "emails_sent", "manual_emails_sent"),
        *("automated_emails_sent", "reply_rate", "meetings_booked", "meetings_held"),
    },
}
FLOOR = {"demo": 200_000, "real": 50_000}


@dataclass(frozen=True, kw_only=True)
class Exemption:
    """Cells in which the two may differ: where, and what then holds of them.

    In these `companies` they do differ; that is asserted, so that no entry outlives its reason.
    """

    reason: str
    where: str
    holds: str
    companies: frozenset[str]


BOTH = frozenset({"demo", "real"})
DEMO = frozenset({"demo"})
REAL = frozenset({"real"})
ATTAINMENT = "kpi = 'quota_attainment'"
EXEMPTIONS = {
    "week_by_rep": Exemption(
        reason="weekly cells of a single rep say nothing and are not published",
        where="grain = 'week' and scope = 'rep'",
        holds="not is_published",
        companies=BOTH,
    ),
    "unavailable": Exemption(
        reason="what no source delivers is in the catalogue with its reason, and has no values",
        where="not is_available and not (grain = 'week' and scope = 'rep')",
        holds="not is_published",
        companies=REAL,
    ),
    "not_begun": Exemption(
        reason="quotas and meetings of periods to come are in the facts; KPIs end with the as-of",
        where="not has_begun and is_available and not (grain = 'week' and scope = 'rep')",
        holds=f"not is_published and ({ATTAINMENT} or coalesce(expected, 0) = 0)",
        companies=DEMO,
    ),
    "before_quotas": Exemption(
        reason="quota attainment begins with the first quota; MetricFlow still says the revenue",
        where=f"{ATTAINMENT} and is_available and has_begun and not has_quotas_begun "
        "and expected_denominator is null",
        holds="not is_published",
        companies=DEMO,
    ),
    "quota_not_covering": Exemption(
        reason="MetricFlow counts a quota where it begins; the mart has none where a quota lies "
        "in the period only partly, or the quotas do not cover it",
        where=f"{ATTAINMENT} and part <> 'numerator' and has_begun and is_quota_partial",
        holds="published is null",
        companies=DEMO,
    ),
    "quota_without_revenue": Exemption(
        reason="no row to join is NULL to MetricFlow; a member with a quota and no win is at 0 %",
        where=f"{ATTAINMENT} and part = 'value' and has_begun and not is_quota_partial "
        "and expected_denominator > 0 and expected is null",
        holds="published = 0",
        companies=DEMO,
    ),
    "amounts_missing": Exemption(
        reason="the mart shows no share of value where too few deals have an amount",
        where="part = 'value' and quality like '%amounts_missing%'",
        holds="kpi = 'win_rate_by_value' and published is null",
        companies=DEMO,
    ),
    "not_reached": Exemption(
        reason="where fewer than half were answered, the median is infinite, which the mart shows "
        "as NULL",
        where="part = 'value' and quality like '%not_reached%'",
        holds="kpi in ('lead_response_time', 'lead_response_business_time') "
        "and expected = 'infinity' and published is null",
        companies=DEMO,
    ),
    "cohort_immature": Exemption(
        reason="MetricFlow counts wins so far; the mart estimates the share, deals being open",
        where="kpi = 'win_rate_cohort' and part = 'value' and quality like '%cohort_immature%'",
        holds="published between expected - 1e-9 and 1 or (published is null and expected is null)",
        companies=BOTH,
    ),
}

SPEC = """
create table spec (
    kpi varchar, statistic varchar, part varchar, scope varchar, grain varchar, metric varchar,
    is_exact boolean, is_filled boolean
)
"""
ASKED = """
create table asked (
    metric varchar, grain varchar, scope varchar, period_start date, member varchar, value double
)
"""
# Per period: whether a quota lies in it only partly, or those within do not cover it, day by day.
QUOTAS = """
create table quotas as
with periods as (
    select distinct 'month' as grain, month_start_on as period_start, month_end_on as period_end
    from {mart}.marts.dim_dates
    union all
    select distinct 'quarter', quarter_start_on, quarter_end_on from {mart}.marts.dim_dates
    union all
    select distinct 'year', year_start_on, year_end_on from {mart}.marts.dim_dates
),
given as (
    select period_start as given_start, period_end as given_end, unnest([
        {{scope: 'company', member: '(all)'}}, {{scope: 'region', member: region}},
        {{scope: 'team', member: team}}, {{scope: 'manager', member: manager}},
        {{scope: 'rep', member: rep}}
    ], recursive := true)
    from {mart}.marts.fct_quotas
),
placed as (
    select *, given_start >= period_start and given_end <= period_end as lies_within
    from periods inner join given on given_start < period_end and given_end > period_start
),
covered as (
    select grain, period_start, scope, member, count(distinct date_on) as covered_days
    from placed
    inner join {mart}.marts.dim_dates on date_on >= given_start and date_on < given_end
    where lies_within
    group by grain, period_start, scope, member
)
select grain, period_start, scope, member,
    not bool_and(lies_within) or coalesce(covered_days, 0) < period_end - period_start
        as is_quota_partial
from placed left join covered using (grain, period_start, scope, member)
group by grain, period_start, period_end, scope, member, covered_days
"""
CELLS = """
create table cells as
with expected as (
    select spec.*, asked.period_start, asked.member, asked.value
    from spec inner join asked using (metric, scope, grain)
),
published as (
    select spec.*, shown.period_start, shown.member, shown.quality,
        case part when 'value' then shown.value when 'numerator' then numerator else denominator end
            as value
    from {mart}.kpis.kpi_statistics as shown
    inner join spec using (kpi, statistic, scope, grain)
),
paired as (
    select kpi, statistic, part, scope, grain, metric, period_start, member, is_exact, quality,
        case when is_filled then coalesce(expected.value, 0) else expected.value end as expected,
        published.value as published,
        published.kpi is not null as is_published
    from expected
    full join published using (
        kpi, statistic, part, scope, grain, metric, is_exact, is_filled, period_start, member
    )
)
select
    paired.*,
    coalesce(quotas.is_quota_partial, false) as is_quota_partial,
    kpi in (select kpi from {mart}.kpis.kpi_catalog where is_available) as is_available,
    paired.period_start < timestamp '{as_of}' as has_begun,
    coalesce(
        paired.period_start >= (select min(period_start) from {mart}.marts.fct_quotas), false
    ) as has_quotas_begun,
    max(case when part = 'denominator' then expected end) over (
        partition by kpi, statistic, paired.scope, paired.grain, paired.period_start, paired.member
    ) as expected_denominator,
    is_published and case
        when expected is null or published is null then expected is null and published is null
        when is_exact then round(expected, 2) = round(published, 2)
        else abs(expected - published) <= 1e-9 * greatest(abs(expected), abs(published))
    end as agrees
from paired left join quotas using (grain, period_start, scope, member)
"""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One company's cells, as MetricFlow and as the mart have them, in the table `cells`."""

    company: str
    project: Project
    opened: MetricAnswers

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return self.opened.connection.execute(sql).fetchall()

    def cells(self, condition: str) -> list[tuple[object, ...]]:
        """Cells of which this is true: how they differ, some of them."""
        return self.rows(
            "select kpi, statistic, part, grain, scope, period_start, member, metric, quality, "
            f"expected, published from cells where {condition} order by all limit 20"
        )


@contextmanager
def compared(company: str, settings: Settings) -> Iterator[Comparison]:
    """The company's published mart, compared."""
    project = published_spec(settings)
    manifest = semantic_manifest_path(settings)
    with open_metrics(manifest=manifest, database=settings.mart_path) as opened:
        compare(opened, project, as_of=local_as_of(settings))
        yield Comparison(company=company, project=project, opened=opened)


def published_spec(settings: Settings) -> Project:
    """The metric spec from which the mart was built."""
    return Project(json.loads(manifest_path(settings).read_text(encoding="utf-8")))


def local_as_of(settings: Settings) -> datetime:
    """The moment up to which the published mart knows, by the company's clock."""
    ((as_of,),) = ask(settings, "select max(as_of) from quality.publishes")
    assert isinstance(as_of, datetime)
    zone = ZoneInfo(settings.company.timezone)
    return as_of.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def compare(opened: MetricAnswers, project: Project, *, as_of: datetime) -> None:
    """Makes the table `cells` beside the attached mart."""
    connection = opened.connection
    ((mart,),) = connection.execute(
        "select database_name from duckdb_databases() where readonly"
    ).fetchall()
    spec = list(answers(project))
    connection.execute(SPEC)
    marks = ", ".join("?" * len(astuple(spec[0])))
    connection.executemany(f"insert into spec values ({marks})", [astuple(one) for one in spec])
    connection.execute(ASKED)
    for metrics, grain, scope in questions(project, spec):
        keep_answer(opened, metrics, grain=grain, scope=scope)
    connection.execute(QUOTAS.format(mart=mart))
    connection.execute(CELLS.format(mart=mart, as_of=as_of))


def questions(project: Project, spec: list[Answer]) -> Iterator[tuple[list[str], str, str]]:
    """One per set of semantic models, grain and scope: its metrics, grain and scope."""

    def question(answer: Answer) -> tuple[list[str], str, str]:
        bases = [model["name"] for model in project.metric_bases(answer.metric)]
        return bases, answer.grain, answer.scope

    for (_, grain, scope), asked in groupby(sorted(spec, key=question), key=question):
        yield sorted({answer.metric for answer in asked}), grain, scope


def keep_answer(opened: MetricAnswers, metrics: list[str], *, grain: str, scope: str) -> None:
    """MetricFlow's answer, one row per metric, period and member; what has no date is dropped."""
    period = f"metric_time__period_{grain}"
    group_by = [period] if scope == COMPANY else [period, scope]
    member = "'(all)'" if scope == COMPANY else scope
    values = ", ".join(f"cast({metric} as double) as {metric}" for metric in metrics)
    opened.connection.execute(
        f"""
        insert into asked
        select metric, '{grain}', '{scope}', period_start, member, value
        from (
            select {period} as period_start, {member} as member, {values}
            from ({opened.explain(metrics, group_by=group_by)})
            where {period} is not null
        ) unpivot include nulls (value for metric in ({", ".join(metrics)}))
        """
    )


@pytest.mark.parametrize("company", sorted(BOTH))
def test_every_value_agrees(
    company: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    settings: Settings = request.getfixturevalue(f"{company}_night")
    began = time.monotonic()
    with compared(company, settings) as comparison:
        assert_all_agree(comparison)
        for name in EXEMPTIONS:
            assert_exempt_as_said(comparison, name)
        assert_each_column_is_seen(comparison)
        ((values, known, kpis),) = comparison.rows(
            "select count(*), count(published), count(distinct kpi) from cells "
            f"where not {exempt(EXEMPTIONS)}"
        )
    with capsys.disabled():
        print(
            f"\n{company}: {values} values of {kpis} KPIs agree, {known} of them not NULL; "
            f"{time.monotonic() - began:.0f} s"
        )
    assert int(str(known)) > FLOOR[company]


def exempt(names: Iterable[str]) -> str:
    """True of the cells of these exemptions."""
    return f"coalesce({' or '.join(f'({EXEMPTIONS[name].where})' for name in names)}, false)"


def assert_all_agree(comparison: Comparison) -> None:
    differing = comparison.cells(f"not {exempt(EXEMPTIONS)} and not agrees")
    assert not differing, differing


def assert_exempt_as_said(comparison: Comparison, name: str) -> None:
    """An exempt cell is as its exemption says, by one reason only, and there are such cells."""
    exemption = EXEMPTIONS[name]
    broken = comparison.cells(f"{exempt([name])} and not coalesce({exemption.holds}, false)")
    assert not broken, (exemption.reason, broken)
    others = set(EXEMPTIONS) - {name}
    twice = comparison.cells(f"{exempt([name])} and {exempt(others)}")
    assert not twice, (exemption.reason, twice)
    differing = comparison.cells(f"{exempt([name])} and not agrees")
    assert bool(differing) == (comparison.company in exemption.companies), exemption.reason


def assert_each_column_is_seen(comparison: Comparison) -> None:
    """Every column that the spec gives a KPI agrees somewhere, with a number in it."""
    seen = comparison.rows(
        "select distinct kpi, statistic, part from cells where agrees and published is not null"
    )
    wanted = {
        (one.kpi, one.statistic, one.part)
        for one in answers(comparison.project)
        if one.kpi not in NOT_DELIVERED[comparison.company]
    }
    assert set(seen) == wanted


def test_every_kpi_is_compared_or_listed(demo_night: Settings) -> None:
    project = published_spec(demo_night)
    catalogue = {kpi for (kpi,) in ask(demo_night, "select kpi from kpis.kpi_catalog")}
    in_the_spec = {answer.kpi for answer in answers(project)}
    assert set(NOT_IN_THE_SPEC) == catalogue - in_the_spec
    assert set(NOT_IN_THE_SPEC) == modelled_kpis(project)


def test_every_metric_is_compared_or_listed(demo_night: Settings) -> None:
    project = published_spec(demo_night)
    asked = {answer.metric for answer in answers(project)}
    assert set(project.metrics) - asked == set(NOT_SHOWN)


def test_every_column_is_compared_or_listed(demo_night: Settings) -> None:
    columns = ask(
        demo_night,
        "select column_name from information_schema.columns "
        "where table_schema = 'kpis' and table_name = 'kpi_statistics'",
    )
    assert sorted(name for (name,) in columns) == sorted([*KEYS, *COMPARED, *NOT_METRICS])
