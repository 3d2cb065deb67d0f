"""Scorecard, explain, versions and rollback of a published mart."""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner, Result

from pipelines.cli import app
from pipelines.commands import console, scorecard_page
from pipelines.commands.quality import MEANINGS
from pipelines.commands.run import how_to_open
from pipelines.commands.scorecard import HEADLINE_KPIS, collect
from pipelines.settings import DBT_PROJECT_DIR, Settings
from tests.tiny_mart import make_company, publish_mart


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = make_company(tmp_path_factory.mktemp("company"))
    publish_mart(made)
    return made


def ask(settings: Settings, *words: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(settings.config_path), *words])


def answer(settings: Settings, *words: str) -> Any:
    result = ask(settings, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def page(settings: Settings, *, width: int = 100, **choice: Any) -> str:
    to = Console(theme=console.THEME, highlight=False, width=width, record=True, quiet=False)
    with to.capture() as captured:
        scorecard_page.render(collect(settings, **choice), settings, to=to)
    return captured.get()


def cells(card: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(cell["kpi"], cell["member"]): cell for cell in card["cells"]}


def test_the_scorecard_shows_the_newest_complete_month(settings: Settings) -> None:
    card = answer(settings, "scorecard")
    assert (card["period_start"], card["period_end"]) == ("2026-09-01", "2026-10-01")
    assert (card["version"], card["is_complete"], card["members"]) == ("v000001", True, ["(all)"])
    assert card["as_of"] == "2026-10-14T22:00:00+00:00"
    revenue = cells(card)["revenue", "(all)"]
    assert (revenue["value"], revenue["prior_value"], revenue["year_ago_value"]) == (
        13000.0,
        12000.0,
        1000.0,
    )
    assert (revenue["target"], revenue["attainment"]) == (20000.0, 0.65)
    assert revenue["trend"] == [n * 1000.0 for n in range(2, 14)]
    assert cells(card)["win_rate", "(all)"]["trend"][3] is None


def test_what_exists_only_now_is_shown_with_its_as_of(settings: Settings) -> None:
    open_pipeline = cells(answer(settings, "scorecard"))["open_pipeline", "(all)"]
    assert open_pipeline["period_start"] == "2026-10-01"
    assert "as of 14 Oct 2026" in page(settings)
    asked = answer(settings, "scorecard", "--period", "2026-08")
    assert ("open_pipeline", "(all)") not in cells(asked)


def test_the_scorecard_of_a_scope_has_a_row_per_member(settings: Settings) -> None:
    card = answer(settings, "scorecard", "--scope", "team")
    assert card["members"] == ["East", "West", "(none)"]
    assert cells(card)["revenue", "West"]["value"] == pytest.approx(2600)
    assert cells(card)["win_rate", "East"]["quality"] == ["small_sample"]
    shown = page(settings, scope="team")
    assert re.search(r"East +€6,500 ▲ +50.0 %", shown)


def test_notes_warnings_and_unavailable_kpis_stand_below(settings: Settings) -> None:
    shown = page(settings)
    assert "¹ open deals without an amount are valued at list price (2,089 deals, €4.97M)" in shown
    assert "Wins at or below 0 are left out of deal sizes." in shown
    assert "Quota attainment is not available: no source delivers quotas" in shown
    assert "A mart without reps" not in shown
    card = answer(settings, "scorecard")
    assert [warned["check"] for warned in card["warnings"]] == ["wins_have_an_amount"]


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_number_is_cut_at_any_width(settings: Settings, width: int) -> None:
    lines = page(settings, width=width).splitlines()
    assert max(map(len, lines)) <= width
    revenue = next(line for line in lines if "Revenue" in line)
    assert "€13.0k" in revenue
    assert "▲ +8.3 %" in revenue
    assert ("65.0 % of €20.0k" in revenue) == (width == 100)


def test_a_running_month_says_so(settings: Settings) -> None:
    shown = page(settings, period="2026-10-03")
    assert "October 2026 · not complete" in shown
    assert "the period is not over" in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("scorecard", "--scope", "teem"), ("Did you mean team?", "company, team")),
        (("scorecard", "--grain", "day"), ("week, month, quarter, year",)),
        (("scorecard", "--grain", "quarter"), ("no quarter with a value",)),
        (("scorecard", "--period", "2031-01"), ("from September 2025 to October 2026",)),
        (("scorecard", "--period", "soon"), ("--period soon is no period", "2026-09")),
        (("scorecard", "--period", "2026-Q3"), ("names no month",)),
        (("explain", "winrate"), ("Did you mean win_rate?", "sales_cycle_days")),
        (("explain", "quota_attainment"), ("no source delivers quotas",)),
        (("explain", "sales_cycle_days", "--scope", "team"), ("scope of sales_cycle_days",)),
        (("explain", "revenue", "--scope", "team"), ("--member: (none), East, West",)),
        (("explain", "revenue", "--scope", "team", "--member", "Est"), ("Did you mean East?",)),
        (("explain", "open_pipeline", "--period", "2026-09"), ("no value", "September 2026")),
        (("rollback", "v000009"), ("not a kept version", "v000001")),
        (("rollback",), ("give a version",)),
        (("rollback", "v000001", "--unpin"), ("give a version",)),
        (("rollback", "--unpin", "--pin"), ("give a version",)),
        (("rollback", "--unpin"), ("no version is pinned",)),
    ],
)
def test_a_wrong_choice_is_refused_with_what_exists(
    settings: Settings, words: tuple[str, ...], told: tuple[str, ...]
) -> None:
    result = ask(settings, *words)
    assert result.exit_code == 2
    assert result.stdout == ""
    for text in told:
        assert text in result.stderr


