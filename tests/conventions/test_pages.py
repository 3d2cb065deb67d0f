"""The pages are true: commands run, examples work, links lead somewhere, lists are complete.

Every command of an `sh` or `cron` block is in a table here that says how it is proven: run on a
copy of the demo company, or by another test that is named. A command that is in no table fails.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy
import yaml

from data_quality.checks import Check
from docs.make_pictures import PICTURE, scorecard_svg
from pipelines.commands.quality import MEANINGS
from pipelines.errors import BlockedError, ConfigError, KpimartError, NothingReadableError
from pipelines.extract.run import extract, inspect
from pipelines.publish.as_of import export
from pipelines.publish.reasons import REASONS
from pipelines.settings import PROJECT_DIR, Settings, load_settings
from tests.conventions.test_kpi_by_yaml import MEANING, MEASURE, METRICS
from tests.conventions.test_kpi_by_yaml import MEANINGS as KPI_MEANINGS
from tests.nights import ask, play_night

PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/architecture.md",
    "docs/history-and-identity.md",
    "docs/runbook.md",
    "docs/glossary.md",
    "docs/decisions.md",
    "docs/company-files.md",
    "docs/examples/mapped-crm/README.md",
)
FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
ROOTS = ("pipelines/", "dbt_project/", "data_quality/", "tests/", "docs/", "benchmarks/")

# Run on a copy of the demo company; what the output has to hold.
RUN = {
    "kpimart scorecard": "Win rate",
    "kpimart scorecard --scope team": "by team",
    "kpimart explain win_rate": "95 % interval",
    "kpimart waterfall --from 2026-06-30 --to 2026-09-30": "end of 2026-09-30",
    "kpimart waterfall --from 2026-08-15 --to 2026-09-15 --scope team --dated-in 2026-Q3": "EMEA",
    "kpimart inspect": "opportunity",
    "kpimart status": "Last nights",
    "kpimart status --json": '"nights"',
    "kpimart versions": "current",
    "kpimart doctor": "links and fsync",
    'kpimart rollback VERSION --reason "wrong quotas"': "until the next publish",
    'kpimart rollback VERSION --pin --reason "quarter close"': "until: kpimart rollback",
    'kpimart accept BATCH --reason "the East team was dissolved"': "is accepted",
    "kpimart init my-company": "kpimart inspect",
}
# Proven by another test; those of `kpimart run` would start a night.
INVARIANTS = "tests/end_to_end/test_invariants.py"
ELSEWHERE = {
    "kpimart run": f"{INVARIANTS}::test_a_blocked_night_leaves_the_mart_and_says_why",
    "kpimart run --strict": "tests/unit/test_cli_commands.py"
    "::test_strict_turns_files_left_aside_into_1",
    "kpimart run --full-refresh": f"{INVARIANTS}::test_the_lake_is_enough",
    "kpimart run --as-of 2026-06-30": "tests/conventions/test_pages.py"
    "::test_the_state_of_another_day_is_built_beside_the_mart",
    "kpimart reingest": "tests/end_to_end/test_reingest.py"
    "::test_a_mended_config_reads_what_was_set_aside_and_publishes_it",
    "kpimart rollback --unpin": "tests/unit/test_cli_reading.py::test_versions_and_rollback",
    "kpimart explain large_deals_won": "tests/conventions/test_kpi_by_yaml.py"
    "::test_the_values_are_right",
    "make docs": "tests/conventions/test_pages.py::test_the_scorecard_picture_is_the_demos",
}
# Statements about what a first night cannot have; a test asks them of a company that has it.
ASKED_ELSEWHERE = {
    "from quality.schema_drift": "tests/end_to_end/test_reingest.py"
    "::test_the_runbooks_statement_tells_the_new_column",
    "from quality.restatements": "tests/end_to_end/test_worked_restatements.py"
    "::test_the_runbooks_statement_names_the_records",
}
# Targets of the Makefile; the recipes of those in CI are run by it, before and around this test.
MAKE = {
    "make demo": "kpimart sample",
    "make test": "pytest",
    "make check": "ruff",
    "make install": "requirements.lock",
    "make dev": "dg dev",
    "make docs": "docs.make_pictures",
}
# They change the shell or the clone; nothing of this project is in them.
SHELL = {
    "source .venv/bin/activate",
    "cd my-company",
    "export KPIMART_CONFIG=my-company/kpimart.yml",
    "git pull",
}


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block of a page; `language` is the whole info string."""

    page: str
    language: str
    text: str


