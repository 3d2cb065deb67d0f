"""What extraction registers for dbt, and that its accounting can fail."""

import duckdb
import pytest

from pipelines.errors import NothingReadableError
from pipelines.extract import ledger
from pipelines.extract.objects import object_shapes
from pipelines.extract.relations import register


def test_every_object_has_a_relation_with_its_columns_and_types(crm):
    crm.land(
        "deals_2024-01-01.csv",
        "D1,Open,10,2023-12-01,Ada,web",
        header="id,stage,amount,created,owner,Via",
    )
    crm.extract()
    for shape in object_shapes().values():
        described = crm.query(f"describe lake.mapped__{shape.name}")
        types = {name: kind.lower() for name, kind, *_ in described}
        expected = {column.name: column.sql_type for column in shape.columns.values()}
        extra = {"x_via": "varchar"} if shape.name == "opportunities" else {}
        row = {"_key": "varchar", "_source": "varchar", "_as_of": "timestamp"}
        row |= {"_batch": "varchar", "_row": "bigint", "_op": "varchar"}
        assert types == {**expected, **extra, **row}


def test_a_column_that_comes_later_is_null_before(tolerant_crm):
    crm = tolerant_crm
    crm.land("deals_2024-01-01.csv", "D1,Open,10,2023-12-01,Ada")
    crm.land(
        "deals_2024-01-02.csv",
        "D1,Open,10,2023-12-01,Ada,web",
        header="id,stage,amount,created,owner,Via",
    )
    crm.land("deals_2024-01-03.csv", "D1,Open,10,2023-12-01,Ada")
    crm.extract()
    assert crm.query("select x_via from lake.mapped__opportunities order by _as_of") == [
        (None,),
        ("web",),
        (None,),
    ]


def test_an_empty_lake_registers_nothing(crm):
    with pytest.raises(NothingReadableError, match=r"no batch is applied\. Put exports into"):
        crm.query("select 1")


def test_a_source_that_left_the_config_no_longer_counts(crm):
    crm.land("deals_2024-01-01.csv", "D1,Open,10,2023-12-01,Ada")
    crm.land("users.csv", "U1,Ada", header="user,name")
    crm.extract()
    settings = crm.settings
    (source,) = settings.sources
    without = source.model_copy(update={"objects": {"users": source.objects["users"]}})
    with duckdb.connect() as connection:
        register(settings.model_copy(update={"sources": (without,)}), connection)
        assert connection.execute("select count(*) from lake.mapped__opportunities").fetchall() == [
            (0,)
        ]


def test_the_objects_balance_fails_when_a_stored_row_is_gone(crm):
    crm.land_deals(1, D1=10, D2=20)
    crm.extract()
    balance = (
        "select versions = current_rows + superseded_rows + deleted_rows + merged_rows "
        "from run.object_rows"
    )
    assert crm.query(balance) == [(True,)]

    (entry,) = ledger.read(crm.settings.lake_dir).applied_batches()
    path = ledger.batch_file(crm.settings.lake_dir, entry)
    duckdb.sql(f"copy (select * from '{path}' limit 1) to '{path}.less' (format parquet)")
    path.with_name("data.parquet.less").replace(path)

    assert crm.query(balance) == [(False,)]


def test_the_context_is_the_newest_applied_moment_in_the_companys_zone(crm):
    crm.more = {"company": {"name": "Tiny", "currency": "EUR", "timezone": "Pacific/Auckland"}}
    crm.land_deals(31, D1=10)
    crm.extract()
    assert crm.query("select as_of::text, as_of_on::text, new_window_days from run.context") == [
        ("2024-01-31 11:00:00", "2024-01-31", 30)
    ]


def test_the_calendar_covers_the_data_and_the_running_fiscal_year(crm):
    crm.land_deals(1, D1=10)
    crm.extract()
    assert crm.query("select min(date_on)::text, max(date_on)::text from run.calendar_days") == [
        ("2022-01-01", "2024-12-31")
    ]
