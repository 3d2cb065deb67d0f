"""What a published file holds: all of three schemas, typed, described, verified."""

import json

import duckdb
import pytest

from pipelines import journal
from pipelines.errors import BlockedError, KpimartError
from pipelines.publish import publish as publishing
from pipelines.publish import verify as verifying
from pipelines.report import CheckResult


def test_only_the_three_schemas_are_published(company):
    company.publish(1)
    found = company.ask("select distinct table_schema from information_schema.tables order by 1")
    assert found == [("kpis",), ("marts",), ("quality",)]
    assert b"ada@example.org" not in company.settings.mart_path.read_bytes()


def test_types_rows_and_views_are_those_of_the_build(company):
    publication = company.publish(3)
    types = company.ask(
        "select column_name, data_type from information_schema.columns "
        "where table_name = 'fct_opportunities' order by ordinal_position"
    )
    assert types == [
        ("the id", "BIGINT"),
        ("rep_key", "VARCHAR"),
        ("stamp", "INTEGER"),
        ("amount", "DECIMAL(18,2)"),
        ("tags", "VARCHAR[]"),
    ]
    assert company.ask("select count(*), sum(amount)::varchar from kpis.a_report") == [
        (100, "3.00")
    ]
    assert (publication.tables, publication.rows) == (4, 7 + 100 + 1 + 1)
    assert publication.bytes == publication.path.stat().st_size


def test_descriptions_reach_the_mart(company):
    company.publish()
    assert company.ask(
        "select comment from duckdb_tables() where table_name = 'fct_opportunities'"
    ) == [("One row per opportunity; it's a fact",)]
    assert company.ask("select comment from duckdb_views() where view_name = 'a_report'") == [
        ("One row per deal",)
    ]
    assert company.ask(
        "select table_name, comment from duckdb_columns() "
        "where column_name = 'amount' and comment is not null order by 1"
    ) == [("a_report", "Amount in EUR, of the view"), ("fct_opportunities", "Amount in EUR")]


def test_every_column_that_publish_adds_is_described(company):
    company.publish()
    undescribed = company.ask(
        "select table_name, column_name from duckdb_columns() where schema_name = 'quality' "
        "and table_name in ('publishes', 'check_results') and comment is null"
    )
    assert undescribed == []


def test_publishes_and_check_results_include_this_publish_and_the_earlier_ones(company):
    warning = CheckResult(
        check="amounts_given",
        table="marts.fct_opportunities",
        severity="warning",
        passed=False,
        rows=2,
        reason="deals without an amount count as zero",
        examples=[{"the id": 4}],
        kpis=("revenue", "win_rate"),
    )
    company.publish(1, check_results=[warning])
    company.publish(2)
    company.publish(3, check_results=[warning])
    assert company.ask(
        "select version, as_of::varchar, inputs_digest, tables, rows from quality.publishes"
    ) == [
        ("v000001", "2026-11-02 00:00:00", "digest-1", 4, 109),
        ("v000002", "2026-11-03 00:00:00", "digest-2", 4, 109),
        ("v000003", "2026-11-04 00:00:00", "digest-3", 4, 109),
    ]
    rows = company.ask("select * from quality.check_results order by version")
    assert [row[0] for row in rows] == ["v000001", "v000003"]
    assert rows[0][1:8] == (
        "amounts_given",
        "marts.fct_opportunities",
        "warning",
        False,
        2,
        "revenue, win_rate",
        "deals without an amount count as zero",
    )
    assert json.loads(str(rows[0][8])) == [{"the id": 4}]


def test_a_failed_critical_check_publishes_nothing(company):
    company.publish(1)
    before = company.settings.mart_path.read_bytes()
    failed = CheckResult(
        check="balances",
        table="run.row_accounting",
        severity="critical",
        passed=False,
        rows=3,
        reason="rows must be accounted for",
    )
    with pytest.raises(BlockedError, match=r"balances on run\.row_accounting: 3 rows"):
        company.publish(2, check_results=[failed])
    assert company.settings.mart_path.read_bytes() == before


