"""Restated numbers of hand-made builds: what is one, which records moved it, and why."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest

from pipelines import journal
from pipelines.extract import ledger
from pipelines.extract.ledger import Entry
from pipelines.publish.publish import publish
from pipelines.publish.reasons import REASONS
from pipelines.publish.restatements import (
    RECORDS_NAMED,
    Restated,
    restated_by,
    restated_values,
)
from pipelines.settings import Settings
from tests.tiny_company import BASES, Company

DEAL: dict[str, Any] = {
    "opportunity_key": "crm:D1",
    "stage": "Won",
    "outcome": "won",
    "exclusion": None,
    "source_currency": "EUR",
    "source_amount": 100,
    "amount": 100,
    "team_at_close": "East",
    "is_converted": True,
    "is_deleted": False,
    "is_merged": False,
    "is_counted_win": True,
    "revenue_class": "new",
    "created_on": date(2026, 1, 5),
    "closed_on": date(2026, 2, 10),
}
TYPES = {name: journal.ACCOUNT_COLUMNS.get(name, "varchar") for name in DEAL}
BUILD = """
create schema run; create schema marts; create schema kpis; create schema quality;
insert into intermediate.int_periods values
    ('month', '2026-01-01', '2026-02-01', 1, 12), ('month', '2026-02-01', '2026-03-01', 2, 12);
insert into intermediate.int_kpi_bases values
    ('revenue', 'value', 'company,team', 'opportunities_by_close', 'revenue', 'sum',
    'case when is_counted_win then amount else 0 end', 'fct_opportunities', 'closed_on',
    'region_at_close', 'team_at_close', 'opportunities', 'own', true, false),
    ('deal_days', 'value', 'company', 'opportunities_by_close', 'deal_days', 'sum',
    'case when is_counted_win then a_column_beyond_the_account end', 'fct_opportunities',
    'closed_on', 'region_at_close', 'team_at_close', 'opportunities', 'own', true, false),
    ('revenue_growth', 'value', 'company', 'opportunities_by_close', 'revenue', 'sum',
    'case when is_counted_win then amount else 0 end', 'fct_opportunities', 'closed_on',
    'region_at_close', 'team_at_close', 'opportunities', 'prior', false, false),
    ('open_pipeline', 'value', 'company', 'open_opportunities', 'open_pipeline', 'sum', 'amount',
    'fct_opportunities', 'snapshot_on', 'region_at_snapshot', 'team_at_snapshot',
    'opportunities', 'own', true, true),
    ('calls_made', 'value', 'company', 'activities_by_occurrence', 'calls_made', 'sum', 'is_call',
    'fct_activities', 'occurred_on', 'region', 'team', 'activities', 'own', true, false);
