"""Delivered text becomes typed values: tables of spellings, with what each is or why it is not."""

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from pipelines.extract import conversion
from pipelines.extract.objects import Column, ObjectShape
from pipelines.extract.refusal import RefusedFileError
from pipelines.sources import ObjectConfig


def _config(**settings) -> ObjectConfig:
    return ObjectConfig(columns={"given": "Given Text"}, **settings)


def _convert(kind, texts, *, zone="UTC", order="YMD", **settings):
    """Value, problem and shift of each text."""
    column = Column(name="given", type=kind, personal_data="none", description="")
    shape = ObjectShape(
        name="things",
        description="",
        key=("given",),
        required=(),
        feeds=None,
        columns={"given": column},
    )
    converted = conversion.convert(
        column, config=_config(**settings), raw={"Given Text": "_c1"}, zone=zone, order=order
    )
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = conversion.layered("select unnest($texts) as _c1", [converted], shape=shape)
        return connection.execute(
            f"select given, {converted.problem or 'null'}, {converted.shift or 'null'} "
            f"from ({rows})",
            {"texts": texts},
        ).fetchall()


def _values(kind, texts, **settings):
    return [row[0] for row in _convert(kind, texts, **settings)]


def _rejects(kind, texts, **settings):
    found = _convert(kind, texts, **settings)
    return [row[0] for row in found] == [None] * len(texts) and all(row[1] for row in found)


def test_blanks_are_trimmed_and_nulls_have_no_problem():
    texts = ["", "  ", "NULL", "null", "N/A", "#N/A", "n/a", "None", " \t\xa0 ", None]
    assert _convert("money", texts) == [(None, None, None)] * len(texts)
    assert _values("text", [" Zürich \t", "none of it"]) == ["Zürich", "none of it"]


def test_nulls_of_the_config_compare_the_text_as_delivered():
    assert _values("money", ["-1", "-1.0", " -1"], nulls={"given": ["-1"]}) == [
        None,
        Decimal("-1.00"),
        Decimal("-1.00"),
    ]


def test_value_maps_take_the_exact_trimmed_text_and_win_over_null_spellings():
    mapped = {"given": {"GTXPro": "GTX Pro", "N/A": "unknown"}}
    assert _values("text", [" GTXPro", "gtxpro", "N/A", "null"], values=mapped) == [
        "GTX Pro",
        "gtxpro",
        "unknown",
        None,
    ]


def test_money_is_a_plain_number_rounded_to_cents():
    texts = ["1054", "+1.005", "-0.5", ".5", "7.", "0", "9999999999999999.99"]
    assert _values("money", texts) == [
        Decimal(text) for text in ("1054", "1.01", "-0.50", "0.50", "7", "0", "9999999999999999.99")
    ]
    assert _rejects(
        "money", ["1,054", "$5", "1e3", "1_000", "abc", "0x1F", "1 000", "NaN", "9" * 20]
    )
    assert _convert("money", ["abc"])[0][1] == (
        "given (Given Text): 'abc' is not a number such as 1234.50"
    )


def test_numbers_and_whole_numbers():
    assert _values("number", ["0.6", "-12.000000001"]) == [
        Decimal("0.600000000"),
        Decimal("-12.000000001"),
    ]
    assert _values("integer", ["12", "-3", "4.000"]) == [12, -3, 4]
    assert _rejects("integer", ["1.5", "12a", "1e3", "99999999999999999999"])


def test_booleans():
    assert _values("boolean", ["true", "TRUE", "1", "Yes", "t"]) == [True] * 5
    assert _values("boolean", ["false", "False", "0", "no", "F"]) == [False] * 5
    assert _rejects("boolean", ["maybe", "2", "on"])


@pytest.mark.parametrize(
    ("order", "texts"),
    [
        ("YMD", ["2024-05-01", "2024/5/1", "2024.05.01", "2024-05-01T00:00:00Z"]),
        ("YMD", ["2024-05-01 13:45", "2024-05-01T23:59:59.123456"]),
        ("DMY", ["01/05/2024", "1.5.2024", "01-05-2024", "2024-05-01", "1/5/2024 09:30"]),
        ("MDY", ["05/01/2024", "5/1/2024", "05-01-2024", "2024-05-01"]),
    ],
)
def test_dates_by_their_order(order, texts):
    assert _values("date", texts, order=order) == [date(2024, 5, 1)] * len(texts)


@pytest.mark.parametrize(
    ("order", "texts"),
    [
        ("YMD", ["01/05/2024", "2024-02-30", "2024-13-01", "24-05-01", "2024/05-01", "20240501"]),
        ("YMD", ["1969-12-31", "2100-01-01", "tomorrow", "2024-05-01x", "2024-05"]),
        ("DMY", ["05/13/2024", "1/5/24"]),
        ("MDY", ["13/05/2024"]),
    ],
)
def test_dates_that_are_none(order, texts):
    assert _rejects("date", texts, order=order)


