"""Restated numbers, small enough to check by eye: one deal per reason, and what each moved.

The company sells in UTC. Its first night knows the data to the end of March 2026, the second to the
end of April; January to March had ended and were published as complete. The third night has another
config and nothing new, and begins without mart and build.
"""

import copy
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.commands import explain, status
from pipelines.settings import PROJECT_DIR, Settings, load_settings
from tests.nights import ask, play_night

OPEN = "".join(f"F{n},A9,Two,10,2026-01-02,,Bob\n" for n in range(1, 31))
HEADER = "id,account,stage,amount,created,closed,owner\n"
MARCH = f"""\
{HEADER}\
GONE,A1,Won,100,2026-01-02,2026-01-10,Bob
AMOUNT,A2,Won,200,2026-01-02,2026-01-12,Bob
REOPENED,A3,Won,300,2026-01-02,2026-01-14,Bob
LATE,A4,Two,400,2026-01-02,,Bob
MOVED,A5,Won,500,2026-01-02,2026-02-12,Bob
PLACED,A6,Won,600,2026-01-02,2026-02-16,Ada
UNREAD,A8,Won,abc,2026-01-02,2026-03-10,Bob
LOST,A2,Won,900,2026-01-02,2026-01-20,Bob
SIGNED,A2,Signed,1100,2026-01-02,2026-03-20,Bob
NULLED,A2,Won,999,2026-01-02,2026-03-24,Bob
{OPEN}"""
APRIL = f"""\
{HEADER}\
AMOUNT,A2,Won,250,2026-01-02,2026-01-12,Bob
REOPENED,A3,Two,300,2026-01-02,,Bob
LATE,A4,Won,400,2026-01-02,2026-02-10,Bob
MOVED,A5,Won,500,2026-01-02,2026-03-12,Bob
PLACED,A6,Won,600,2026-01-02,2026-02-16,Ada
NEW,A7,Won,700,2026-01-02,2026-03-05,Bob
UNREAD,A8,Won,800,2026-01-02,2026-03-10,Bob
LOST,A2,Lost,900,2026-01-02,2026-01-20,Bob
SIGNED,A2,Signed,1100,2026-01-02,2026-03-20,Bob
NULLED,A2,Won,999,2026-01-02,2026-03-24,Bob
{OPEN}"""
USERS = "id,name,team,region\nU1,Ada,{},North\nU2,Bob,West,North\n"
CALLS = "id,kind,direction,owner,at\n"

FIRST = {
    "deals_2026-03-31.csv": MARCH,
    "users_2026-03-31.csv": USERS.format("East"),
    "calls_2026-03-31.csv": f"{CALLS}T1,call,outbound,U2,2026-01-15T09:00:00Z\n"
    "T2,call,outbound,U2,2026-03-30T09:00:00Z\n",
}
# Ada was in West until the end of March, as an export of February says that arrives late; so does
# a call of February.
SECOND = {
    "deals_2026-04-30.csv": APRIL,
    "users_2026-02-28.csv": USERS.format("West"),
    "calls_2026-04-30.csv": f"{CALLS}T3,call,outbound,U2,2026-02-11T09:00:00Z\n"
    "T4,call,outbound,U2,2026-04-20T09:00:00Z\n",
}
CONFIG: dict[str, Any] = {
    "company": {"name": "Tiny", "currency": "EUR", "timezone": "UTC"},
    "sources": [
        {
            "name": "crm",
            "system": "mapped",
            "objects": {
                "opportunities": {
                    "files": "deals*.csv",
                    "as_of": "deals_%Y-%m-%d*",
                    "columns": {
                        "opportunity_id": "id",
                        "account_id": "account",
                        "stage": "stage",
                        "amount": "amount",
                        "created_on": "created",
                        "closed_on": "closed",
                        "owner_name": "owner",
                    },
                    "stages": {"One": "open", "Two": "open", "Won": "won", "Lost": "lost"},
                },
                "users": {
                    "files": "users*.csv",
                    "as_of": "users_%Y-%m-%d*",
                    "columns": {
                        "user_id": "id",
                        "user_name": "name",
                        "team": "team",
                        "region": "region",
                    },
                },
                "activities": {
                    "files": "calls*.csv",
                    "as_of": "calls_%Y-%m-%d*",
                    "mode": "append",
                    "columns": {
                        "activity_id": "id",
                        "kind": "kind",
                        "direction": "direction",
                        "owner_id": "owner",
                        "occurred_at": "at",
                    },
                },
            },
        }
    ],
}