"""
STATISTICS = """
create table kpis.kpi_statistics (
    kpi varchar, statistic varchar, grain varchar, period_start date, period_end date,
    scope varchar, member varchar, value double, is_complete boolean, quality varchar
);
"""
FEBRUARY = date(2026, 2, 1)

Cell = tuple[str, str, str, float, bool, str]  # kpi, scope, member, value, is_complete, quality


@dataclass
class Deals:
    """A company whose builds hold deals and values as given; its data reach to the end of June."""

    settings: Settings
    as_of: datetime = datetime(2026, 6, 30, 22, tzinfo=UTC)  # midnight in Vienna
    versions: dict[str, str] = field(default_factory=lambda: {"code": "c1", "spec": "s1"})

    def night(
        self, *deals: dict[str, Any], cells: list[Cell] | None = None, **values: float
    ) -> list[tuple[Any, ...]]:
        """Publishes these deals, and values of February by KPI; tells what that restated.

        Revenue of company and teams is the deals' sum, unless values are given.
        """
        rows = [DEAL | deal for deal in deals]
        given = [(kpi, "company", "(all)", value, True, "") for kpi, value in values.items()]
        cells = cells or given or _revenue(rows)
        self._build(rows, cells)
        version = publish(
            self.settings,
            build=self.settings.build_path,
            as_of=self.as_of,
            code_version=self.versions["code"],
            spec_version=self.versions["spec"],
            inputs_digest="",
            check_results=[],
        ).version
        return self.ask(
            "select kpi, member, value_before, value_after, reason, record_key, effect "
            f"from quality.restatements where version = '{version}' order by all"
        )

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.mart_path), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def _build(self, rows: list[dict[str, Any]], cells: list[Cell]) -> None:
        path = self.settings.build_path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema intermediate;" + BASES)
            connection.execute(BUILD + STATISTICS)
            columns = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
            connection.execute(
                f"create table marts.fct_opportunities ({columns}, a_column_beyond_the_account int)"
            )
            for row in rows:
                connection.execute(
                    "insert into marts.fct_opportunities by name select "
                    + ", ".join(f"${name} as {name}" for name in row),
                    row,
                )
            for kpi, *cell in cells:
                connection.execute(
                    "insert into kpis.kpi_statistics values (?, 'value', 'month', "
                    "'2026-02-01', '2026-03-01', ?, ?, ?, ?, ?)",
                    [kpi, *cell],
                )


def _revenue(rows: list[dict[str, Any]]) -> list[Cell]:
    won = [
        row
        for row in rows
        if row["is_counted_win"] and row["closed_on"] and row["closed_on"].month == FEBRUARY.month
    ]
    totals: dict[tuple[str, str], float] = {("company", "(all)"): 0.0}
    for row in won:
        for cell in (("company", "(all)"), ("team", row["team_at_close"])):
            totals[cell] = totals.get(cell, 0.0) + float(row["amount"])
    return [("revenue", *cell, total, True, "") for cell, total in totals.items()]


@pytest.fixture
def deals(company: Company) -> Deals:
    return Deals(company.settings)


OPEN = {"stage": "Two", "outcome": "open", "is_counted_win": False, "closed_on": None}
LOST = {"stage": "Lost", "outcome": "lost", "is_counted_win": False}
GONE = {"is_counted_win": False}
CUT = {"amount": 90, "source_amount": 90}
MARCH = {"closed_on": date(2026, 3, 2)}
# What the deal was, what it is now (None: it is not there), and what that adds to the revenue.
BY_REASON: dict[str, tuple[str, dict[str, Any], dict[str, Any] | None, float]] = {
    "D1": ("deleted", {}, GONE | {"is_deleted": True}, -100),
    "D2": ("deleted", {}, None, -100),
    "D3": ("merged", {}, GONE | {"is_merged": True, "is_deleted": True}, -100),
    "D4": ("excluded", {}, GONE | {"exclusion": "test"}, -100),
    "D5": ("restored", GONE | {"is_deleted": True}, {}, 100),
    "D6": ("restored", GONE | {"exclusion": "test"}, {}, 100),
    "D7": ("reopened", {}, OPEN, -100),
    "D8": ("late close", OPEN, {}, 100),
    "D9": ("outcome changed", {}, LOST, -100),
    "DA": ("outcome changed", LOST, {}, 100),
    "DB": ("contract changed", {"outcome": "unmapped", "is_counted_win": False}, {}, 100),
    "DC": ("amount changed", {}, CUT, -10),
    "DD": ("date changed", {}, MARCH, -100),
    "DE": ("date changed", {}, MARCH | {"amount": 95}, -100),
    "DF": ("rate changed", {}, {"amount": 95}, -5),
    "DG": ("rate changed", {"amount": 0, "is_converted": False}, {}, 100),
}


def test_the_first_reason_that_fits_a_change(deals: Deals) -> None:
    """All at once: each deal tells its own reason, and the effects add up to the change."""
    keys = {name: {"opportunity_key": f"crm:{name}"} for name in BY_REASON}
    deals.night(*(was | keys[name] for name, (_, was, _, _) in BY_REASON.items()))
    told = deals.night(
        *(now | keys[name] for name, (_, _, now, _) in BY_REASON.items() if now is not None)
    )
    company = [row for row in told if row[1] == "(all)"]
    assert {key: (reason, effect) for *_, reason, key, effect in company} == {
        f"crm:{name}": (reason, effect) for name, (reason, _, _, effect) in BY_REASON.items()
    }
    assert {row[4] for row in company} <= set(REASONS)
    assert sum(row[6] for row in company) == company[0][3] - company[0][2]

    short = {one.reason: (one.values, one.records) for one in _restated(deals, "v000002")}
    assert short["deleted"] == (2, 2)  # two deals, in the values of company and East
    assert restated_values(deals.settings.lake_dir, "v000002") == 2
    assert not _restated(deals, "v000001")


def _restated(deals: Deals, version: str) -> tuple[Restated, ...]:
    return restated_by(deals.settings.lake_dir, version)


def test_a_record_that_counts_elsewhere_moves_two_members_and_not_the_company(
    deals: Deals,
) -> None:
    """Then it is gone: what it was stays visible, with its amount and its day."""
    other = {"opportunity_key": "crm:D0", "team_at_close": "West"}
    deals.night(other, {})
    assert deals.night(other, {"team_at_close": "West"}) == [
        ("revenue", "East", 100, None, "reclassified", "crm:D1", -100),
        ("revenue", "West", 100, 200, "reclassified", "crm:D1", 100),
    ]
    assert deals.ask("select distinct detail from quality.restatements") == [("team: East → West",)]
    deals.night(other)
    assert deals.ask(
        "select distinct reason, record_key, amount_before, amount_after, on_before::text, "
        "on_after from quality.restatements where version = 'v000003'"
    ) == [("deleted", "crm:D1", 100, None, "2026-02-10", None)]


def test_of_many_records_the_largest_are_named_and_the_sum_is_whole(deals: Deals) -> None:
    """Deals that are new, of a month that was published: they came late."""
    many = [{"opportunity_key": f"crm:M{number:02d}"} for number in range(RECORDS_NAMED + 5)]
    deals.night({})
    told = [row for row in deals.night({}, *many) if row[1] == "(all)"]
    assert {row[4] for row in told} == {"late source"}
    assert sum(row[5] is not None for row in told) == RECORDS_NAMED
    assert [row[6] for row in told if row[5] is None] == [500]
    assert sum(row[6] for row in told) == told[0][3] - told[0][2]
    assert ("5 more records",) in deals.ask("select detail from quality.restatements")


def test_growth_is_moved_by_the_period_that_it_is_measured_against(deals: Deals) -> None:
    """Here it rests on the period before alone: D1 of February does not move February's growth, D2
    of January does; and the other way round for February's revenue. What a measure beyond the
    account makes of a deal is not known: any change of D1 may have moved it."""
    january = {"opportunity_key": "crm:D2", "closed_on": date(2026, 1, 20)}
    deals.night({}, january, revenue=100, revenue_growth=0.1, deal_days=5)
    told = deals.night(CUT, january | CUT, revenue=90, revenue_growth=0.2, deal_days=6)
    assert [(row[0], *row[4:]) for row in told if row[4] != "definition changed"] == [
        ("deal_days", "amount changed", "crm:D1", None),
        ("revenue", "amount changed", "crm:D1", -10),
        ("revenue_growth", "amount changed", "crm:D2", None),
    ]


def test_what_no_record_explains_was_defined_anew(deals: Deals) -> None:
    deals.night({}, revenue=100)
    changes = (
        ({"spec": "s2", "code": "c2"}, "spec s1 → s2"),
        ({"code": "c3"}, "code c2 → c3"),
        ({}, "a setting"),
    )
    for number, (change, detail) in enumerate(changes, start=1):
        deals.versions |= change
        value = 100 + number * 30
        assert deals.night({}, revenue=value) == [
            ("revenue", "(all)", value - 30, value, "definition changed", None, 30)
        ]
        assert deals.ask(
            "select detail, object from quality.restatements order by version desc limit 1"
        ) == [(detail, None)]


def test_the_rest_of_a_sum_is_told_beside_its_records(deals: Deals) -> None:
    """Of the 30 less, D1 explains 10; a new definition must have taken the other 20."""
    deals.night({}, revenue=100)
    deals.versions["spec"] = "s2"
    assert deals.night(CUT, revenue=70) == [
        ("revenue", "(all)", 100, 70, "amount changed", "crm:D1", -10),
        ("revenue", "(all)", 100, 70, "definition changed", None, -20),
    ]


def applied(settings: Settings, batch: str, **given: Any) -> None:
    """The ledger has one more batch of calls."""
    entry = Entry(
        source="crm",
        file_name=f"{batch}.csv",
        sha256=batch,
        state="applied",
        recorded_at=ledger.now(),
        object="activities",
        batch=batch,
        **given,
    )
    path = ledger.batch_file(settings.lake_dir, entry)
    path.parent.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select 'T1' as _key, cast(null as varchar[]) as _reject) to '{path}'"
        )
    ledger.append(settings.lake_dir, [entry])


def test_where_no_rows_are_kept_the_batches_are_told(deals: Deals) -> None:
    applied(deals.settings, "b000001")
    deals.night(revenue=1, calls_made=5)
    applied(deals.settings, "b000002")
    assert deals.night(revenue=1, calls_made=7) == [
        ("calls_made", "(all)", 5, 7, "late source", "b000002", 2)
    ]
    applied(deals.settings, "b000003", supersedes=("b000002",))
    assert deals.night(revenue=1, calls_made=6) == [
        ("calls_made", "(all)", 7, 6, "contract changed", "b000003", -1)
    ]
    assert deals.ask(
        "select distinct object, detail from quality.restatements where version = 'v000003'"
    ) == [("activities", "crm/b000003.csv")]


def test_a_period_that_had_not_ended_is_not_restated(deals: Deals) -> None:
    """On the last of February in Vienna the month is not over; on the first of March it is."""
    deals.as_of = datetime(2026, 2, 28, 22, 59, tzinfo=UTC)
    deals.night(revenue=1)
    deals.as_of = datetime(2026, 2, 28, 23, 0, tzinfo=UTC)
    assert deals.night(revenue=2) == []
    assert [row[2:4] for row in deals.night(revenue=3)] == [(2, 3)]


UNSETTLED = {
    "m0": "running",
    "m1": "cohort_immature",
    "m2": "partial_start,cohort_immature",
    "m3": "",
}
SETTLED = {"m4": "partial_start", "m5": "history_too_short,small_sample"}


def test_what_time_alone_may_change_is_not_restated(deals: Deals) -> None:
    """No value is complete at first. From the second night on m1 is: it has matured, and is
    restated only when it differs after that."""

    def night(value: float, **settled: str) -> set[str]:
        cells = [
            (name, "company", "(all)", value, False, quality)
            for name, quality in (UNSETTLED | SETTLED).items()
            if name not in settled
        ]
        cells += [(name, "company", "(all)", value, True, "") for name in settled]
        return {row[0] for row in deals.night(cells=cells)}

    assert night(1) == set()
    assert night(2, m1="") == set(SETTLED)
    assert night(2, m1="") == set()
    assert night(3, m1="") == {"m1", *SETTLED}


def test_what_is_new_or_nothing_or_of_the_as_of_alone_is_not_restated(deals: Deals) -> None:
    """Calls are new, no days are gone, and the open pipeline exists for each as-of anew."""
    deals.night(revenue=1, deal_days=0, open_pipeline=500)
    assert deals.night(revenue=1, calls_made=5) == []


def test_the_account_holds_only_what_changed(deals: Deals) -> None:
    """D3 is open, and valued anew each night, which is no change."""
    two, three = {"opportunity_key": "crm:D2"}, {"opportunity_key": "crm:D3"} | OPEN
    deals.night({}, two, three)
    deals.night({}, two, three | {"amount": 101})
    deals.night({}, two | CUT, three | {"amount": 102})
    deals.night({}, three)
    rows = journal.read(deals.settings.lake_dir, "published_rows")
    assert [(row["version"], row["row_key"], row["is_removed"], row["amount"]) for row in rows] == [
        ("v000001", "crm:D1", False, 100),
        ("v000001", "crm:D2", False, 100),
        ("v000001", "crm:D3", False, None),
        ("v000003", "crm:D2", False, 90),
        ("v000004", "crm:D2", True, None),
    ]


def test_a_journal_from_before_the_account_names_no_records(deals: Deals) -> None:
    """Nobody knows then what a deal was; that the values were not the same is told all the same."""
    deals.night({})
    for kind, missing in (
        ("published_values", "is_settled, period_end"),
        ("publishes", "ledger_entries"),
        ("published_rows", ""),
    ):
        (path,) = (deals.settings.lake_dir / "_journal" / kind).iterdir()
        if not missing:
            path.unlink()
            continue
        with duckdb.connect() as connection:
            connection.execute(f"create table old as select * exclude ({missing}) from '{path}'")
            connection.execute(f"copy old to '{path}' (format parquet)")
    deals.versions["code"] = "c2"
    told = deals.night(CUT)
    assert told[0] == ("revenue", "(all)", 100, 90, "definition changed", None, -10)
    assert deals.night({})[0][4:6] == ("amount changed", "crm:D1")
