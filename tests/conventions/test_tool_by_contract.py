"""A tool is a contract, staging models and its name in three lists: CONTRIBUTING shows all of it.

The blocks of the page whose label names a file are put into a copy of the project; a company that
uses the tool is published from there, by the command line. No Python is touched.
"""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from pipelines.settings import PROJECT_DIR
from tests.conventions.test_pages import FENCE, only, text_of

PAGE = "CONTRIBUTING.md"
TOOL = "tinycrm"
# What the command line needs, and the tests that say what a new tool misses.
COPIED = (
    "pipelines",
    "dbt_project",
    "data_quality",
    "tests",
    "pyproject.toml",
    "requirements.lock",
)
NOT_COPIED = shutil.ignore_patterns("target", "logs", ".user.yml", "__pycache__")
EXPORTS = {
    "deals 2026-06-30.csv": """\
Deal No.;Title;Customer;Seller No.;Phase;Worth;Opened;Ends;Colour
7;Lights;Alpha, Inc.;1;Signed;1.234,50 €;15.01.2026 23:30;31.03.2026;red
8;Lamps;Beta;2;Gone;99,00 €;31.01.2026 09:00;01.04.2026;
9;Bulbs;Alpha, Inc.;2;Talking;20.000,00 €;28.02.2026 12:15;31.08.2026;blue
""",
    "people 2026-06-30.csv": """\
Person No.;Person;Mail;Team
1;Ada Lund;ada@own.example;North
2;Zoë Öst;zoe@own.example;South
""",
}


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A block of the page: all that is in a file, or (`diff`) what is added to it, and where."""

    language: str
    path: str
    text: str


def pieces() -> list[Piece]:
    """The blocks of the page that name a file."""
    return [
        Piece(language=words[0], path=words[1], text=textwrap.dedent(f"{indent}{text}"))
        for indent, info, text in _blocks()
        if len(words := info.split()) == 2 and "/" in words[1]
    ]


def _blocks() -> list[tuple[str, str, str]]:
    found = FENCE.findall(text_of(PAGE))
    return [(indent, info, text.removeprefix(indent)) for indent, info, text in found]


def added(text: str, lines: list[str]) -> str:
    """The text with the lines that a diff adds, after those that it shows as being there."""
    there = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
    new = "".join(f"{line[1:]}\n" for line in lines if line.startswith("+"))
    assert text.count(there) == 1, f"the place is not clear:\n{there}"
    return text.replace(there, there + new)


def applied(piece: Piece, project: Path) -> None:
    """The project has what the piece says."""
    path = project / piece.path
    if piece.language == "diff":
        text = path.read_text(encoding="utf-8")
        path.write_text(added(text, piece.text.splitlines()), encoding="utf-8")
    else:
        assert not path.exists(), f"{piece.path} is there already"
        path.parent.mkdir(exist_ok=True)
        path.write_text(piece.text, encoding="utf-8")


def python(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python, run in the copied project and with its modules."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project that knows the tool."""
    folder = tmp_path_factory.mktemp("with_a_tool")
    for name in COPIED:
        if (PROJECT_DIR / name).is_dir():
            shutil.copytree(PROJECT_DIR / name, folder / name, ignore=NOT_COPIED)
        else:
            shutil.copy(PROJECT_DIR / name, folder)
    for piece in pieces():
        applied(piece, folder)
    return folder


@pytest.fixture(scope="module")
def published(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a company of the tool's, whose night has been run and published."""
    company = tmp_path_factory.mktemp("company_of_the_tool")
    config = only("yaml company", PAGE)
    assert {source["system"] for source in yaml.safe_load(config)["sources"]} == {TOOL}
    (company / "kpimart.yml").write_text(config, encoding="utf-8")
    (company / "landing" / "crm").mkdir(parents=True)
    for name, text in EXPORTS.items():
        (company / "landing" / "crm" / name).write_text(text, encoding="utf-8")
    command = "from pipelines.cli import main; main()"
    done = python(project, "-c", command, "--config", str(company / "kpimart.yml"), "run", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["outcome"] == "published"
    return company


def test_only_yaml_sql_and_three_lists_are_touched() -> None:
    new = {piece.path for piece in pieces() if piece.language != "diff"}
    assert {Path(path).suffix for path in new} == {".yml", ".sql"}
    assert {path for path in new if not path.startswith(f"dbt_project/models/staging/{TOOL}/")} == {
        f"pipelines/extract/systems/{TOOL}.yml"
    }
    assert {piece.path for piece in pieces() if piece.language == "diff"} == {
        "dbt_project/models/staging/_sources.yml",
        "dbt_project/macros/union_systems.sql",
        "dbt_project/dbt_project.yml",
    }


def ask(company: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(company / "mart" / "kpi_mart.duckdb"), read_only=True) as mart:
        return mart.execute(sql).fetchall()


def test_the_deals_of_the_tool_are_in_the_mart(published: Path) -> None:
    ada, zoe = ("Ada Lund", "North"), ("Zoë Öst", "South")
    assert ask(
        published,
        "select opportunity_key, opportunity_name, account_name, rep_at_creation, "
        "team_at_creation, stage, amount, is_counted_win from marts.fct_opportunities "
        "inner join marts.dim_accounts using (account_key) order by opportunity_key",
    ) == [
        ("crm:7", "Lights", "Alpha, Inc.", *ada, "Signed", Decimal("1234.50"), True),
        ("crm:8", "Lamps", "Beta", *zoe, "Gone", Decimal("99.00"), False),
        ("crm:9", "Bulbs", "Alpha, Inc.", *zoe, "Talking", Decimal("20000.00"), False),
    ]


def test_its_days_and_moments_are_typed(published: Path) -> None:
    """23:30 of 15 January in Vienna is 22:30 in UTC; a deal that is open has not ended."""
    assert ask(
        published,
        "select opportunity_id, strftime(created_at, '%Y-%m-%d %H:%M'), closed_on "
        "from marts.fct_opportunities order by opportunity_id",
    ) == [
        ("7", "2026-01-15 22:30", date(2026, 3, 31)),
        ("8", "2026-01-31 08:00", date(2026, 4, 1)),
        ("9", "2026-02-28 11:15", None),
    ]


def test_the_kpis_know_them(published: Path) -> None:
    found = ask(
        published,
        "select kpi, value from kpis.kpi_values where grain = 'year' and scope = 'company' "
        "and kpi in ('revenue', 'deals_won', 'deals_lost', 'open_pipeline') order by kpi",
    )
    assert found == [
        ("deals_lost", 1),
        ("deals_won", 1),
        ("open_pipeline", 20000),
        ("revenue", 1234.5),
    ]


def test_the_tests_of_contracts_miss_nothing(project: Path) -> None:
    names = ("tests/unit/test_systems.py", "tests/conventions/test_sources.py")
    done = python(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", *names)
    assert done.returncode == 0, done.stdout
    assert TOOL in (project / "dbt_project" / "macros" / "union_systems.sql").read_text()


def test_a_place_that_is_not_clear_is_told() -> None:
    with pytest.raises(AssertionError, match="the place is not clear"):
        added("a\nb\na\n", [" a", "+c"])
    assert added("a\nb\n", [" a", "+c"]) == "a\nc\nb\n"