def text_of(page: str) -> str:
    return (PROJECT_DIR / page).read_text(encoding="utf-8")


def blocks(language: str, *pages: str) -> list[Block]:
    return [
        Block(page=page, language=info.strip(), text=_dedented(text, len(indent)))
        for page in pages or PAGES
        for indent, info, text in FENCE.findall(text_of(page))
        if info.strip() == language
    ]


def _dedented(text: str, indent: int) -> str:
    return "\n".join(line[indent:] for line in text.splitlines())


def prose(page: str) -> str:
    return FENCE.sub("", text_of(page))


def only(language: str, page: str) -> str:
    (block,) = blocks(language, page)
    return block.text


def commands() -> list[tuple[str, str]]:
    """Page and command: without paths and settings before it, as the tables have it."""
    found = [
        (block.page, plain(line))
        for block in blocks("sh")
        for line in block.text.splitlines()
        if line.strip()
    ]
    found += [
        (block.page, plain(line.split(maxsplit=5)[5]))
        for block in blocks("cron")
        for line in block.text.splitlines()
    ]
    return sorted(set(found))


def plain(line: str) -> str:
    without = re.sub(r"^([A-Z_]+=\S+ )+", "", line.strip())
    without = re.sub(r"^\S+/kpimart ", "kpimart ", without)
    return re.sub(r" [A-Z_]+=\S+", "", without) if without.startswith("make ") else without


def problem_with(command: str) -> str | None:
    """Why a command is not proven, if so."""
    if command in MAKE:
        return _problem_with_target(command)
    if command in ELSEWHERE:
        return _problem_with_test(ELSEWHERE[command])
    if command.startswith(".venv/bin/python -m pytest "):
        words = [word for word in shlex.split(command)[3:] if word.startswith("tests")]
        missing = [word for word in words if not (PROJECT_DIR / word).exists()]
        return f"there is no {', '.join(missing)}" if missing or not words else None
    if command in RUN or command in SHELL:
        return None
    return "it is in no table of this test: say how it is proven"


def _problem_with_target(command: str) -> str | None:
    makefile = text_of("Makefile")
    name = command.split()[1]
    if not re.search(rf"^{name}:.*##", makefile, re.MULTILINE):
        return f"the Makefile has no target {name}"
    is_there = MAKE[command] in makefile
    return None if is_there else f"the Makefile says nothing of {MAKE[command]}"


def _problem_with_test(where: str) -> str | None:
    path, _, name = where.partition("::")
    file = PROJECT_DIR / path
    if not file.is_file():
        return f"there is no {path}"
    return None if f"def {name}(" in file.read_text(encoding="utf-8") else f"no {name} in {path}"


@pytest.mark.parametrize(("page", "command"), commands())
def test_every_command_is_proven(page: str, command: str) -> None:
    assert problem_with(command) is None, f"{page}: {command}: {problem_with(command)}"


@pytest.mark.parametrize(
    "command",
    [
        "kpimart runn",
        "kpimart scorecard --scope teem",
        "make coffee",
        ".venv/bin/python -m pytest tests/none.py",
        ".venv/bin/python -m pytest",
    ],
)
def test_an_unproven_command_is_found(command: str) -> None:
    assert problem_with(command) is not None


def test_the_tables_have_nothing_else() -> None:
    used = {command for _, command in commands()}
    assert (set(RUN) | set(ELSEWHERE) | set(MAKE) | SHELL) - used == set()


def test_ci_runs_make_test() -> None:
    assert "make test" in text_of(".ci/run")
    assert re.search(r"^test: check", text_of("Makefile"), re.MULTILINE)


