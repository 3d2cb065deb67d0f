"""The promises of the design, on the mapped company: accounting, lake, repetition, blocking."""

import csv
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from data_quality.suites import door
from data_quality.validation import validate
from pipelines.extract.run import extract
from pipelines.lock import single_run
from pipelines.night import inputs_digest, run_night
from pipelines.settings import Settings, load_settings
from tests.nights import ask, play_night

NEXT_DAY = "opportunities_2026-10-01.csv"


@pytest.fixture
def company(mapped_night: Settings, tmp_path: Path) -> Settings:
    """A copy of the published mapped company, to play more nights with."""
    folder = tmp_path / "company"
    shutil.copytree(mapped_night.config_path.parent, folder, symlinks=True)
    return load_settings(folder / "kpimart.yml")


def contents(path: Path) -> dict[str, str]:
    """One digest per published table and view: of all rows, in any order."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_name not in ('publishes', 'check_results') order by 1"
        ).fetchall()
        return {
            name: hashlib.sha256(
                "\n".join(sorted(str(row) for row in connection.table(name).fetchall())).encode()
            ).hexdigest()
            for (name,) in names
        }


def kpimart(settings: Settings, *args: str) -> subprocess.Popen[str]:
    script = Path(sys.executable).with_name("kpimart")
    command = [str(script), "--config", str(settings.config_path), *args]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def opportunities(settings: Settings) -> Path:
    return settings.landing_dir / "crm" / "opportunities_2026-09-30.csv"


def rows_of(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.reader(file)


def test_every_row_is_accounted_for(mapped_night: Settings) -> None:
    files = ask(
        mapped_night,
        "select object, rows_read, new_rows + changed_rows + unchanged_rows + quarantined_rows "
        "+ skipped_rows, quarantined_rows, skipped_rows from quality.row_accounting",
    )
    assert len(files) == 6
    assert all(row[1] == row[2] for row in files)
    assert next(row[3:] for row in files if row[0] == "opportunities") == (5, 2)
    quarantined = ask(mapped_night, "select count(*), count(line) from quality.quarantined_rows")
    assert quarantined == [(5, 5)]


def test_a_row_that_gets_lost_blocks_the_night(company: Settings) -> None:
    with duckdb.connect(str(company.build_path)) as connection:
        connection.execute(
            "update run.row_accounting set rows_read = rows_read + 1 where object = 'accounts'"
        )
    failed = [
        one for one in validate(company.build_path, door.suites(company.systems)) if one.blocks
    ]
    assert [(one.check, one.table, one.rows) for one in failed] == [
        ("every_row_is_accounted_for", "run.row_accounting", 1)
    ]


def test_the_lake_is_enough(company: Settings) -> None:
    before = contents(company.mart_path)
    shutil.rmtree(company.mart_path.parent)
    shutil.rmtree(company.build_path.parent)
    shutil.rmtree(company.base_path.parent)
    shutil.rmtree(company.landing_dir)
    play_night(company, read_landing=False)
    assert contents(company.mart_path) == before


def test_the_same_file_by_another_name_changes_nothing(company: Settings) -> None:
    before = company.mart_path.read_bytes()
    again = company.landing_dir / "crm" / "opportunities_sent_again_2026-09-30.csv"
    shutil.copy(opportunities(company), again)
    ledger = sorted(path.name for path in (company.lake_dir / "_ledger").iterdir())
    report = run_night(company)
    assert (report.outcome, report.exit_code) == ("nothing_new", 0)
    assert sorted(path.name for path in (company.lake_dir / "_ledger").iterdir()) == ledger
    assert company.mart_path.read_bytes() == before


def test_a_blocked_night_leaves_the_mart_and_says_why(company: Settings) -> None:
    before = company.mart_path.read_bytes()
    target = company.mart_path.readlink()
    header, *rows = rows_of(opportunities(company))
    amount = header.index("Deal Value")
    with (company.landing_dir / "crm" / NEXT_DAY).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for number, row in enumerate(rows):
            spoilt = number % 3 == 0 and len(row) == len(header)
            writer.writerow([*row[:amount], "much", *row[amount + 1 :]] if spoilt else row)
    run = kpimart(company, "run")
    output, _ = run.communicate(timeout=240)
    assert run.returncode == 1, output
    assert "quarantined_rows_below_20_percent" in output
    assert "run.row_accounting" in output
    assert NEXT_DAY in output
    assert company.mart_path.readlink() == target
    assert company.mart_path.read_bytes() == before


def test_a_collapsed_export_is_held_and_the_night_goes_on(company: Settings) -> None:
    header, *rows = rows_of(opportunities(company))
    with (company.landing_dir / "crm" / NEXT_DAY).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows[: len(rows) // 2]])
    states = {file.file_name: file.state for file in extract(company).files}
    assert states[NEXT_DAY] == "held"
    play_night(company)
    held = ask(company, "select object, file_name from quality.held_batches")
    assert held == [("opportunities", NEXT_DAY)]
    stale = ask(
        company,
        "select distinct grain, is_complete from kpis.kpi_values "
        "where quality like '%stale%' and kpi = 'revenue'",
    )
    assert ask(company, "select count(*) from marts.fct_opportunities where is_deleted") == [(0,)]
    assert sorted(stale) == [("week", False), ("year", False)]  # the month and quarter are over


def test_only_the_published_schemas_are_in_the_file(mapped_night: Settings) -> None:
    schemas = ask(mapped_night, "select distinct table_schema from information_schema.tables")
    assert {row[0] for row in schemas} == {"marts", "kpis", "quality"}


def test_descriptions_are_in_the_database(mapped_night: Settings) -> None:
    bare = ask(
        mapped_night,
        "select schema_name, table_name, column_name from duckdb_columns() "
        "where schema_name in ('marts', 'kpis', 'quality') and comment is null",
    )
    assert bare == []


def test_a_held_batch_is_news(company: Settings) -> None:
    before = inputs_digest(company, code="same")
    header, *rows = rows_of(opportunities(company))
    with (company.landing_dir / "crm" / NEXT_DAY).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows[: len(rows) // 2]])
    extract(company)
    assert inputs_digest(company, code="same") != before


def test_a_second_run_is_told_who_holds_the_lock(company: Settings) -> None:
    with single_run(company, purpose="rollback"):
        run = kpimart(company, "run")
        output, _ = run.communicate(timeout=120)
    assert run.returncode == 2, output
    assert "another run holds the lock: kpimart rollback, process" in output
