"""Any table of texts, written as CSV in any way, is read: nothing is missing, nothing is raised."""

import csv
import io
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.extract import conversion
from pipelines.extract.objects import SQL_TYPES, Column, ObjectShape
from pipelines.extract.run import extract
from pipelines.extract.values.converted import Manner, Zones
from pipelines.settings import load_settings
from pipelines.sources import ObjectConfig

HEADER = ("user", "name", "hired", "mail")
CONFIG = {
    "company": {"name": "Tiny", "currency": "EUR", "timezone": "UTC"},
    "sources": [
        {
            "name": "crm",
            "system": "mapped",
            "as_of": "2024-01-31",
            "objects": {
                "users": {
                    "dates": "DMY",
                    "columns": {"user_id": "user", "user_name": "name", "hired_on": "hired"},
                }
            },
        }
    ],
}
# Python's writer leaves a carriage return within a cell unquoted, and its reader ends the row there
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")
letters = st.text(characters, max_size=12)
values = st.sampled_from(
    [
        "",
        "1",
        "2",
        "31/12/2024",
        "2024-12-31",
        "1.234,50",
        "-",
        "N/A",
        '"',
        "a;b",
        "a\nb",
        "é",
        "user",
    ]
)
cells = st.one_of(values, letters)
tables = st.lists(st.tuples(cells, cells, cells, cells), max_size=12)
manners = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from([",", ";", "\t", "|"]),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
    }
)
codecs = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company's folder, emptied by every example."""
    folder = tmp_path_factory.mktemp("company")
    (folder / "kpimart.yml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    return folder


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(table=tables, manner=manners, codec=codecs)
def test_any_table_is_accounted_for(folder: Path, table, manner, codec):
    for name in ("landing", "var"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "landing" / "crm").mkdir(parents=True)
    written = io.StringIO(newline="")
    # a first row of plain words, so that UTF-16 without a mark can be told by its zeros
    csv.writer(written, **manner).writerows([HEADER, ("plain", "words", "", ""), *table])
    (folder / "landing" / "crm" / "users.csv").write_bytes(written.getvalue().encode(codec))

    (file,) = extract(load_settings(folder / "kpimart.yml")).files

    assert file.state == "applied", file.reason
    assert file.counts.balances
    assert file.counts.rows_read == len(table) + 1


texts = st.lists(
    st.one_of(cells, st.text("0123456789.,-+/:() $€%'eEKMT", max_size=24)), max_size=20
)


@pytest.mark.parametrize("kind", SQL_TYPES)
@settings(max_examples=30, deadline=None)
@given(found=texts, order=st.sampled_from(["YMD", "DMY", "MDY"]), decimal=st.sampled_from(".,"))
def test_no_text_makes_a_parser_raise(kind, found, order, decimal):
    column = Column(name="given", type=kind, personal_data="none", description="")
    shape = ObjectShape(
        name="things", description="", key=(), required=(), feeds=(), columns={"given": column}
    )
    zones = Zones(times="America/Chicago", days="America/Chicago")
    converted = conversion.convert(
        column,
        config=ObjectConfig(columns={"given": "Given"}),
        raw={"Given": "_c1"},
        manner=Manner(zones=zones, order=order, decimal=decimal),
    )
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create table delivered as select unnest($1::varchar[]) as _c1", [found])
        rows = conversion.layered("select * from delivered", [converted], shape=shape)
        answers = connection.execute(
            f"select given, {converted.problem or 'null'}, {converted.text} from ({rows})"
        ).fetchall()
    for value, problem, text in answers:
        assert (value is None) == (text is None or problem is not None)