@pytest.fixture(scope="module")
def company(demo_night: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A copy of the published demo company, with a batch that waits to be accepted."""
    folder = tmp_path_factory.mktemp("pages") / "company"
    shutil.copytree(demo_night.config_path.parent, folder, symlinks=True)
    settings = load_settings(folder / "kpimart.yml")
    crm = settings.landing_dir / "salesforce"
    lines = (crm / "Opportunity_2026-10-14.csv").read_text(encoding="utf-8").splitlines()
    half = "\n".join(lines[: len(lines) // 2])
    (crm / "Opportunity_2026-10-15.csv").write_text(half + "\n", encoding="utf-8")
    extract(settings)
    return settings


def kpimart(settings: Settings, command: str) -> subprocess.CompletedProcess[str]:
    (held,) = (entry.batch for entry in inspect(settings) if entry.state == "held")
    names = {"VERSION": "v000001", "BATCH": str(held)}
    program = str(Path(sys.executable).with_name("kpimart"))
    words = [names.get(word, word) for word in shlex.split(command)[1:]]
    return subprocess.run(
        [program, *words],
        cwd=settings.config_path.parent,
        env={**os.environ, "KPIMART_CONFIG": str(settings.config_path), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("command", [one for one in RUN if "accept" not in one])
def test_a_command_of_the_pages_runs(company: Settings, command: str) -> None:
    done = kpimart(company, command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert RUN[command] in done.stdout


def test_a_held_batch_is_accepted_as_the_runbook_says(company: Settings, tmp_path: Path) -> None:
    (command,) = (one for one in RUN if "accept" in one)
    folder = tmp_path / "company"
    shutil.copytree(company.config_path.parent, folder, symlinks=True)
    done = kpimart(load_settings(folder / "kpimart.yml"), command)
    assert done.returncode == 0, done.stderr
    assert RUN[command] in done.stdout


@pytest.mark.parametrize("option", ["--strict", "--full-refresh", "--as-of", "--json"])
def test_the_options_of_a_run_are_there(option: str) -> None:
    program = str(Path(sys.executable).with_name("kpimart"))
    done = subprocess.run([program, "run", "--help"], capture_output=True, text=True, check=True)
    assert option in done.stdout


def test_the_state_of_another_day_is_built_beside_the_mart(company: Settings) -> None:
    before = company.mart_path.readlink()
    path = export(company, build=company.build_path, name="2026-06-30")
    assert path == company.mart_path.parent / "as_of" / "2026-06-30.duckdb"
    with duckdb.connect(str(path), read_only=True) as mart:
        assert mart.execute("select count(*) > 0 from kpis.kpi_values").fetchall() == [(True,)]
    assert company.mart_path.readlink() == before


def statements() -> Iterator[tuple[str, str]]:
    for block in blocks("sql"):
        for statement in block.text.split(";"):
            if statement.strip():
                yield block.page, statement.strip()


@pytest.mark.parametrize(("page", "statement"), list(statements()))
def test_sql_of_the_pages_answers(
    demo_night: Settings, mapped_night: Settings, page: str, statement: str
) -> None:
    is_about_faults = "quality." in statement  # of which the demo has few
    answer = ask(demo_night, statement) or (is_about_faults and ask(mapped_night, statement))
    elsewhere = [test for text, test in ASKED_ELSEWHERE.items() if text in statement]
    assert answer or [_problem_with_test(test) for test in elsewhere] == [None], page


@pytest.fixture
def clone(demo_night: Settings, tmp_path: Path) -> Path:
    """A folder in which demo/mart is, as in a clone after `make demo`."""
    (tmp_path / "demo").symlink_to(demo_night.config_path.parent)
    return tmp_path


def test_python_of_the_readme_runs(clone: Path) -> None:
    code = only("python", "README.md") + "\nassert len(revenue) > 2, revenue\n"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=clone, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_address_for_bi_opens_the_mart(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clone)
    addresses = re.findall(r"`(duckdb://[^`]+)`", text_of("README.md"))
    assert len(addresses) == 1
    engine = sqlalchemy.create_engine(addresses[0])
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("select count(*) from kpis.kpi_values").fetchall()
        with pytest.raises(sqlalchemy.exc.DBAPIError):
            connection.exec_driver_sql("create table kpis.mine (n int)")
    engine.dispose()
    assert rows[0][0] > 0


HEADERS = "Opportunity ID,Opportunity Name,Account Name,Owner,Stage,Amount,Created Date,Close Date"
DEALS = """\
1,Pumps,Acme,Ana,Closed Won,1200.50,2026-01-05,2026-02-10
2,Valves,Birch,Ben,Closed Lost,800,2026-01-20,2026-02-28
3,Pipes,Acme,Ana,Closed Won,300,2026-02-01,2026-03-15
4,Tanks,Cedar,Ben,Proposal,5000,2026-03-01,
"""


def test_the_five_steps_lead_to_a_mart_of_ones_own(mapped_night: Settings, tmp_path: Path) -> None:
    program = str(Path(sys.executable).with_name("kpimart"))
    made = subprocess.run(
        [program, "init", "my-company"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "landing/crm" in made.stdout
    settings = load_settings(tmp_path / "my-company" / "kpimart.yml")
    export_path = settings.landing_dir / "crm" / "opportunities.csv"
    export_path.write_text(f"{HEADERS}\n{DEALS}", encoding="utf-8")
    shutil.copytree(mapped_night.dbt_dir, settings.dbt_dir)  # what dbt would parse anew
    looked = subprocess.run(
        [program, "--config", str(settings.config_path), "inspect"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "4 rows: 4 new" in looked.stdout
    play_night(settings)
    won = ask(
        settings,
        "select value from kpis.kpi_values where kpi = 'revenue' and scope = 'company' "
        "and grain = 'year' and period_start = '2026-01-01'",
    )
    assert won == [(1500.5,)]


def test_the_small_config_of_the_example_reads_its_export(tmp_path: Path) -> None:
    config = tmp_path / "kpimart.yml"
    config.write_text(only("yaml", "docs/examples/mapped-crm/README.md"), encoding="utf-8")
    settings = load_settings(config)
    (source,) = settings.sources
    headers = ";".join(source.objects["opportunities"].columns.values())
    landing = settings.landing_dir / source.name
    landing.mkdir(parents=True)
    rows = "1;A;B;C;Gewonnen;10.50;05.01.2026;10.02.2026\n2;A;B;C;Neu;;03.04.2026;\n"
    (landing / "deals-2026-06-30.csv").write_text(f"{headers}\n{rows}", encoding="utf-8")
    (outcome,) = inspect(settings)
    assert (outcome.state, outcome.counts.new_rows) == ("applied", 2), outcome.reason


def parts() -> list[dict[str, Any]]:
    return [
        yaml.safe_load(block.text)
        for block in blocks("yaml part", "docs/examples/mapped-crm/README.md")
    ]


@pytest.mark.parametrize("part", parts(), ids=lambda part: "-".join(part))
def test_a_part_of_the_example_fits_the_small_config(tmp_path: Path, part: dict[str, Any]) -> None:
    config = yaml.safe_load(only("yaml", "docs/examples/mapped-crm/README.md"))
    config["company"] |= part.pop("company", {})
    (crm,) = config["sources"]
    for source in part.pop("sources", []):
        if source["name"] == crm["name"]:
            crm["objects"] |= source["objects"]
        else:
            config["sources"].append(source)
    path = tmp_path / "kpimart.yml"
    path.write_text(yaml.safe_dump(config | part, sort_keys=False), encoding="utf-8")
    assert load_settings(path).sources[0].name == crm["name"]


def test_the_kpi_of_contributing_is_the_one_that_is_proven() -> None:
    (measure,) = yaml.safe_load(only("yaml measure", "CONTRIBUTING.md"))
    assert measure == MEASURE
    (metric,) = yaml.safe_load(only("yaml metric", "CONTRIBUTING.md"))
    name = metric["name"]
    assert {key: metric[key] for key in ("type", "type_params")} == METRICS[name]
    meta: dict[str, Any] = metric["config"]["meta"]["kpimart"]
    assert meta == {"kpi": name, **MEANING, **KPI_MEANINGS[name], "formula": meta["formula"]}


def test_the_check_of_contributing_is_one() -> None:
    found: dict[str, Any] = {}
    code = only("python", "CONTRIBUTING.md").replace("\nCheck(", "\ncheck = Check(")
    exec(compile(code, "CONTRIBUTING.md", "exec"), found)
    assert isinstance(found["check"], Check)
    assert len(found["check"].reason.split()) >= 6


def test_the_source_of_contributing_loads(tmp_path: Path) -> None:
    sources = yaml.safe_load(only("yaml source", "CONTRIBUTING.md"))
    company = {"name": "A", "currency": "EUR", "timezone": "Europe/Vienna"}
    path = tmp_path / "kpimart.yml"
    path.write_text(yaml.safe_dump({"company": company, "sources": sources}), encoding="utf-8")
    assert [source.name for source in load_settings(path).sources] == ["support"]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    broken = list(broken_links(page, prose(page)))
    assert broken == []


def broken_links(page: str, text: str) -> Iterator[str]:
    for target in LINK.findall(text):
        if "://" in target:
            yield f"{target}: pages link to this project only"
            continue
        path, _, anchor = target.partition("#")
        file = (PROJECT_DIR / page).parent / path if path else PROJECT_DIR / page
        if not file.exists():
            yield f"{target}: there is no such file"
        elif anchor and anchor not in anchors(file.read_text(encoding="utf-8")):
            yield f"{target}: there is no such heading"


def anchors(text: str) -> set[str]:
    """The headings of a page, as addresses."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize(
    "target", ["nowhere.md", "docs/runbook.md#nothing", "#nothing", "https://example.org"]
)
def test_a_broken_link_is_found(target: str) -> None:
    assert list(broken_links("README.md", f"[a]({target})"))


