"""A company in a temporary folder, with builds made by hand: small, but of every kind."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.publish.publish import Publication, publish
from pipelines.report import CheckResult
from pipelines.settings import Settings, load_settings

CONFIG = """
company: {name: Tiny, currency: EUR, timezone: Europe/Vienna}
retention: {versions: %d}
sources:
  - name: crm
    system: mapped
    objects: {users: {columns: {user_id: id}}}
"""

# What publishing reads of the metric spec, of a build whose KPIs rest on nothing that is kept.
BASES = """
create table intermediate.int_kpi_bases (
    kpi varchar, statistic varchar, scopes varchar, semantic_model varchar, measure varchar,
    aggregate varchar, expression varchar, fact varchar, dated_on varchar, region varchar,
    team varchar, reads varchar, base_period varchar, adds_up boolean,
    is_semi_additive boolean
);
create table intermediate.int_periods (
    grain varchar, period_start date, period_end date, period_number integer,
    periods_in_a_year integer
);
"""

BUILD = """
create schema lake; create schema run;
create schema marts; create schema kpis; create schema quality;
create table lake.secrets as select 'ada@example.org' as email;
create table run.context as select timestamp '2026-11-01' as as_of;
create table intermediate.int_deals as select range as n from range(10);
create table marts.dim_reps as
    select 'crm:' || range as rep_key, 'Rep ' || range as rep_name from range(7);
create table marts.fct_opportunities as
    select range as "the id", 'crm:' || range % 7 as rep_key, {n} as stamp,
        cast({n} * 0.01 as decimal(18, 2)) as amount, ['a', 'b'] as tags
    from range({rows});
create view kpis.z_joined as
    select dim_reps.rep_name, fct_opportunities.amount, fct_opportunities.stamp
    from "build"."marts"."fct_opportunities"
    inner join "build"."marts"."dim_reps" on dim_reps.rep_key = fct_opportunities.rep_key;
create view kpis.a_report as select rep_name, amount, stamp from kpis.z_joined;
create table quality.row_accounting as select {n} as stamp, cast(1.10 as decimal(9, 3)) as share;
create table kpis.kpi_statistics (
    kpi varchar, statistic varchar, grain varchar, period_start date, scope varchar,
    member varchar, value double, period_end date, is_complete boolean,
    quality varchar
);
insert into kpis.kpi_statistics values {values};
insert into intermediate.int_kpi_bases values ('revenue', 'value', 'company,region,team', null,
    null, null, null, null, null, null, null, 'opportunities', 'own', true, false);
comment on table marts.fct_opportunities is 'One row per opportunity; it''s a fact';
comment on column marts.fct_opportunities.amount is 'Amount in EUR';
comment on view kpis.a_report is 'One row per deal';
comment on column kpis.a_report.amount is 'Amount in EUR, of the view';
"""

Value = tuple[str, str, float | None]  # scope, member, value


@dataclass(frozen=True)
class Company:
    """A company's settings, and builds and publishes numbered by what is in them."""

    settings: Settings

    def build(self, n: int = 1, *, rows: int = 100, values: list[Value] | None = None) -> Path:
        """A build whose every table carries the stamp n; each amount is n cents."""
        path = self.settings.build_path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        given = values or [("company", "(all)", float(n))]
        rendered = ", ".join(
            "('revenue', 'value', 'month', '2026-10-01', "
            f"'{scope}', '{member}', {'null' if value is None else value}, '2026-11-01', true, '')"
            for scope, member, value in given
        )
        with duckdb.connect(path) as connection:
            connection.execute("create schema intermediate;" + BASES)
            connection.execute(BUILD.format(n=n, rows=rows, values=rendered))
        return path

    def publish(
        self,
        n: int = 1,
        *,
        build: Path | None = None,
        rows: int = 100,
        values: list[Value] | None = None,
        check_results: list[CheckResult] | None = None,
    ) -> Publication:
        """Publishes a build of this number."""
        return publish(
            self.settings,
            build=build or self.build(n, rows=rows, values=values),
            as_of=datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=n),
            code_version="0.1.0",
            spec_version="spec-1",
            inputs_digest=f"digest-{n}",
            check_results=check_results or [],
        )

    def ask(self, sql: str, *, path: Path | None = None) -> list[tuple[object, ...]]:
        """What a reader of the mart gets."""
        with duckdb.connect(path or self.settings.mart_path, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def stamp(self) -> object:
        """The number of the build that readers get now."""
        return self.ask("select stamp from quality.row_accounting")[0][0]


@pytest.fixture
def company_at() -> Callable[..., Company]:
    """Makes a company in a folder."""

    def make(folder: Path, *, versions: int = 3) -> Company:
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "kpimart.yml"
        config.write_text(CONFIG % versions, encoding="utf-8")
        return Company(load_settings(config))

    return make


@pytest.fixture
def company(tmp_path: Path, company_at: Callable[..., Company]) -> Company:
    """A company that keeps three versions."""
    return company_at(tmp_path / "tiny")
