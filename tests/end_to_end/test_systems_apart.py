"""One tool alone is enough for the KPIs that it knows about, and says what it cannot answer.

The simulated company once more, of which only Salesforce, or only Outreach, delivers. Both at once
are the demo company, `mapped` alone is the mapped one.
"""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import yaml

from pipelines.sample.files import make_sample
from pipelines.settings import PROJECT_DIR, Settings, load_settings
from tests.end_to_end.test_sample_truth import Cells, mart_numbers, same, truth_of
from tests.nights import build_night

OF_SALESFORCE = {
    *("revenue", "new_revenue", "renewal_revenue", "deals_won", "deals_lost", "win_rate"),
    *("median_deal_size", "units_sold", "sales_cycle_days", "pipeline_created", "open_pipeline"),
    *("leads_created", "qualified_leads", "lead_to_opportunity_rate", "stage_conversion_rate"),
    *("meetings_booked", "meetings_held"),
}
# without its calls and mails by hand: the CRM knows of more, and the truth is that of both
OF_OUTREACH = {"automated_emails_sent", "reply_rate"}
Built = tuple[Settings, Cells]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Built]:
    """Builds the company of which only one source delivers; gives it with the truth."""

    def build(tool: str) -> Built:
        folder: Path = tmp_path_factory.mktemp(tool)
        config = yaml.safe_load((PROJECT_DIR / "kpimart.yml").read_text(encoding="utf-8"))
        config["sources"] = [one for one in config["sources"] if one["name"] == tool]
        del config["paths"]
        path = folder / "kpimart.yml"
        path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
        make_sample(folder / "landing", scale=0.005)
        settings = load_settings(path)
        blocking = [result for result in build_night(settings) if result.blocks]
        assert not blocking, blocking
        return settings, truth_of(folder / "landing" / "truth.json")

    return build


def assert_answers(settings: Settings, truth: Cells, kpis: set[str]) -> None:
    """At company level these KPIs are what they are with all tools together."""
    with duckdb.connect(str(settings.build_path), read_only=True) as connection:
        found = mart_numbers(connection)
    expected = {c: n for c, n in truth.items() if c.kpi in kpis and c.scope == "company"}
    assert {cell.kpi for cell in expected} == kpis
    wrong = [
        (cell, numbers.value, found.get(cell))
        for cell, numbers in expected.items()
        if cell not in found or not same(numbers.value, found[cell].value, is_ratio=True)
    ]
    assert not wrong, wrong[:5]


def calls_in_the_files(settings: Settings) -> dict[str, tuple[int, int, int]]:
    """By month: outbound dials, those that say how they ended, and those that reached somebody.

    Of people who are no test and not the company's own.
    """
    files = ("calls", "callDispositions", "prospects")
    with duckdb.connect() as connection:
        connection.execute(f"set timezone = '{settings.company.timezone}'")
        for name in files:
            path = settings.landing_dir / "outreach" / f"{name}_2026-10-14.csv"
            connection.read_csv(str(path), all_varchar=True).create(name)
        rows = connection.execute("""
            select
                strftime(cast(calls.dialedAt as timestamptz), '%Y-%m'),
                count(*),
                count(callDispositions.name),
                count(*) filter (where callDispositions.name like 'Answered%')
            from calls
            inner join prospects on calls.prospectId = prospects.id
            left join callDispositions on calls.callDispositionId = callDispositions.id
            where calls.direction = 'outbound'
                and not regexp_matches(prospects.emails, '@(test|halden)[.]example')
            group by all
        """).fetchall()
    return {month: (made, ended, reached) for month, made, ended, reached in rows}


def calls_in_the_mart(settings: Settings) -> dict[str, tuple[int, int, int]]:
    with duckdb.connect(str(settings.build_path), read_only=True) as connection:
        rows = connection.execute("""
            select
                strftime(period_start, '%Y-%m'),
                cast(sum(value) filter (where kpi = 'calls_made') as integer),
                cast(sum(denominator) filter (where kpi = 'connect_rate') as integer),
                cast(sum(numerator) filter (where kpi = 'connect_rate') as integer)
            from kpis.kpi_values
            where kpi in ('calls_made', 'connect_rate')
                and grain = 'month' and scope = 'company'
            group by all
        """).fetchall()
    return {month: (made, ended, reached) for month, made, ended, reached in rows}


def unavailable(settings: Settings) -> dict[str, str]:
    with duckdb.connect(str(settings.build_path), read_only=True) as connection:
        return dict(
            connection.execute(
                "select kpi, reason from kpis.kpi_catalog where not is_available"
            ).fetchall()
        )


def test_salesforce_alone(built: Callable[[str], Built]) -> None:
    settings, truth = built("salesforce")
    assert settings.systems == ("mapped", "salesforce")
    assert_answers(settings, truth, OF_SALESFORCE)
    assert set(unavailable(settings)) == {"quota_attainment", "reply_rate"}


def test_outreach_alone(built: Callable[[str], Built]) -> None:
    settings, truth = built("outreach")
    assert settings.systems == ("mapped", "outreach")
    assert_answers(settings, truth, OF_OUTREACH)
    assert calls_in_the_mart(settings) == calls_in_the_files(settings)
    missing = unavailable(settings)
    assert missing["revenue"] == "it needs opportunities, which no source delivers"
    assert (
        missing["lead_response_time"] == "it needs leads and activities, which no source delivers"
    )
    assert not {*OF_OUTREACH, "calls_made", "connect_rate", "emails_sent"} & set(missing)
