"""Delivered text becomes typed values: tables of spellings, with what each is or why it is not."""

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from pipelines.extract import conversion
from pipelines.extract.objects import Column, ObjectShape
from pipelines.extract.refusal import RefusedFileError
from pipelines.extract.values.converted import Manner, Zones
from pipelines.sources import ObjectConfig


def _config(**settings) -> ObjectConfig:
    return ObjectConfig(columns={"given": "Given Text"}, **settings)


def _convert(kind, texts, *, zone="UTC", order="YMD", decimal=".", unit=None, **settings):
    """Value, problem and shift of each text."""
    column = Column(name="given", type=kind, personal_data="none", description="", unit=unit)
    shape = ObjectShape(
        name="things",
        description="",
        key=("given",),
        required=(),
        feeds=(),
        columns={"given": column},
    )
    converted = conversion.convert(
        column,
        config=_config(**settings),
        raw={"Given Text": "_c1"},
        manner=Manner(zones=Zones(times=zone, days=zone), order=order, decimal=decimal),
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
        "money", ["1e3", "1.2E+05", "1_000", "abc", "0x1F", "9" * 20, "45%", "(5", "1,2,3", "1..2"]
    )
    assert _convert("money", ["abc"])[0][1] == (
        "given (Given Text): 'abc' is not a number such as 1234.50"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$1,234.50", "1234.50"),
        ("1.234,50 €", "1234.50"),
        ("€ 1.234,5", "1234.50"),
        ("(1,200.0)", "-1200"),
        ("($1,200.10)", "-1200.10"),
        ("342.09K", "342090"),
        ("$342.09K", "342090"),
        ("1.2M", "1200000"),
        ("1,5 Mio. EUR", "1500000"),
        ("2b", "2000000000"),
        ("-$5.00", "-5"),
        ("$ -5.00", "-5"),
        ("\N{MINUS SIGN}5", "-5"),
        ("5-", "-5"),
        ("CHF 12.-", "12"),
        ("1'234.50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1\N{NARROW NO-BREAK SPACE}234,50", "1234.50"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("12,34,567.80", "1234567.80"),
        ("12,34,567", "1234567"),
        ("12,5", "12.50"),
        ("USD 1200", "1200"),
        ("1200 MXN", "1200"),
        ("US$ 3", "3"),
    ],
)
def test_money_of_one_reading(text, value):
    for decimal in ".,":
        assert _values("money", [text], decimal=decimal) == [Decimal(value)]


def test_one_group_of_three_digits_is_read_by_the_files_decimal_mark():
    texts = ["1,234", "(1,200)", "12.000"]
    assert _values("money", texts, decimal=".") == [Decimal(1234), Decimal(-1200), Decimal(12)]
    assert _values("money", ["1,234", "12.000"], decimal=",") == [Decimal("1.23"), Decimal(12000)]
    assert _values("number", ["0.125", "0,125"], decimal=",") == [Decimal("0.125")] * 2
    assert _values("integer", ["1.234"], decimal=",") == [1234]


@pytest.mark.parametrize(
    ("kind", "texts", "mark"),
    [
        ("money", ["12", "13"], "."),
        ("money", ["1.234", "5,50"], ","),
        ("money", ["1.234", "1.234.567"], ","),
        ("money", ["1.234", "5.5"], "."),
        ("money", ["1,234"], "."),
        ("money", ["1,234", "1,234,567"], "."),
        ("number", ["1.234"], "."),
        ("money", ["0.125"], "."),
        ("money", ["abc", "", "1/2"], "."),
        ("money", ["5.5", "5,5"], "."),
    ],
)
def test_the_decimal_mark_is_shown_by_the_file(kind, texts, mark):
    assert _manner(kind, texts)[0].decimal == mark


def test_an_amount_of_two_readings_is_refused_unless_the_mark_is_declared():
    with pytest.raises(
        RefusedFileError, match=r"the amount '12\.000' has two readings, 12000 and 12\."
    ):
        _manner("money", ["12.000", "7"])
    assert _manner("money", ["12.000"], decimal=",")[0].decimal == ","


def test_a_percentage_of_a_fraction_is_a_hundredth():
    assert _values("number", ["45%", "0.45", "45"], unit="fraction") == [
        Decimal("0.45"),
        Decimal("0.45"),
        Decimal(45),
    ]
    assert _values("number", ["45%", "45"], unit="percent") == [Decimal(45)] * 2


@pytest.mark.parametrize(
    ("unit", "text", "seconds"),
    [
        ("ms", "90000", 90),
        ("ms", "1499", 1),
        ("s", "90", 90),
        ("s", "90.0", 90),
        ("min", "1.5", 90),
        ("h", "0,5", 1800),
        (None, "01:30", 5400),
        (None, "0:01:30", 90),
        (None, "100:00", 360_000),
        (None, "0:00:01.9", 1),
    ],
)
def test_durations_are_seconds(unit, text, seconds):
    assert _values("duration", [text], unit=unit) == [seconds]


