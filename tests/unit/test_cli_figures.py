"""Numbers and periods as people read them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipelines.commands import figures

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (1_131_573.0, "money", "€1.13M"),
        (227_412.0, "money", "€227k"),
        (2_214.43, "money", "€2,214"),
        (55.3, "money", "€55.3"),
        (-62_800.0, "money", f"{MINUS}€62.8k"),
        (999_960.0, "money", "€1.00M"),
        (0.7849, "fraction", "78.5 %"),
        (-0.0121, "fraction", f"{MINUS}1.2 %"),
        (-0.00001, "fraction", "0.0 %"),
        (511.0, "count", "511"),
        (12_345.0, "count", "12,345"),
        (1.0, "days", "1 day"),
        (62.5, "days", "62.5 days"),
        (None, "money", DASH),
    ],
)
def test_values_are_written_by_their_unit(value: float | None, unit: str, expected: str) -> None:
    assert figures.figure(value, unit, currency="EUR") == expected


def test_a_currency_without_a_symbol_is_written_by_its_code() -> None:
    assert figures.money(1_200_000, "CHF") == "CHF 1.20M"


@pytest.mark.parametrize(
    ("value", "base", "unit", "expected"),
    [
        (120.0, 100.0, "money", "▲ +20.0 %"),
        (80.0, 100.0, "days", f"▼ {MINUS}20.0 %"),
        (0.6, 0.5, "fraction", "▲ +10.0 pt"),
        (5.0, 0.0, "count", "▲ from 0"),
        (-50.0, -100.0, "money", "▲ +50.0 %"),
        (7.0, 7.0, "count", "="),
        (0.50049, 0.5, "fraction", "▲ < 0.1 pt"),
        (0.4995, 0.5, "fraction", f"▼ {MINUS}0.1 pt"),
        (99.96, 100.0, "money", "▼ < 0.1 %"),
        (None, 7.0, "count", DASH),
        (7.0, None, "count", DASH),
    ],
)
def test_changes_are_relative_but_points_for_fractions(
    value: float | None, base: float | None, unit: str, expected: str
) -> None:
    assert figures.change(value, base, unit) == expected


@pytest.mark.parametrize(
    ("value", "direction", "expected"),
    [(2, "up", "better"), (2, "down", "worse"), (0, "down", "better"), (2, "neutral", "quiet")],
)
def test_a_change_is_judged_by_the_direction(value: float, direction: str, expected: str) -> None:
    assert figures.change_style(value, 1, direction) == expected


def test_a_sparkline_keeps_its_gaps() -> None:
    assert figures.sparkline([0, None, 7, 3.5]) == "▁·█▅"
    assert figures.sparkline([5, 5]) == "▄▄"
    assert figures.sparkline([None]) == "·"


def test_midnight_is_the_end_of_the_day_before() -> None:
    zone = ZoneInfo("America/Chicago")
    assert figures.as_of(datetime(2018, 1, 1, 6), zone) == "end of 31 Dec 2017"
    assert figures.as_of(datetime(2018, 1, 1, 7, 30), zone) == "1 Jan 2018 01:30"


@pytest.mark.parametrize(
    ("start", "grain", "first_month", "expected"),
    [
        (date(2026, 9, 1), "month", 1, "September 2026"),
        (date(2026, 7, 1), "quarter", 1, "Q3 2026"),
        (date(2026, 7, 1), "quarter", 4, "fiscal Q2 2026"),
        (date(2027, 1, 1), "quarter", 4, "fiscal Q4 2026"),
        (date(2026, 4, 1), "year", 4, "fiscal 2026"),
        (date(2026, 9, 28), "week", 1, "week of 28 Sep 2026"),
    ],
)
def test_periods_have_names(start: date, grain: str, first_month: int, expected: str) -> None:
    assert figures.period(start, grain, first_month=first_month) == expected


def test_spans_are_told_in_the_unit_that_says_enough() -> None:
    assert figures.age(timedelta(minutes=10)) == "up to date"
    assert figures.age(timedelta(hours=24)) == "24 hours"
    assert figures.age(timedelta(days=3)) == "3 days"
    assert figures.seconds(0.42) == "0.4 s"
    assert figures.seconds(200) == "3 min 20 s"
    assert figures.size(8_400_896) == "8 MB"
