"""Dagster's event log through kept connections: few of them, and files as Dagster writes them."""

import sqlite3
from collections import Counter
from pathlib import Path

import dagster as dg
import psutil
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy import event
from sqlalchemy.pool import Pool

from pipelines.event_log import EventLog
from pipelines.night import prepare_instance
from tests.tiny_company import Company


@dg.asset
def a_table() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"rows": 3})


@pytest.fixture
def run_once(company: Company, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str, Counter[str]]:
    """A run in the company's Dagster home: its folder, its id, and how often a file was opened."""
    home = prepare_instance(company.settings)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    opened: Counter[str] = Counter()

    def count(connection: sqlite3.Connection, _: object) -> None:
        rows = connection.execute("pragma database_list").fetchall()
        opened[Path(rows[0][2]).name] += 1

    event.listen(Pool, "connect", count)
    try:
        with dg.DagsterInstance.get() as instance:
            assert isinstance(instance.event_log_storage, EventLog)
            result = dg.materialize([a_table], instance=instance)
    finally:
        event.remove(Pool, "connect", count)
    return home, result.run_id, opened


def test_a_run_opens_its_log_once(run_once: tuple[Path, str, Counter[str]]) -> None:
    _, run_id, opened = run_once
    assert opened[f"{run_id}.db"] == 1


def test_dagster_reads_what_was_logged(run_once: tuple[Path, str, Counter[str]]) -> None:
    home, run_id, _ = run_once
    log = SqliteEventLogStorage(str(home / "history" / "runs"))
    logged = {one.dagster_event_type for one in log.get_logs_for_run(run_id)}
    assert {dg.DagsterEventType.RUN_SUCCESS, dg.DagsterEventType.ASSET_MATERIALIZATION} <= logged
    assert log.get_latest_materialization_events([dg.AssetKey("a_table")])


def test_pages_that_read_many_runs_leave_few_files_open(company: Company) -> None:
    home = prepare_instance(company.settings)
    log = EventLog(str(home / "history" / "runs"))
    for number in range(20):
        assert log.get_logs_for_run(f"run-{number}") == []
    names = {Path(file.path).name for file in psutil.Process().open_files()}
    log.dispose()
    of_runs = {name for name in names if name.startswith("run-") and name.endswith(".db")}
    assert "run-19.db" in of_runs
    assert len(of_runs) <= 4
