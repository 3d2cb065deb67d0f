"""A real CRM export loads from its example config alone."""

import os
import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines.extract.relations import register
from pipelines.extract.run import extract
from pipelines.settings import PROJECT_DIR, load_settings

VARIABLE = "KPIMART_REAL_DATA"

pytestmark = pytest.mark.skipif(
    VARIABLE not in os.environ, reason=f"{VARIABLE} does not name the folder of the real exports"
)


@pytest.fixture
def real(tmp_path):
    shutil.copy(PROJECT_DIR / "docs" / "examples" / "mapped-crm" / "kpimart.yml", tmp_path)
    landing = tmp_path / "landing" / "maven"
    landing.mkdir(parents=True)
    for path in (Path(os.environ[VARIABLE]) / "maven_crm").glob("*.csv"):
        shutil.copyfile(path, landing / path.name)
    return load_settings(tmp_path / "kpimart.yml")


def test_the_real_export_loads_without_a_rejected_row(real):
    extraction = extract(real)

    counts = {file.object: file.counts for file in extraction.files if file.state == "applied"}
    assert {name: found.new_rows for name, found in counts.items()} == {
        "opportunities": 8_800,
        "accounts": 85,
        "users": 35,
        "products": 7,
    }
    assert all(found.balances and not found.quarantined_rows for found in counts.values())
    assert [file.file_name for file in extraction.files if file.state == "refused"] == [
        "data_dictionary.csv"
    ]
    assert not extract(real).has_news


def test_the_real_exports_own_dirt_is_mapped(real):
    extract(real)
    with duckdb.connect() as connection:
        register(real, connection)
        deals = "lake.mapped__opportunities"
        assert connection.execute(
            f"select count(*) filter (where product_name = 'GTX Pro'), "
            f"count(*) filter (where account_name is null), "
            f"sum(amount) filter (where stage = 'Won'), "
            f"count(*) filter (where stage = 'Lost' and amount = 0) from {deals}"
        ).fetchall() == [(1_480, 1_425, 10_005_534, 2_473)]
        assert connection.execute(
            "select count(*) from lake.mapped__accounts where industry = 'technolgy'"
        ).fetchall() == [(0,)]
        assert connection.execute("select as_of_on::text from run.context").fetchall() == [
            ("2017-12-31",)
        ]
