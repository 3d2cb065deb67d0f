"""Restated numbers, small enough to check by eye: one deal per reason, and what each moved.

The company sells in UTC. Its first night knows the data to the end of March 2026, the second to the
end of April; January to March had ended and were published as complete. The third night has another
config and nothing new, and begins without mart and build.
"""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.settings import Settings, load_settings
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


def test_show(company: Settings) -> None:
    import duckdb

    with duckdb.connect(str(company.mart_path), read_only=True) as c:
        c.sql(
            "select * exclude (version, as_of, previous_version, statistic) from quality.restatements where grain='month' order by kpi, period_start, scope, member"
        ).show(max_rows=300, max_width=280)
        c.sql("select kpi, period_start, scope, member, value, is_complete, quality from kpis.kpi_values where kpi in ('revenue', 'new_revenue','calls_made') and grain='month' and scope<>'rep' order by all").show(max_rows=200,max_width=200)
        c.sql("select * from quality.publishes").show(max_width=200)