def test_ids_are_kept_but_for_what_a_spreadsheet_made_of_them():
    assert _values("id", ["007", "1e5", " AbC ", '="0012"', "1.5"]) == [
        "007",
        "1e5",
        "AbC",
        "0012",
        "1.5",
    ]
    ((value, problem, _),) = _convert("id", ["1.23457E+17"])
    assert value is None
    assert problem == (
        "given (Given Text): '1.23457E+17' is not an id: a spreadsheet rounded it; export it anew "
        "and land it unopened"
    )


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("0015g00000AbCdE", "0015g00000AbCdEAAV"),
        ("00Q000000000000", "00Q000000000000EAA"),
        ("0065g0000ABCDEF", "0065g0000ABCDEFAQ5"),
        ("000000000000000", "000000000000000AAA"),
        ("ZZZZZZZZZZZZZZZ", "ZZZZZZZZZZZZZZZ555"),
    ],
)
def test_short_salesforce_ids_become_long_ones(short, long):
    assert _values("salesforce_id", [short, long]) == [long, long]
    assert _values("salesforce_id", ["0015g00000abc-e"]) == ["0015g00000abc-e"]


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
    assert _rejects("boolean", ["maybe", "2", "x"])


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


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("15 Apr, 2021 00:02:00", "2021-04-15 00:02"),
        ("Apr 15, 2021 2:05 PM", "2021-04-15 14:05"),
        ("April 15 2021 12:05 am", "2021-04-15 00:05"),
        ("15-Apr-2021 13:00", "2021-04-15 13:00"),
        ("1618444920", "2021-04-15 00:02"),
        ("1618444920000", "2021-04-15 00:02"),
        ("44301.5", "2021-04-15 12:00"),
        ("44301", "2021-04-15 00:00"),
        ("2021-04-15T10:02:20.479210-04:00", "2021-04-15 14:02:20.479210"),
        ("2021-04-15T10:02:20+0000", "2021-04-15 10:02:20"),
        ("2021-04-15 10:02 GMT", "2021-04-15 10:02"),
    ],
)
def test_moments_of_one_reading(text, utc):
    assert _values("timestamp", [text]) == [datetime.fromisoformat(utc)]


def test_a_half_of_the_day_is_read_with_its_order():
    assert _values("timestamp", ["12/31/2024, 1:05 p.m.", "12/31/2024 12:00 AM"], order="MDY") == [
        datetime.fromisoformat("2024-12-31 13:05"),
        datetime.fromisoformat("2024-12-31 00:00"),
    ]
    assert _rejects("timestamp", ["12/31/2024 13:05 PM"], order="MDY")


def test_days_of_one_reading():
    texts = ["15 Apr 2021", "April 15, 2021", "15-Apr-2021", "44301", "44301.75", "1618444920000"]
    assert _values("date", texts) == [date(2021, 4, 15)] * len(texts)
    assert _rejects("date", ["15 Foo 2021", "15 Apr", "5", "123456789012345", "12345"])


def test_moments_that_are_none():
    texts = ["2024-05-01", "2024-05-01T25:00", "13:45", "2024-05-01T13:45 EST", "1969-12-31T23:59Z"]
    assert _rejects("timestamp", texts)


def test_moments_follow_the_date_order():
    assert _values("timestamp", ["13/05/2024 14:30"], order="DMY") == [
        datetime.fromisoformat("2024-05-13 14:30")
    ]


def _manner(kind, texts, **settings):
    """How the file writes values of this type, and how the order of dates was decided."""
    column = Column(name="given", type=kind, personal_data="none", description="")
    listed = ", ".join(f"'{text}'" for text in texts)
    with duckdb.connect() as connection:
        return conversion.manner_of(
            f"select unnest([{listed}]) as _c1",
            [column],
            config=_config(**settings),
            raw={"Given Text": "_c1"},
            zones=Zones(),
            connection=connection,
        )


def _order(texts, **settings):
    manner, basis = _manner("date", texts, **settings)
    return manner.order, basis


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
    assert _order(["03/04/2024"], dates="MDY") == ("MDY", "declared")


def test_dates_that_contradict_each_other_are_refused():
    with pytest.raises(
        RefusedFileError, match="'13/04/2024' is day first, '04/13/2024' month first"
    ):
        _order(["13/04/2024", "04/13/2024"])


def test_names_of_unknown_columns_are_unique():
    shape = ObjectShape(name="things", description="", key=(), required=(), feeds=(), columns={})
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