def land(folder: Path, files: dict[str, str]) -> None:
    landing = folder / "landing" / "crm"
    landing.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (landing / name).write_text(text, encoding="utf-8")


def configured(folder: Path) -> Settings:
    path = folder / "kpimart.yml"
    path.write_text(yaml.safe_dump(CONFIG, sort_keys=False), encoding="utf-8")
    return load_settings(path)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company after its second night."""
    folder = tmp_path_factory.mktemp("restated")
    settings = configured(folder)
    land(folder, FIRST)
    play_night(settings)
    assert ask(settings, "select count(*) from quality.restatements") == [(0,)]
    land(folder, SECOND)
    play_night(settings)
    return settings


def moved(settings: Settings, kpi: str, start: str, *, member: str = "(all)") -> list[Any]:
    """Record, reason and effect of the rows of one restated month."""
    return ask(
        settings,
        "select record_key, reason, effect from quality.restatements where kpi = $1 "
        "and grain = 'month' and period_start = $2 and member = $3 order by record_key",
        kpi,
        start,
        member,
    )


def test_the_records_that_moved_a_months_revenue_add_up_to_its_change(company: Settings) -> None:
    """January was 100 + 200 + 300 + 900 and is 250: GONE left the export, REOPENED is open again,
    LOST is lost, AMOUNT is 50 more. February was 500 + 600 and is 400 + 600: MOVED says March now,
    and LATE was closed after February had been published. March was 999 and has MOVED too, NEW,
    which no export knew, and UNREAD, whose amount could not be read. PLACED and NULLED stay."""
    assert moved(company, "revenue", "2026-01-01") == [
        ("crm:AMOUNT", "amount changed", 50),
        ("crm:GONE", "deleted", -100),
        ("crm:LOST", "outcome changed", -900),
        ("crm:REOPENED", "reopened", -300),
    ]
    assert moved(company, "revenue", "2026-02-01") == [
        ("crm:LATE", "late close", 400),
        ("crm:MOVED", "date changed", -500),
    ]
    assert moved(company, "revenue", "2026-03-01") == [
        ("crm:MOVED", "date changed", 500),
        ("crm:NEW", "late source", 700),
        ("crm:UNREAD", "quarantine released", 800),
    ]
    assert (
        ask(
            company,
            "select kpi, statistic, grain, period_start, scope, member from quality.restatements "
            "group by all having round(any_value(value_after) - any_value(value_before), 2) "
            "<> round(sum(effect), 2)",
        )
        == []
    )


def test_a_won_deal_that_disappears_stays_visible(company: Settings) -> None:
    assert ask(
        company,
        "select value_before, value_after, amount_before, amount_after, on_before::text, on_after, "
        "version, previous_version from quality.restatements where record_key = 'crm:GONE' "
        "and kpi = 'revenue' and grain = 'month' and scope = 'company'",
    ) == [(1500, 250, 100, None, "2026-01-10", None, "v000002", "v000001")]


def test_the_runbooks_statement_names_the_records(company: Settings) -> None:
    page = (PROJECT_DIR / "docs" / "runbook.md").read_text(encoding="utf-8")
    (statement,) = re.findall(r"```sql\n(select [^`]*from quality\.restatements[^`]*)```", page)
    rows = ask(company, statement)
    assert ("2026-01-01", 1500, 250, "deleted", "crm:GONE") in [
        (str(row[2]), row[5], row[6], row[7], row[8]) for row in rows if row[4] == "(all)"
    ]


def test_what_counts_elsewhere_moves_the_teams(company: Settings) -> None:
    """PLACED is Ada's, who was in West in February, as a file tells that came late. Credits go to
    the teams, so it is the deal's credit that moved."""
    assert moved(company, "revenue", "2026-02-01", member="East") == [
        ("crm:PLACED", "reclassified", -600)
    ]
    assert ("crm:PLACED", "reclassified", 600) in moved(
        company, "revenue", "2026-02-01", member="West"
    )
    assert ("crm:PLACED", "reclassified", 1) in moved(
        company, "deals_won", "2026-02-01", member="West"
    )