def test_a_moment_in_a_date_column_is_the_day_in_the_sources_zone():
    texts = ["2024-05-01T03:00:00Z", "2024-05-01T00:00:00Z", "2024-05-01 03:00"]
    assert _values("date", texts, zone="America/Chicago") == [
        date(2024, 4, 30),
        date(2024, 5, 1),
        date(2024, 5, 1),
    ]


@pytest.mark.parametrize(
    ("zone", "text", "utc", "shift"),
    [
        ("America/Chicago", "2024-07-01T13:45:00Z", "2024-07-01 13:45", None),
        ("America/Chicago", "2024-07-01 13:45:00+05:30", "2024-07-01 08:15", None),
        ("America/Chicago", "2024-07-01T13:45:00 UTC", "2024-07-01 13:45", None),
        ("America/Chicago", "2024-07-01T13:45", "2024-07-01 18:45", None),
        ("America/Chicago", "2024-01-01 9:05:00.25", "2024-01-01 15:05:00.25", None),
        ("America/Chicago", "2024-11-03 00:59:59", "2024-11-03 05:59:59", None),
        ("America/Chicago", "2024-11-03 01:30", "2024-11-03 06:30", "ambiguous"),
        ("America/Chicago", "2024-11-03 02:00", "2024-11-03 08:00", None),
        ("America/Chicago", "2024-03-10 01:59", "2024-03-10 07:59", None),
        ("America/Chicago", "2024-03-10 02:30", "2024-03-10 08:30", "skipped"),
        ("America/Chicago", "2024-03-10 03:30", "2024-03-10 08:30", None),
        ("Australia/Lord_Howe", "2024-04-07 01:45", "2024-04-06 14:45", "ambiguous"),
        ("Europe/Vienna", "2024-10-27 02:30+01:00", "2024-10-27 01:30", None),
        ("Asia/Kolkata", "2024-01-01 00:00", "2023-12-31 18:30", None),
    ],
)
def test_moments_become_utc(zone, text, utc, shift):
    ((value, problem, found),) = _convert("timestamp", [text], zone=zone)
    assert (value, problem, found) == (datetime.fromisoformat(utc), None, shift)


def test_moments_that_are_none():
    texts = ["2024-05-01", "2024-05-01T25:00", "13:45", "2024-05-01T13:45 EST", "1969-12-31T23:59Z"]
    assert _rejects("timestamp", texts)


def test_moments_follow_the_date_order():
    assert _values("timestamp", ["13/05/2024 14:30"], order="DMY") == [
        datetime.fromisoformat("2024-05-13 14:30")
    ]


def _order(texts, **settings):
    column = Column(name="given", type="date", personal_data="none", description="")
    listed = ", ".join(f"'{text}'" for text in texts)
    with duckdb.connect() as connection:
        return conversion.date_order(
            f"select unnest([{listed}]) as _c1",
            [column],
            config=_config(**settings),
            raw={"Given Text": "_c1"},
            connection=connection,
        )


@pytest.mark.parametrize(
    ("texts", "order", "basis"),
    [
        (["2024-05-01", ""], "YMD", "the year comes first"),
        (["03/04/2024", "13/04/2024"], "DMY", "shown by '13/04/2024'"),
        (["03/04/2024", "04/13/2024"], "MDY", "shown by '04/13/2024'"),
        (["2024-05-01", "25.12.2024"], "DMY", "shown by '25.12.2024'"),
        (["05/05/2024", "99/99/2024", "nonsense"], "YMD", "the year comes first"),
    ],
)
def test_the_date_order_is_proven_by_the_file(texts, order, basis):
    assert _order(texts) == (order, basis)


def test_a_declared_date_order_needs_no_proof():
    assert _order(["03/04/2024"], dates="MDY") == ("MDY", "declared in the config")


def test_dates_that_contradict_each_other_are_refused():
    with pytest.raises(
        RefusedFileError, match="'13/04/2024' is day first, '04/13/2024' month first"
    ):
        _order(["13/04/2024", "04/13/2024"])


def test_names_of_unknown_columns_are_unique():
    shape = ObjectShape(name="things", description="", key=(), required=(), feeds=None, columns={})
    headers = ["Lead Source", "lead-source", "Größe", "%"]
    assert list(conversion.extra_names(headers, shape=shape).values()) == [
        "x_lead_source",
        "x_lead_source_2",
        "x_gr_sse",
        "x_column",
    ]


def test_a_composite_key_holds_a_place_for_every_part():
    parts = conversion.key_text(("a", "b", "c"), mapped={"a", "c"})
    rows = "select unnest(['x', null]) as a, unnest([date '2024-01-01', null]) as c"
    assert duckdb.sql(f"select {parts} from ({rows})").fetchall() == [("x||2024-01-01",), (None,)]