@pytest.mark.parametrize("page", PAGES)
def test_what_pages_name_is_there(page: str) -> None:
    assert list(missing_names(prose(page))) == []


def missing_names(text: str) -> Iterator[str]:
    """Files and tests in code type that are not in the tree."""
    for code in CODE.findall(text):
        if not code.startswith(ROOTS) or re.search(r"[<…*\s]", code):
            continue
        if "::" in code:
            problem = _problem_with_test(code)
            if problem:
                yield problem
        elif not (PROJECT_DIR / code).exists():
            yield f"there is no {code}"


def test_a_missing_name_is_found() -> None:
    text = "`pipelines/none.py` `tests/nights.py::test_none` `tests/<name>.py` `tests/nights.py`"
    assert len(list(missing_names(text))) == 2


def test_relations_that_pages_name_are_in_the_mart(demo_night: Settings) -> None:
    known = {
        f"{schema}.{name}"
        for schema, name in ask(
            demo_night,
            "select table_schema, table_name from information_schema.tables union all "
            "select schema_name, function_name from duckdb_functions() where not internal",
        )
    }
    pattern = re.compile(r"^((?:kpis|marts|quality)\.[a-z_]+)")
    named = {
        found[1]
        for page in PAGES
        for code in CODE.findall(prose(page))
        if (found := pattern.match(code))
    }
    assert len(named) > 5
    assert named - known == set()


