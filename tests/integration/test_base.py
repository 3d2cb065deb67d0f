"""When a night starts from the last published build, and when from nothing."""

from datetime import datetime

import duckdb
import pytest

from pipelines.base import begin_build, is_changed_in_place, keep_build


@pytest.fixture
def company(crm):
    """Its first build was published, with a table of its own."""
    crm.land("deals_2024-01-01.csv", "D1,Open,10,2023-12-01,Ada")
    crm.extract()
    begin_build(crm.settings, definitions="a")
    with duckdb.connect(str(crm.settings.build_path)) as connection:
        connection.execute("create table facts as select 1 as n")
    keep_build(crm.settings)
    return crm


def starts_from_the_last(settings) -> bool:
    with duckdb.connect(str(settings.build_path), read_only=True) as connection:
        names = connection.execute("select table_name from duckdb_tables()").fetchall()
    is_copy = ("facts",) in names
    assert is_changed_in_place(settings) == is_copy
    return is_copy


def test_new_batches_come_on_top_of_the_last_build(company):
    company.land("deals_2024-01-02.csv", "D1,Won,10,2023-12-01,Ada")
    company.extract()
    begin_build(company.settings, definitions="a")
    assert starts_from_the_last(company.settings)
    with duckdb.connect(str(company.settings.build_path)) as connection:
        connection.execute(f"attach '{company.settings.before_path}' as before (read_only)")
        known = "select count(*) from {}run.applied_batches"
        assert connection.execute(known.format("")).fetchall() == [(2,)]
        assert connection.execute(known.format("before.")).fetchall() == [(1,)]


def test_a_night_that_is_not_published_leaves_no_trace(company):
    begin_build(company.settings, definitions="a")
    with duckdb.connect(str(company.settings.build_path)) as connection:
        connection.execute("drop table facts")
    begin_build(company.settings, definitions="a")
    assert starts_from_the_last(company.settings)


@pytest.mark.parametrize(
    "options",
    [
        {"definitions": "b"},
        {"definitions": "a", "afresh": True},
        {"definitions": "a", "as_of_limit": datetime(2024, 1, 5)},
    ],
    ids=["other definitions", "afresh", "as of a day"],
)
def test_built_anew(company, options):
    begin_build(company.settings, **options)
    assert not starts_from_the_last(company.settings)


def test_a_batch_that_no_longer_counts_is_a_reason_to_build_anew(company):
    company.opportunities["values"] = {"owner_name": {"Ada": "Ada L."}}
    company.extract()
    begin_build(company.settings, definitions="a")
    assert not starts_from_the_last(company.settings)


def test_a_base_that_cannot_be_read_is_no_base(company):
    company.settings.base_path.write_bytes(b"half a file")
    begin_build(company.settings, definitions="a")
    assert not starts_from_the_last(company.settings)


def test_once_published_a_build_is_not_changed_again(company):
    begin_build(company.settings, definitions="a")
    keep_build(company.settings)
    assert not is_changed_in_place(company.settings)
