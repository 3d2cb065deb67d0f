"""Every number of the mart that `tests.oracle` knows, against it; and the oracle by hand.

Counts and money must be the same to the cent, ratios to nine digits, and each must be there in
exactly the periods in which the written rules put it. Three companies: the real export, the mapped
one, and one whose exports end in the middle of a month and hold what that one has not.
"""

import csv
import math
import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import Settings, load_settings
from tests import oracle
from tests.mapped_export.files import make_sample
from tests.nights import MAPPED_CONFIG, build_night
from tests.oracle import Answer, Cell

KPIS = (
    "revenue",
    "new_revenue",
    "expansion_revenue",
    "unclassified_revenue",
    "new_customers",
    "deals_won",
    "deals_lost",
    "average_deal_size",
    "median_deal_size",
    "win_rate",
    "win_rate_by_value",
    "win_rate_cohort",
    "sales_cycle_days",
    "pipeline_created",
    "open_pipeline",
    "weighted_pipeline",
    "quota_attainment",
    "revenue_growth",
    "revenue_growth_yoy",
)
# what a KPI has beside its value; a rate's interval is NULL where the cohort is not over yet
RATIOS = ("average_deal_size", "win_rate", "win_rate_by_value", "win_rate_cohort")
INTERVALS = ("win_rate", "win_rate_cohort")
# not asked for products: the deal's attributes, not the line's, decide
OF_DEALS_ONLY = (
    "new_revenue",
    "expansion_revenue",
    "unclassified_revenue",
    "new_customers",
    "median_deal_size",
    "win_rate_by_value",
    "win_rate_cohort",
    "sales_cycle_days",
    "pipeline_created",
)

Mart = dict[Cell, Answer]


def mart_numbers(database: Path) -> Mart:
    """What `kpis.kpi_statistics` says, of the scopes that the oracle knows."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select kpi, statistic, grain, period_start, scope, member, value, numerator, "
            "denominator, low, high, prior_value, year_ago_value from kpis.kpi_statistics "
            "where list_contains(?, scope) and list_contains(?, kpi)",
            [list(oracle.SCOPES), list(KPIS)],
        ).fetchall()
    names = ("value", "numerator", "denominator", "low", "high", "prior", "year_ago")
    return {Cell(*row[:6]): Answer(**dict(zip(names, row[6:], strict=True))) for row in rows}


def same(expected: object, found: object) -> bool:
    """Decimals and counts to the cent, floats to nine digits."""
    if expected is None or found is None:
        return expected is found
    if isinstance(expected, Decimal | int):
        return float(expected) == found
    return math.isclose(float(str(expected)), float(str(found)), rel_tol=1e-9, abs_tol=1e-12)


def parts_to_compare(kpi: str) -> list[str]:
    parts = ["value"]
    parts += ["numerator", "denominator"] if kpi in RATIOS else []
    parts += ["low", "high"] if kpi in INTERVALS else []
    return parts + (["prior", "year_ago"] if kpi == "revenue" else [])


def differences(expected: Mart, found: Mart, kpi: str) -> list[str]:
    """Each cell in which the two are not the same, as text."""
    wrong: list[str] = []
    for cell in sorted({cell for cell in (*expected, *found) if cell.kpi == kpi}, key=str):
        where = " ".join(str(part) for part in cell)
        if kpi == "quota_attainment":
            pair = (expected.get(cell, Answer(value=None)), found.get(cell, Answer(value=None)))
        elif cell not in found:
            wrong.append(f"{where}: expected {expected[cell].value}, found no row")
            continue
        elif cell not in expected:
            wrong.append(f"{where}: expected no row, found {found[cell].value}")
            continue
        else:
            pair = (expected[cell], found[cell])
        for part in parts_to_compare(kpi):
            right, said = (getattr(answer, part) for answer in pair)
            if not same(right, said):
                wrong.append(f"{where}: {part} expected {right}, found {said}")
    return wrong


def assert_same_numbers(expected: Mart, found: Mart, *kpis: str) -> None:
    said: list[str] = []
    for kpi in kpis:
        wrong = differences(expected, found, kpi)
        if wrong:
            said += [f"{kpi}: {len(wrong)} cells differ, the first:", *wrong[:8]]
    if said:
        pytest.fail("\n".join(said), pytrace=False)


@pytest.fixture(scope="module")
def real_numbers(real_night: Settings) -> tuple[Mart, Mart]:
    company = oracle.read_company(real_night.config_path)
    return oracle.answers(company), mart_numbers(real_night.mart_path)


@pytest.fixture(scope="module")
def mapped_numbers(mapped_night: Settings) -> tuple[Mart, Mart]:
    company = oracle.read_company(mapped_night.config_path)
    return oracle.answers(company), mart_numbers(mapped_night.mart_path)


@pytest.mark.parametrize("kpi", KPIS)
def test_the_real_export(real_numbers: tuple[Mart, Mart], kpi: str) -> None:
    assert_same_numbers(*real_numbers, kpi)


@pytest.mark.parametrize("kpi", KPIS)
def test_the_mapped_company(mapped_numbers: tuple[Mart, Mart], kpi: str) -> None:
    assert_same_numbers(*mapped_numbers, kpi)


def test_every_kpi_and_scope_is_compared(mapped_numbers: tuple[Mart, Mart]) -> None:
    compared = {(cell.kpi, cell.scope) for cell in mapped_numbers[0]}
    for kpi in KPIS:
        scopes = set(oracle.SCOPES)
        if kpi == "quota_attainment":
            scopes = {"company", "region", "team", "manager", "rep"}
        elif kpi in OF_DEALS_ONLY:
            scopes -= {"product", "manager"} if kpi == "win_rate_cohort" else {"product"}
        assert {scope for name, scope in compared if name == kpi} == scopes, kpi
    assert {cell.grain for cell in mapped_numbers[0]} == set(oracle.GRAINS)


# ---------------------------------------------------------------- a period that still runs


def _rewrite(path: Path, change: Callable[[int, dict[str, str]], None]) -> None:
    """The file with some of its rows changed, by number."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file, restkey="", restval=None)
        header = list(reader.fieldnames or [])
        rows = list(reader)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header, extrasaction="ignore")
        writer.writeheader()
        for number, row in enumerate(rows):
            change(number, row)
            writer.writerow(row)


