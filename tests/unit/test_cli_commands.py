"""The command line as a program: help, arguments, errors, exit codes; commands without a mart."""

import json
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner, Result

from pipelines import progress
from pipelines.cli import app
from pipelines.commands import console, doctor
from pipelines.commands import run as run_command
from pipelines.commands.watching import Log, Terminal
from pipelines.extract.run import extract
from pipelines.lock import single_run
from pipelines.report import CheckResult, NightReport, save_report
from pipelines.settings import Settings, load_settings
from tests.tiny_mart import make_company, publish_mart

COMMANDS = [
    "accept",
    "doctor",
    "explain",
    "init",
    "inspect",
    "reingest",
    "rollback",
    "run",
    "sample",
    "scorecard",
    "status",
    "versions",
]
CONFIG = """
company: {name: Tiny, currency: EUR, timezone: Europe/Vienna}
sources:
  - name: crm
    system: mapped
    as_of: "*_%Y-%m-%d.csv"
    objects:
      opportunities:
        files: "deals_*.csv"
        dates: YMD
        columns: {opportunity_id: id, stage: stage, amount: amount}
        stages: {open: open, won: won, lost: lost}
      users: {files: "users_*.csv", columns: {user_id: id}}
"""
STARTED = datetime(2026, 10, 15, 2, tzinfo=UTC)


