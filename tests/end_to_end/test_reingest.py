"""`kpimart reingest`: what could not be read is read once the config is mended, and published."""

import json
import re
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.settings import Settings
from tests.worked_company import landed

FIRST = "deals_2026-10-01.csv"
SECOND = "deals_2026-10-02.csv"
HEADER = "id,stage,amount,created\n"
OPEN = "".join(f"O{number},open,1,2026-09-01\n" for number in range(300))
FILES = {
    f"crm/{FIRST}": f"{HEADER}D1,won,100,2026-09-01\nD2,won,many,2026-09-01\n{OPEN}",
    f"crm/{SECOND}": f"{HEADER.strip()},note\nD1,won,100,01/09/2026,\nD2,won,7,01/09/2026,late\n"
    + OPEN.replace("\n", ",\n"),
}


def _config(**reading):
    deals = {
        "files": "deals_*.csv",
        "columns": {
            "opportunity_id": "id",
            "stage": "stage",
            "amount": "amount",
            "created_on": "created",
            "closed_on": "created",
        },
        "stages": {"open": "open", "won": "won", "lost": "lost"},
    }
    crm = {"name": "crm", "system": "mapped", "as_of": "*_%Y-%m-%d.csv"}
    return {
        "company": {"name": "Tiny", "currency": "EUR", "timezone": "UTC"},
        "sources": [{**crm, "objects": {"opportunities": deals | reading}}],
    }


def _run(settings: Settings, *words: str):
    return CliRunner().invoke(app, ["--config", str(settings.config_path), *words])


def _amounts(settings: Settings):
    with duckdb.connect(str(settings.mart_path), read_only=True) as connection:
        return connection.execute(
            "select opportunity_key, amount::integer from marts.fct_opportunities "
            "where opportunity_key like 'crm:D%' order by all"
        ).fetchall()


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Settings:
    """Two files were delivered and taken out of landing: one with a bad row, one refused."""
    settings = landed(tmp_path_factory.mktemp("reingest"), FILES, _config())
    assert _run(settings, "run").exit_code == 0
    for path in (settings.landing_dir / "crm").iterdir():
        path.unlink()
    return settings


def test_a_mended_config_reads_what_was_set_aside_and_publishes_it(company: Settings) -> None:
    assert _amounts(company) == [("crm:D1", 100)]
    idle = _run(company, "reingest")
    assert idle.exit_code == 0
    assert "No file is read otherwise than before" in idle.stdout

    landed(company.config_path.parent, {}, _config(nulls={"amount": ["many"]}, dates="DMY"))
    told = _run(company, "reingest", "--json")
    assert told.exit_code == 0
    report = json.loads(told.stdout)
    assert report["outcome"] == "published"
    assert [(file["file_name"], file["state"]) for file in report["files"]] == [
        (FIRST, "applied"),
        (SECOND, "applied"),
    ]
    assert _amounts(company) == [("crm:D1", 100), ("crm:D2", 7)]
    with duckdb.connect(str(company.mart_path), read_only=True) as connection:
        assert connection.execute("select count(*) from quality.quarantined_rows").fetchall() == [
            (0,)
        ]


def test_the_runbooks_statement_tells_the_new_column(company: Settings) -> None:
    page = Path(__file__).parents[2] / "docs" / "runbook.md"
    (statement,) = re.findall(r"select [^;]*from quality.schema_drift[^;]*", page.read_text())
    with duckdb.connect(str(company.mart_path), read_only=True) as connection:
        (row,) = connection.execute(statement).fetchall()
    assert row[1:] == ("crm", "opportunities", "new_column", None, None, "note", "applied")