def test_nothing_published_is_said_with_what_to_do(tmp_path: Path) -> None:
    result = ask(make_company(tmp_path), "scorecard")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "kpimart run" in result.stderr


def test_explain_tells_inputs_comparison_quality_and_sql(settings: Settings) -> None:
    told = answer(settings, "explain", "win_rate", "--scope", "team", "--member", "East")
    assert told["value"]["numerator"] == 5.0
    assert told["quality"] == {"small_sample": MEANINGS["small_sample"]}
    with duckdb.connect(settings.mart_path, read_only=True) as connection:
        row = connection.execute(told["sql"]).fetchone()
    assert row is not None
    assert row[0] == told["value"]["value"]
    shown = ask(settings, "explain", "win_rate").stdout
    assert "24.0 % to 76.0 %, 95 % interval" in shown
    assert "5 ÷ 10, 10 records" in shown
    assert "What Win rate means." in shown


def test_explain_has_the_other_statistics_and_the_notes(settings: Settings) -> None:
    assert answer(settings, "explain", "sales_cycle_days")["statistics"] == {"p90": 107.0}
    told = answer(settings, "explain", "revenue", "--period", "2026-08")
    assert [note["code"] for note in told["notes"]] == ["amount_missing"]
    assert [note["amount"] for note in told["undated_notes"]] == [1234.5]


def test_versions_and_rollback(tmp_path: Path) -> None:
    mine = make_company(tmp_path)
    publish_mart(mine)
    publish_mart(mine)
    assert [v["version"] for v in answer(mine, "versions")] == ["v000002", "v000001"]
    back = ask(mine, "rollback", "v000001", "--pin", "--reason", "quarter close")
    assert back.exit_code == 0, back.output
    assert "v000001" in back.stdout
    assert answer(mine, "scorecard")["version"] == "v000001"
    assert "pinned" in ask(mine, "versions").stdout
    assert answer(mine, "status")["is_pinned"]
    assert ask(mine, "rollback", "--unpin").exit_code == 0
    assert answer(mine, "scorecard")["version"] == "v000002"


def test_the_ways_into_the_mart_work(settings: Settings) -> None:
    to = Console(theme=console.THEME, highlight=False, width=80)
    with to.capture() as captured:
        how_to_open(settings, to=to)
    connect = f"duckdb.connect('{settings.mart_path}', read_only=True)"
    assert f"{connect}.sql('from kpis.kpi_values').df()" in captured.get()
    assert f"duckdb:///{settings.mart_path}?access_mode=read_only" in captured.get()


def test_the_headlines_are_the_columns_of_the_wide_scorecards() -> None:
    models = yaml.safe_load(
        (DBT_PROJECT_DIR / "models/kpis/_subjects.yml").read_text(encoding="utf-8")
    )["models"]
    wide = next(model for model in models if model["name"] == "kpi_scorecard_company")
    columns = {column["name"] for column in wide["columns"]}
    assert {name.removesuffix("_prior") for name in columns if name.endswith("_prior")} == set(
        HEADLINE_KPIS
    )


def test_every_quality_code_of_the_models_has_words() -> None:
    notes = (DBT_PROJECT_DIR / "models/quality/value_notes.sql").read_text(encoding="utf-8")
    measured = (DBT_PROJECT_DIR / "models/intermediate/int_kpi_measured.sql").read_text(
        encoding="utf-8"
    )
    metrics = "".join(
        path.read_text(encoding="utf-8")
        for path in (DBT_PROJECT_DIR / "models/metrics").glob("*.yml")
    )
    codes = {
        *re.findall(r"^\s+\('\w+', '(\w+)',", notes, re.MULTILINE),
        *re.findall(r"""^\s+\('(\w+)', (?:"[^"]*"|'[^']*')\),$""", notes, re.MULTILINE),
        *re.findall(r"'(\w+)' as code", notes),
        *re.findall(r"\"'(\w+)'\"\)", measured),
        *re.findall(r"\bcode: (\w+)", metrics),
    }
    assert codes >= {"running", "quarantined", "list_price", "history_too_short", "amounts_missing"}
    assert codes <= set(MEANINGS)