def invoke(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def ask(settings: Settings, *words: str) -> Result:
    return invoke("--config", str(settings.config_path), *words)


@pytest.fixture
def company(tmp_path: Path) -> Settings:
    """A company with two exports: the first is fine, the second has lost most of its deals."""
    config = tmp_path / "kpimart.yml"
    config.write_text(CONFIG, encoding="utf-8")
    land(tmp_path, "deals_2026-10-01.csv", deals=20)
    return load_settings(config)


def land(folder: Path, name: str, *, deals: int, extra: str = "") -> None:
    landing = folder / "landing" / "crm"
    landing.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{n},open,100.50\n" for n in range(deals))
    (landing / name).write_text(f"id,stage,amount\n{rows}{extra}", encoding="utf-8")


def report(outcome: str, *, exit_code: int, **more: Any) -> NightReport:
    return NightReport.model_validate(
        {
            "run_id": "1234",
            "started_at": STARTED,
            "finished_at": STARTED + timedelta(seconds=28),
            "outcome": outcome,
            "message": "1 critical check failed; nothing was published",
            "exit_code": exit_code,
            **more,
        }
    )


def verdict(night: NightReport, settings: Settings) -> str:
    to = Console(theme=console.THEME, highlight=False, width=200)
    with to.capture() as captured:
        run_command.render(night, settings, to=to)
    return captured.get()


def test_help_names_every_command_and_the_exit_codes() -> None:
    result = invoke("--help")
    assert result.exit_code == 0
    listed = {name for name in COMMANDS if re.search(rf"^│ {name} ", result.stdout, re.MULTILINE)}
    assert listed == set(COMMANDS)
    assert "Exit codes" in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert f"kpimart {command}" in result.stdout.split("Examples")[1]


@pytest.mark.parametrize("words", [("bogus",), ("run", "--as-of", "soon"), ("explain",)])
def test_wrong_arguments_end_with_2(words: tuple[str, ...]) -> None:
    assert invoke(*words).exit_code == 2


def test_a_missing_config_ends_with_2_and_a_remedy(tmp_path: Path) -> None:
    result = invoke("status", "--config", str(tmp_path / "none.yml"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "kpimart init" in result.stderr
    assert "Traceback" not in result.stderr


def test_global_options_count_wherever_they_stand(company: Settings) -> None:
    config = f"--config={company.config_path}"
    for words in ([config, "versions", "--json"], ["versions", config, "--json"]):
        result = invoke(*words)
        assert (result.exit_code, json.loads(result.stdout)) == (0, [])


def test_an_internal_failure_ends_with_4_and_hints_at_the_details(company: Settings) -> None:
    company.reports_dir.mkdir(parents=True)
    (company.reports_dir / "broken.json").write_text("{}", encoding="utf-8")
    result = ask(company, "status")
    assert result.exit_code == 4
    assert "kpimart --traceback status" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in ask(company, "status", "--traceback").stderr


def test_init_makes_a_company_whose_config_loads(tmp_path: Path) -> None:
    result = invoke("init", str(tmp_path / "new"))
    assert result.exit_code == 0
    settings = load_settings(tmp_path / "new" / "kpimart.yml")
    assert [path.name for path in settings.landing_dir.iterdir()] == ["crm"]
    assert (tmp_path / "new" / ".gitignore").is_file()
    assert "kpimart inspect" in result.stdout
    assert "no file in" in ask(settings, "inspect").stdout


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    assert invoke("init", str(tmp_path)).exit_code == 0
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "mine"
    config = (tmp_path / "kpimart.yml").read_bytes()
    (tmp_path / ".gitignore").unlink()
    again = invoke("init", str(tmp_path))
    assert again.exit_code == 2
    assert (tmp_path / "kpimart.yml").read_bytes() == config
    assert not (tmp_path / ".gitignore").exists()


def test_the_commented_examples_of_the_scaffold_are_valid(tmp_path: Path) -> None:
    invoke("init", str(tmp_path))
    config = tmp_path / "kpimart.yml"
    text = config.read_text(encoding="utf-8")
    for name in ("users", "accounts", "quotas"):
        before, after = text.split(f"      # {name}:", 1)
        block, rest = after.split("\n\n", 1)
        text = f"{before}      {name}:{block.replace('      #   ', '        ')}\n\n{rest}"
    config.write_text(text.replace("# open_amount", "open_amount"), encoding="utf-8")
    settings = load_settings(config)
    assert set(settings.sources[0].objects) == {"opportunities", "users", "accounts", "quotas"}
    assert settings.open_amount == "list_price"
    assert yaml.safe_load(text)["sources"][0]["objects"]["users"]["columns"]


def test_sample_makes_files_and_refuses_what_it_cannot_make(tmp_path: Path) -> None:
    result = invoke("sample", "--out", str(tmp_path), "--scale", "0.001")
    assert result.exit_code == 0
    assert len(list(tmp_path.glob("*/*.csv"))) == 23
    assert "23 files" in result.stdout
    assert str(tmp_path / "truth.json") in result.stdout.replace("\n", "")
    refused = invoke("sample", "--out", str(tmp_path), "--scale", "0")
    assert refused.exit_code == 2
    assert "scale" in refused.stderr


def test_inspect_tells_and_changes_nothing(company: Settings) -> None:
    land(company.config_path.parent, "deals_2026-10-02.csv", deals=20, extra="x,open,much\n")
    land(company.config_path.parent, "odd.txt", deals=0)
    before = sorted(company.config_path.parent.rglob("*"))
    result = ask(company, "inspect")
    assert result.exit_code == 0
    assert sorted(company.config_path.parent.rglob("*")) == before
    shown = " ".join(result.stdout.split())
    assert "refused crm/odd.txt" in shown
    assert "21 rows: 20 as before, 1 unreadable" in shown
    assert "'much' is not a number" in shown
    files = json.loads(ask(company, "inspect", "--json").stdout)
    assert [file["state"] for file in files] == ["applied", "applied", "refused"]


def test_inspect_without_a_landing_folder_ends_with_3(tmp_path: Path) -> None:
    result = ask(make_company(tmp_path), "inspect")
    assert result.exit_code == 3
    assert "landing" in result.stderr


def test_status_tells_what_is_fresh_held_refused_and_unreadable(company: Settings) -> None:
    folder = company.config_path.parent
    extract(company)
    land(folder, "deals_2026-10-02.csv", deals=19, extra="z,open,7\nz,won,8\n")
    land(folder, "deals_2026-10-05.csv", deals=2)
    land(folder, "odd.txt", deals=0)
    extract(company)
    told = json.loads(ask(company, "status", "--json").stdout)
    assert told["version"] is None
    deals, users = told["deliveries"]
    assert (deals["as_of"], deals["is_held"]) == ("2026-10-02T22:00:00+00:00", True)
    assert (users["object"], users["as_of"]) == ("users", None)
    assert [(one["row_count"], one["amount"]) for one in told["held"]] == [(2, 201.0)]
    assert [(one["row_count"], one["amount"]) for one in told["quarantined"]] == [(2, 15.0)]
    assert [file["file_name"] for file in told["refused"]] == ["odd.txt"]
    shown = ask(company, "status").stdout
    assert "never delivered" in shown
    assert f"kpimart accept {told['held'][0]['batch']} --reason TEXT" in shown


def test_accept_needs_a_held_batch_and_status_then_says_who(company: Settings) -> None:
    extract(company)
    land(company.config_path.parent, "deals_2026-10-05.csv", deals=2)
    extract(company)
    refused = ask(company, "accept", "b000009", "--reason", "why not")
    assert refused.exit_code == 2
    assert "b000002" in refused.stderr
    accepted = ask(company, "accept", "b000002", "--reason", "a clean-up")
    assert accepted.exit_code == 0
    assert "kpimart run" in accepted.stdout
    assert "a clean-up" in ask(company, "status").stdout


def test_status_lists_the_last_nights(company: Settings) -> None:
    save_report(company.reports_dir, report("blocked", exit_code=1, checks=[BLOCKING]))
    (night,) = json.loads(ask(company, "status", "--json").stdout)["nights"]
    assert (night["outcome"], night["failures"], night["seconds"]) == ("blocked", 1, 28.0)


BLOCKING = CheckResult(
    check="every_row_is_accounted_for",
    table="run.row_accounting",
    severity="critical",
    passed=False,
    rows=1200,
    reason="A row that is neither loaded nor listed is lost.",
    examples=[{"batch": "b000007", "missing": 3}],
)


def test_a_blocked_night_tells_check_table_rows_and_examples(company: Settings) -> None:
    shown = verdict(report("blocked", exit_code=1, checks=[BLOCKING]), company)
    assert "every_row_is_accounted_for · run.row_accounting · 1,200 rows" in shown
    assert "A row that is neither loaded nor listed is lost." in shown
    assert "e.g. batch b000007, missing 3" in shown
    assert "There is no mart yet" in shown
    assert "kpimart status" in shown


def test_a_blocked_night_says_that_the_mart_stays(tmp_path: Path) -> None:
    mine = make_company(tmp_path)
    publish_mart(mine)
    shown = verdict(report("blocked", exit_code=1, checks=[BLOCKING]), mine)
    assert f"The mart stays as it was: {mine.mart_path}." in shown


def test_a_published_night_tells_where_and_how_to_open_it(company: Settings) -> None:
    path = company.versions_dir / "v000001.duckdb"
    more = {"version": "v000001", "path": path, "tables": 16, "rows": 170575, "as_of": STARTED}
    shown = verdict(report("published", exit_code=0, **more), company)
    assert "Published v000001" in shown
    assert "16 tables, 170,575 rows" in shown
    assert "Open the mart" in shown
    aside = {**more, "path": company.mart_path.parent / "as_of" / "2026-06-30.duckdb"}
    assert "Open the mart" not in verdict(report("published", exit_code=0, **aside), company)


def test_nothing_new_is_one_line(company: Settings) -> None:
    assert "Nothing new" in verdict(report("nothing_new", exit_code=0), company)


@pytest.mark.parametrize(
    ("state", "exit_code", "strict", "expected"),
    [
        ("held", 0, True, 1),
        ("refused", 0, True, 1),
        ("applied", 0, True, 0),
        ("refused", 0, False, 0),
        ("refused", 3, True, 3),
    ],
)
def test_strict_turns_files_left_aside_into_1(
    state: str, exit_code: int, strict: bool, expected: int
) -> None:
    night = report("nothing_new", exit_code=exit_code, files=[{"state": state}])
    assert run_command.exit_code(night, strict=strict) == expected


def states(config: Path) -> dict[str, str]:
    return {finding.subject: finding.state for finding in doctor.examine(config)}


def test_doctor_leaves_nothing_behind_and_tells_what_is_missing(company: Settings) -> None:
    before = sorted(company.config_path.parent.rglob("*"))
    found = states(company.config_path)
    assert sorted(company.config_path.parent.rglob("*")) == before
    assert {found[name] for name in ("python", "config", "landing", "links and fsync", "lock")} == {
        "ok"
    }


def test_doctor_names_a_run_under_way_and_a_broken_config(company: Settings) -> None:
    with single_run(company):
        assert states(company.config_path)["lock"] == "warn"
    company.config_path.write_text("company: {}", encoding="utf-8")
    result = ask(company, "doctor", "--json")
    assert result.exit_code == 2
    broken = next(one for one in json.loads(result.stdout) if one["subject"] == "config")
    assert broken["state"] == "fail"
    assert broken["remedy"]


def test_doctor_reads_only_the_pins_of_this_machine() -> None:
    lock = (
        "# comment\nagate==1.9.1 \\\n    --hash=sha256:00\n"
        "old==1.0 ; python_full_version < '3.0' \\\nnew==2.0 ; python_full_version >= '3.0' \\\n"
    )
    assert doctor._pinned(lock) == {"agate": "1.9.1", "new": "2.0"}


def plays(listener: progress.Listener) -> None:
    listener.started("extract")
    listener.started("read crm/a.csv")
    listener.finished("read crm/a.csv", seconds=0.2, detail="")
    listener.started("read crm/b.csv")
    listener.finished("read crm/b.csv", seconds=2, detail="7 rows")
    listener.note("v000002 was never published: its file is removed")
    listener.finished("extract", seconds=3, detail="2 files")
    listener.started("register")
    listener.finished("register", seconds=0.1, detail="")


def test_a_log_has_plain_lines_for_steps_that_matter() -> None:
    to = Console(file=StringIO(), width=40, theme=console.THEME)
    plays(Log(to))
    assert to.file.getvalue().splitlines() == [
        "  read crm/b.csv: 7 rows (2.0 s)",
        "v000002 was never published: its file is removed",
        "extract: 2 files (3.0 s)",
        "register (0.1 s)",
    ]


def test_a_terminal_has_the_same_lines_above_the_live_one() -> None:
    to = Console(file=StringIO(), width=80, theme=console.THEME, force_terminal=True)
    plays(Terminal(to, to.status("…")))
    told = to.file.getvalue()
    assert "a.csv" not in told
    assert told.index("b.csv") < told.index("never published") < told.index("extract")
