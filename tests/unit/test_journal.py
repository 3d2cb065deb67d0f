"""The journal is appended to, whole files at a time, and read back typed."""

from datetime import datetime

import duckdb
import pytest

from pipelines import journal


def _rows(lake_dir, kind):
    return duckdb.sql(f"select * from ({journal.select(lake_dir, kind)})")


def test_an_empty_journal_has_columns_and_no_rows(tmp_path):
    empty = _rows(tmp_path, "publishes")
    assert empty.columns == [*journal.COLUMNS["publishes"], "journal_file"]
    assert empty.fetchall() == []
    assert not (tmp_path / "_journal").exists()


def test_every_append_is_a_file_of_its_own(tmp_path):
    for number in (1, 2):
        decision = {
            "batch": f"b{number}",
            "decided_at": datetime.fromisoformat(f"2024-01-{number:02d}"),
        }
        journal.append_rows(tmp_path, "decisions", [decision])

    names = [path.name for path in journal.files(tmp_path, "decisions")]
    assert names == ["000001.parquet", "000002.parquet"]
    found = _rows(tmp_path, "decisions")
    assert found.project("batch, decided_at, reason").fetchall() == [
        ("b1", datetime.fromisoformat("2024-01-01"), None),
        ("b2", datetime.fromisoformat("2024-01-02"), None),
    ]


def test_a_relation_is_appended_with_columns_of_its_own(tmp_path):
    with duckdb.connect() as connection:
        connection.execute("create table night as select 'v1' as version, 3 as tries")
        journal.append(tmp_path, "publishes", "select * from night", connection=connection)
    assert _rows(tmp_path, "publishes").project("version, as_of, tries").fetchall() == [
        ("v1", None, 3)
    ]


def test_an_unknown_column_is_an_error_and_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="journal decisions: no column bach"):
        journal.append_rows(tmp_path, "decisions", [{"bach": "b1"}])
    assert journal.files(tmp_path, "decisions") == []


def test_an_append_that_fails_leaves_no_file(tmp_path):
    with duckdb.connect() as connection, pytest.raises(duckdb.CatalogException):
        journal.append(tmp_path, "publishes", "select * from nowhere", connection=connection)
    assert list((tmp_path / "_journal" / "publishes").iterdir()) == []