def test_creation_and_growth_have_their_own_records(company: Settings) -> None:
    """All deals are of January by creation: there only GONE left, and NEW and UNREAD came. The
    growth of March is moved by February's deals too."""
    assert moved(company, "pipeline_created", "2026-01-01") == [
        ("crm:GONE", "deleted", -100),
        ("crm:NEW", "late source", 700),
        ("crm:UNREAD", "quarantine released", 800),
    ]
    growth = {row[0] for row in moved(company, "revenue_growth", "2026-03-01")}
    assert growth == {"crm:LATE", "crm:MOVED", "crm:NEW", "crm:UNREAD"}


def test_of_touches_the_file_that_came_late_is_told(company: Settings) -> None:
    ((batch, reason, effect),) = moved(company, "calls_made", "2026-02-01")
    assert (reason, effect) == ("late source", 1)
    assert ask(
        company, "select distinct detail from quality.restatements where record_key = $1", batch
    ) == [("crm/calls_2026-04-30.csv",)]


def said(settings: Settings, *words: str) -> str:
    """What a command prints, on one line."""
    result = CliRunner().invoke(app, ["--config", str(settings.config_path), *words])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_the_commands_tell_it(company: Settings) -> None:
    explained = explain.collect(company, "revenue", period="2026-01").restatements
    assert [(one.value_before, one.value_after, one.reasons) for one in explained] == [
        (1500, 250, {"amount changed": 1, "deleted": 1, "outcome changed": 1, "reopened": 1})
    ]
    assert "restated v000002" in said(company, "explain", "revenue", "--period", "2026-01")
    assert "restated" not in said(company, "explain", "revenue", "--period", "2026-04")
    told = status.collect(company)
    records = {one.reason: one.records for one in told.restated}
    assert records["deleted"] == records["reopened"] == records["late close"] == 1
    assert f"restated {told.restated_values:,} past numbers" in said(company, "status")


def test_a_changed_config_restates_without_mart_and_build(
    company: Settings, tmp_path: Path
) -> None:
    """On the third night Signed is a won stage and 999 stands for no amount; mart and build are
    gone. What was restated before is told as before."""
    folder = tmp_path / "company"
    shutil.copytree(company.config_path.parent, folder, symlinks=True)
    before = ask(company, "from quality.restatements order by all")
    shutil.rmtree(folder / "mart")
    (folder / "var" / "run" / "build.duckdb").unlink()
    changed = copy.deepcopy(CONFIG)
    deals = changed["sources"][0]["objects"]["opportunities"]
    deals["stages"]["Signed"] = "won"
    deals["nulls"] = {"amount": ["999"]}
    (folder / "kpimart.yml").write_text(yaml.safe_dump(changed, sort_keys=False), encoding="utf-8")
    settings = load_settings(folder / "kpimart.yml")
    play_night(settings)
    assert (
        ask(settings, "from quality.restatements where version < 'v000003' order by all") == before
    )
    assert ask(
        settings,
        "select record_key, reason, effect, split_part(detail, ';', 1) from quality.restatements "
        "where kpi = 'revenue' and grain = 'month' and member = '(all)' and version = 'v000003' "
        "order by all",
    ) == [
        ("crm:NULLED", "contract changed", -999, "source_amount: 999.00 → (none)"),
        ("crm:SIGNED", "contract changed", 1100, "outcome: unmapped → won"),
    ]
    told = status.collect(settings)
    assert told.restated_values > 0
    assert ("contract changed", 2) in [(one.reason, one.records) for one in told.restated]