def test_the_file_has_the_format_of_old_clients(company):
    path = company.publish().path
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as mart (read_only)")
        tags = connection.execute(
            "select tags['storage_version'] from duckdb_databases() where database_name = 'mart'"
        ).fetchall()
    assert tags == [("v1.2.0+",)]


def test_a_view_on_a_private_relation_is_refused_by_name(company):
    build = company.build()
    with duckdb.connect(build) as connection:
        connection.execute("create view quality.leak as select * from lake.secrets")
    with pytest.raises(BlockedError, match=r"quality\.leak: the view reads something .*lake"):
        company.publish(build=build)
    assert not company.settings.mart_path.exists()
    assert list(company.settings.versions_dir.iterdir()) == []


def test_a_view_that_does_not_answer_is_refused_by_name(company):
    build = company.build()
    with duckdb.connect(build) as connection:
        connection.execute(
            "create view kpis.broken as select cast(rep_name as integer) as n from marts.dim_reps"
        )
    with pytest.raises(BlockedError, match=r'"broken": the published view does not answer: .*Rep'):
        company.publish(build=build)
    assert list(company.settings.versions_dir.iterdir()) == []


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            'delete from mart.marts.fct_opportunities where "the id" = 5',
            r'"fct_opportunities": number of rows is 100 in the build, 99 in the mart',
        ),
        (
            'update mart.marts.fct_opportunities set amount = amount + 0.01 where "the id" = 5',
            r'"fct_opportunities": the sum of column amount is 1\.00 in the build, 1\.01 in the',
        ),
        ("drop view mart.kpis.a_report", r'published views are not those .* "kpis"\."a_report"'),
        ("drop table mart.marts.dim_reps", r'published tables are not those .*"dim_reps"'),
    ],
)
def test_a_copy_that_differs_is_found(company, damage, message):
    mart = company.publish().path
    with duckdb.connect() as connection:
        connection.execute(f"attach '{company.settings.build_path}' as build (read_only)")
        connection.execute(f"attach '{mart}' as mart")
        expected = verifying.contents(connection)
        assert verifying.verify(connection, expected) == 109
        connection.execute("use mart")
        connection.execute(damage)
        with pytest.raises(BlockedError, match=message):
            verifying.verify(connection, expected)


def test_what_verify_refuses_is_not_published(company, monkeypatch):
    company.publish(1)

    def refuse(*_args):
        raise BlockedError("differs")

    monkeypatch.setattr(publishing, "verify", refuse)
    with pytest.raises(BlockedError, match="differs"):
        company.publish(2)
    assert company.stamp() == 1
    assert [path.name for path in company.settings.versions_dir.iterdir()] == ["v000001.duckdb"]
    assert len(journal.files(company.settings.lake_dir, "publishes")) == 1


def test_a_build_without_kpis_is_refused(company):
    build = company.build()
    with duckdb.connect(build) as connection:
        connection.execute("drop table kpis.kpi_statistics")
    with pytest.raises(KpimartError, match="kpi_statistics is not in the build"):
        company.publish(build=build)


def test_a_disk_that_cannot_be_written_is_said_clearly(company):
    company.settings.versions_dir.parent.mkdir(parents=True)
    company.settings.versions_dir.write_text("in the way")
    with pytest.raises(KpimartError, match=r"the mart cannot be written.*run again"):
        company.publish()


def test_a_file_in_the_links_place_is_not_overwritten(company):
    company.settings.mart_path.parent.mkdir(parents=True)
    company.settings.mart_path.write_text("somebody's")
    with pytest.raises(KpimartError, match="this is a file, where the link"):
        company.publish()
    assert company.settings.mart_path.read_text() == "somebody's"


def test_the_link_is_relative_and_the_newest_files_are_kept(company):
    for n in range(1, 6):
        company.publish(n)
    assert str(company.settings.mart_path.readlink()) == "versions/v000005.duckdb"
    kept = sorted(path.name for path in company.settings.versions_dir.iterdir())
    assert kept == ["v000003.duckdb", "v000004.duckdb", "v000005.duckdb"]