def _awkward_deal(number: int, row: dict[str, str]) -> None:
    """Some wins are credits, have no amount or no creation date; some deals close in the future."""
    is_won = row["Deal Stage"] == "Closed Won"
    if is_won and number % 11 == 0:
        row["Deal Value"] = "-250.00"
    elif is_won and number % 11 == 1:
        row["Deal Value"] = ""
    elif is_won and number % 11 == 2:
        row["Deal Value"] = "1000.01"
    elif number % 11 == 3:
        row["Created Date"] = ""
    elif row["Closed Date"] and number % 31 == 4:
        row["Closed Date"] = "2026-12-24"
    elif number % 31 == 5:
        row["Created Date"] = "2026-08-17"


def _awkward_account(number: int, row: dict[str, str]) -> None:
    """Some became customers in the midst of the data."""
    if number % 5 == 0:
        row["Customer Since"] = "2025-06-02"


@pytest.fixture(scope="module")
def mid_month(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A company whose exports end on a Wednesday in the middle of August."""
    folder = tmp_path_factory.mktemp("mid_month")
    shutil.copy(MAPPED_CONFIG, folder)
    make_sample(folder / "landing", scale=0.01, until=date(2026, 8, 19))
    for path in (folder / "landing" / "crm").glob("opportunities_*.csv"):
        _rewrite(path, _awkward_deal)
    for path in (folder / "landing" / "crm").glob("accounts_*.csv"):
        _rewrite(path, _awkward_account)
    settings = load_settings(folder / "kpimart.yml")
    build_night(settings)
    return settings


def test_a_company_in_the_middle_of_a_month(mid_month: Settings) -> None:
    company = oracle.read_company(mid_month.config_path)
    expected, found = oracle.answers(company), mart_numbers(mid_month.build_path)
    assert_same_numbers(expected, found, *KPIS)


def test_a_running_month_is_compared_to_date(mid_month: Settings) -> None:
    # 13 working days of August have passed; the 13th of July is Friday the 17th, the weekend
    # that follows adds none, the 13th of August 2025 is Tuesday the 19th
    company = oracle.read_company(mid_month.config_path)
    wins = [deal for deal in company.deals if deal["outcome"] == "won"]

    def won(first: date, end: date) -> float:
        return float(oracle.money(d["amount"] for d in wins if first <= d["closed"] < end))

    august = Cell("revenue", "value", "month", date(2026, 8, 1), "company", "(all)")
    found = mart_numbers(mid_month.build_path)
    assert found[august].prior == won(date(2026, 7, 1), date(2026, 7, 20))
    assert found[august].prior != won(date(2026, 7, 1), date(2026, 8, 1))
    assert found[august].year_ago == won(date(2025, 8, 1), date(2025, 8, 20))
    assert found[august].year_ago != won(date(2025, 8, 1), date(2025, 9, 1))
    growth = found[august._replace(kpi="revenue_growth")].value
    assert growth == pytest.approx(found[august].value / found[august].prior - 1, rel=1e-12)
    july = found[august._replace(start=date(2026, 7, 1))]
    assert july.value == won(date(2026, 7, 1), date(2026, 8, 1))
    assert july.prior == won(date(2026, 6, 1), date(2026, 7, 1))


# ---------------------------------------------------------------- the oracle, by hand


def test_aalen_johansen_by_hand() -> None:
    # S: 4/6, 1/2, 1/4, 0. Won: 1/6, + 4/6 · 1/4 = 1/3, + 1/2 · 1/2 = 7/12. Lost: 5/12 in the end.
    # Half of 7/12 is reached on day 20; with losses censored (Kaplan-Meier) it would be day 40.
    deals = [(10, "won"), (10, "lost"), (20, "won"), (30, "open"), (40, "won"), (50, "lost")]
    steps = oracle.aalen_johansen(deals)
    assert [day for day, *_ in steps] == [10, 20, 30, 40, 50]
    survival, won, lost = zip(*(step[1:] for step in steps), strict=True)
    assert survival == pytest.approx([4 / 6, 1 / 2, 1 / 2, 1 / 4, 0])
    assert won == pytest.approx([1 / 6, 1 / 3, 1 / 3, 7 / 12, 7 / 12])
    assert lost == pytest.approx([1 / 6, 1 / 6, 1 / 6, 1 / 6, 5 / 12])
    assert next(day for day, _, share, _ in steps if share >= won[-1] / 2) == 20


def win(number: int, closed: date, amount: int, **known: object) -> oracle.Row:
    row = {"id": f"D-{number}", "outcome": "won", "closed": closed, "amount": Decimal(amount)}
    return {**row, "account": "Acme", "customer_since": None, **known}


def classes_of(*deals: oracle.Row) -> list[tuple[str, Decimal]]:
    oracle.classify(list(deals))
    return [(deal["class"], deal["amount"]) for deal in deals]


def test_classes_by_hand() -> None:
    # one account's first win, 27 days later another; a deal without account: 190 in each case
    first = {"number": 1, "closed": date(2026, 1, 5), "amount": 100}
    later = {"number": 2, "closed": date(2026, 2, 1), "amount": 40}
    nobody = {"number": 3, "closed": date(2026, 2, 1), "amount": 50, "account": None}
    assert classes_of(win(**first), win(**later), win(**nobody)) == [
        ("new", 100),
        ("new", 40),
        ("unclassified", 50),
    ]
    old = {"customer_since": date(2026, 1, 4)}
    assert classes_of(win(**first, **old), win(**later, **old), win(**nobody)) == [
        ("expansion", 100),
        ("expansion", 40),
        ("unclassified", 50),
    ]


def test_the_window_of_the_class_new_by_hand() -> None:
    first = win(1, date(2026, 1, 5), 100)
    within = win(2, date(2026, 2, 4), 40)
    after = win(3, date(2026, 2, 5), 30)
    credit = win(4, date(2026, 1, 6), -20)
    since_that_day = win(5, date(2026, 1, 5), 70, account="Beta", customer_since=date(2026, 1, 5))
    assert classes_of(first, within, after, credit, since_that_day) == [
        ("new", 100),
        ("new", 40),
        ("expansion", 30),
        ("expansion", -20),
        ("new", 70),
    ]
    assert [deal["is_new_customer"] for deal in (first, within, credit)] == [True, False, False]


def test_largest_remainder_by_hand() -> None:
    # 33.33⅓ each: the odd cent goes to one of them; 10.01 by 2 : 1 is 6.67⅓ and 3.33⅔
    assert sorted(oracle.largest_remainder(Decimal(100), [Decimal(1)] * 3)) == [
        Decimal("33.33"),
        Decimal("33.33"),
        Decimal("33.34"),
    ]
    weights = [Decimal(2), Decimal(1)]
    assert oracle.largest_remainder(Decimal("10.01"), weights) == [
        Decimal("6.67"),
        Decimal("3.34"),
    ]


def quota(level: str, start: date, end: date, amount: int, **members: str) -> oracle.Row:
    none = dict.fromkeys(oracle.QUOTA_SCOPES, oracle.NONE)
    row = {**none, "company": "(all)", **members}
    return {**row, "level": level, "start": start, "end": end, "amount": Decimal(amount)}


def test_quotas_by_hand() -> None:
    # Ann has 10 a month, Bob joins in March with 20; East was given 60 for the quarter
    months = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)]
    east = {"team": "East", "region": "North", "manager": "Eve"}
    given = [quota("rep", start, end, 10, rep="Ann", **east) for start, end in pairwise(months)]
    given.append(quota("rep", months[2], months[3], 20, rep="Bob", **east))
    given.append(quota("team", months[0], months[3], 60, team="East", region="North"))

    def of(scope: str, member: str, start: date, end: date) -> Decimal | None:
        return oracle.quota_of(given, scope=scope, member=member, start=start, end=end)

    january, march, quarter = months[:2], months[2:], (months[0], months[3])
    assert of("rep", "Ann", *quarter) == 30
    assert of("rep", "Bob", *march) == 20
    assert of("rep", "Bob", *quarter) is None
    assert of("manager", "Eve", *quarter) == 50
    assert of("team", "East", *quarter) == 60
    assert of("team", "East", *january) is None
    assert of("region", "North", *quarter) == 60
    assert of("region", "North", *january) is None
    assert of("company", "(all)", *quarter) == 60
    assert of("company", "(all)", date(2026, 1, 1), date(2027, 1, 1)) is None
