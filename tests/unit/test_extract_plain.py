"""What the plain form of a type takes, it gives as the rules would."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract import conversion
from pipelines.extract.objects import SQL_TYPES, Column, ObjectShape
from pipelines.extract.plain import plain
from pipelines.extract.values.converted import Converted, Manner, Zones
from pipelines.sources import ObjectConfig

CONFIG = ObjectConfig(columns={"given": "Given"})
RAW = {"Given": "_c1"}
ZONE = "America/Chicago"

digits = st.text("0123456789", min_size=1, max_size=4)
moments = st.builds(
    "{}-{}-{}{}{}:{}:{}{}{}".format,
    st.sampled_from(["1969", "1970", "2024", "2099", "2100", "24", " 024"]),
    st.sampled_from(["01", "02", "12", "13", "1", " 1"]),
    st.sampled_from(["01", "29", "30", "31", "32", "5", "5 "]),
    st.sampled_from(["T", " ", "t", "  "]),
    st.sampled_from(["00", "05", "06", "23", "24", "5"]),
    st.sampled_from(["00", "30", "60", "3"]),
    st.sampled_from(["00", "59", "60"]),
    st.sampled_from(["", ".000", ".123", ".1", ".12x", ".123456"]),
    st.sampled_from(["Z", "", "z", "+00:00", "+05:30", " UTC", "+0000"]),
)
days = moments.map(lambda text: text[:10])
noise = st.text("0123456789+-.eE_xnaif \t\u00a0,ULN/#TZ:", max_size=12)
numbers = st.builds("{}{}{}{}".format, st.sampled_from(["", "-", "+", " "]), digits, noise, digits)
words = st.sampled_from(
    [
        "true",
        "TRUE",
        "yes",
        "0",
        "maybe",
        "NULL",
        "N/A",
        "None",
        "none",
        "-",
        "--",
        "(No value)",
        "#REF!",
        '="0012"',
        "12.000",
        "1,234",
        "1.5E+05",
        "0015g00000AbCdE",
        "0015g00000AbCdEAAV",
        " a",
        "a\u00a0",
        "\tb",
        "é",
    ]
)
texts = st.lists(st.one_of(moments, days, numbers, digits, noise, words), min_size=1, max_size=40)


def _converted(kind):
    """The column, the conversion by the rules, and the one of the plain form."""
    column = Column(name="given", type=kind, personal_data="none", description="")
    ruled = conversion.convert(
        column, config=CONFIG, raw=RAW, manner=Manner(zones=Zones(times=ZONE, days=ZONE))
    )
    form = plain(column, config=CONFIG, raw=RAW, zone=ZONE)
    assert form is not None
    return column, ruled, form.converted


def _values(connection, column: Column, converted: Converted, found: list[str]):
    shape = ObjectShape(
        name="things", description="", key=(), required=(), feeds=(), columns={"given": column}
    )
    connection.execute("create or replace table delivered as select unnest($1) as _c1", [found])
    rows = conversion.layered("select * from delivered", [converted], shape=shape)
    return connection.execute(f"select given, {converted.fit} from ({rows})").fetchall()


@pytest.mark.parametrize("kind", [kind for kind in SQL_TYPES if kind != "duration"])
@settings(max_examples=60, deadline=None)
@given(found=texts)
def test_plain_texts_have_the_value_that_the_rules_give(kind, found):
    column, ruled, cast = _converted(kind)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        by_rules = _values(connection, column, ruled, found)
        by_cast = _values(connection, column, cast, found)
    for text, (value, _), (given_value, is_plain) in zip(found, by_rules, by_cast, strict=True):
        if is_plain:
            assert (text, given_value) == (text, value)
            assert value is not None


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("text", ["Zürich", "none of it", "001A"]),
        ("id", ["001A", "1e5"]),
        ("salesforce_id", ["0015g00000AbCdEAAV"]),
        ("money", ["1054", "-0.5", ".5", "0.125"]),
        ("number", ["0.25"]),
        ("integer", ["12", "-3"]),
        ("boolean", ["true", "FALSE", "1", "no"]),
        ("date", ["2024-05-01", "2024-05-01T00:00:00.000Z", "2024-05-01T03:00:00Z"]),
        ("timestamp", ["2024-05-01T03:00:00Z", "2024-05-01T03:00:00.123Z"]),
    ],
)
def test_what_exports_write_is_plain(kind, found):
    column, _, cast = _converted(kind)
    with duckdb.connect() as connection:
        assert [row[1] for row in _values(connection, column, cast, found)] == [True] * len(found)


def test_a_column_with_rules_of_its_own_is_not_plain():
    column = Column(name="given", type="text", personal_data="none", description="")
    for own in ({"nulls": {"given": ["-1"]}}, {"values": {"given": {"a": "b"}}}):
        config = ObjectConfig(columns={"given": "Given"}, **own)
        assert plain(column, config=config, raw=RAW, zone=ZONE) is None


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (
            "text",
            [
                " a",
                "a ",
                "\u00a0a",
                "a\u00a0",
                "a\n",
                "",
                "NULL",
                "N/A",
                "--",
                "(No value)",
                '="1"',
            ],
        ),
        ("id", ["1.5E+17", "-", '="1"']),
        ("salesforce_id", ["0015g00000AbCdE", "1.2345678901234E+1"]),
        ("money", ["1,054", "1e3", " 1", "9" * 20, "12.000"]),
        ("boolean", ["maybe", " true"]),
        ("date", ["2024-02-30", "2024/05/01", "2100-01-01", "1970-01-01T03:00:00Z"]),
        ("timestamp", ["2024-05-01", "2024-05-01 03:00:00", "2100-01-01T00:00:00Z"]),
    ],
)
def test_what_needs_a_rule_is_not_plain(kind, found):
    column, _, cast = _converted(kind)
    with duckdb.connect() as connection:
        plain_ones = [row[1] for row in _values(connection, column, cast, found)]
    assert [bool(is_plain) for is_plain in plain_ones] == [False] * len(found)