def rows_of(page: str, *, title: str) -> list[list[str]]:
    """The cells of the tables below a heading, without their head."""
    section = re.split(rf"^## {re.escape(title)}$", text_of(page), flags=re.MULTILINE)[1]
    section = re.split(r"^## ", section, flags=re.MULTILINE)[0]
    lines = [line.strip("| ") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split(" | ")] for line in lines[2:]]


def test_every_reason_of_a_restatement_is_in_the_glossary() -> None:
    assert dict(rows_of("docs/glossary.md", title="Reasons of restatements")) == REASONS


def test_every_quality_code_is_in_the_glossary() -> None:
    rows = rows_of("docs/glossary.md", title="Quality codes")
    assert {code.strip("`"): words for code, words in rows} == MEANINGS


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    extras = {**project["optional-dependencies"]}
    for title, wanted in (
        ("At run time", project["dependencies"]),
        ("For development", [one for one in extras.pop("dev") if not one.startswith("kpimart")]),
        ("As extras", [one for extra in extras.values() for one in extra]),
    ):
        rows = rows_of("docs/decisions.md", title=title)
        named = [name.strip("`") for row in rows for name in row[0].split(", ")]
        assert sorted(named) == sorted(re.split(r"[\[=<>]", one)[0] for one in wanted)


def test_the_settings_of_the_runbook_have_these_defaults(tmp_path: Path) -> None:
    path = tmp_path / "kpimart.yml"
    path.write_text(only("yaml", "docs/examples/mapped-crm/README.md"), encoding="utf-8")
    settings = load_settings(path).model_dump()
    for key, _, default in rows_of("docs/runbook.md", title="Settings for operation"):
        value: Any = settings
        for part in key.strip("`").split("."):
            value = value[part]
        assert str(value) == default.strip("`"), key


def test_the_runbook_has_every_exit_code() -> None:
    codes = [int(row[0]) for row in rows_of("docs/runbook.md", title="What the exit code says")]
    errors = (BlockedError, ConfigError, NothingReadableError, KpimartError)
    assert codes == [0, *(error.exit_code for error in errors)]


def test_the_scorecard_picture_is_the_demos(demo_night: Settings) -> None:
    is_current = PICTURE.read_text(encoding="utf-8") == scorecard_svg(demo_night)
    assert is_current, "the scorecard has changed; draw its picture anew with: make docs"


@pytest.mark.parametrize("name", ["flow.svg", "scorecard.svg"])
def test_pictures_fetch_nothing(name: str) -> None:
    text = (PROJECT_DIR / "docs" / "pictures" / name).read_text(encoding="utf-8")
    addresses = set(re.findall(r"https?://[^\"'\s)]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}
