"""The pipeline at past moments, worked by hand: snapshots, probabilities, velocity, waterfall.

One company in Vienna, as of the end of Wednesday 2026-06-24, with three tools: `crm` delivers the
history of stages, `plain` three exports and no history, `bulk` closed deals only. The waterfall's
lines are worked on a few states made by hand, with the function that the mart publishes.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pytest

from pipelines.commands import waterfall
from pipelines.errors import ConfigError
from pipelines.settings import Settings
from tests.nights import ask, play_night
from tests.worked_company import landed

AS_OF = date(2026, 6, 24)
# crm. C1 and C2 are created on either side of Vienna's midnight; C3 and C4 are won around the
# midnight after the clocks went forward; R1 is lost, opened again, and won; C5 rises from 50 to 80;
# C7 is a renewal. All of Ada's.
CRM = """\
id,stage,type,amount,created,closed,expected,owner
C1,One,New,100,2026-01-31,,2026-07-10,U1
C2,One,New,200,2026-02-01,,,U1
C3,Won,New,300,2026-02-10,2026-03-30,,U1
C4,Won,New,400,2026-02-10,2026-03-29,,U1
C5,Two,New,80,2026-02-01,,,U1
C6,One,New,250,2026-05-10,,,U1
C7,One,Renewal,40,2026-05-10,,,U1
L1,Lost,New,0,2026-04-01,2026-05-01,,U1
R1,Won,New,1000,2026-01-05,2026-04-15,,U1
"""
HISTORY = """\
id,deal,stage,amount,at
1,R1,One,1000,2026-01-05T09:00:00Z
2,C1,One,100,2026-01-31T22:30:00Z
3,C2,One,200,2026-01-31T23:30:00Z
4,C5,Two,50,2026-02-01T09:00:00Z
5,R1,Lost,1000,2026-02-10T09:00:00Z
6,C3,One,300,2026-02-10T09:00:00Z
7,C4,One,400,2026-02-10T09:00:00Z
8,R1,One,1000,2026-03-02T09:00:00Z
9,C5,Two,80,2026-03-15T09:00:00Z
10,C4,Won,400,2026-03-29T21:30:00Z
11,C3,Won,300,2026-03-29T22:30:00Z
12,L1,One,70,2026-04-01T09:00:00Z
13,R1,Won,1000,2026-04-15T09:00:00Z
14,L1,Lost,0,2026-05-01T09:00:00Z
15,C6,One,250,2026-05-10T09:00:00Z
16,C7,One,40,2026-05-10T09:00:00Z
"""
# plain. P1 vanishes in April, P2 is won, P3 appears in June, P4 spends April in a stage that nobody
# mapped. All of Bob's.
PLAIN = {
    "2026-03-31": """\
P1,Start,Plain,500,2026-03-01,,2026-04-20,U2
P2,Start,Plain,600,2026-03-01,,2026-04-20,U2
P4,Start,Plain,800,2026-03-01,,2026-09-01,U2
""",
    "2026-04-30": """\
P2,Won,Plain,650,2026-03-01,2026-04-10,,U2
P4,Odd,Plain,800,2026-03-01,,2026-09-01,U2
""",
    "2026-06-24": """\
P2,Won,Plain,650,2026-03-01,2026-04-10,,U2
P3,Start,Plain,700,2026-06-10,,2026-06-28,U2
P4,Start,Plain,800,2026-03-01,,2026-09-01,U2
""",
}
HEADER = "id,stage,type,amount,created,closed,expected,owner\n"


def bulk() -> str:
    """Slow: 31 wins of 10, one every five days. Fast: 40 deals, one a day, every other one won."""
    slow = [(f"S{n}", "Won", "Slow", AS_OF - timedelta(days=5 * n)) for n in range(31)]
    fast = [(f"F{n}", ("Won", "Lost")[n % 2], "Fast", AS_OF - timedelta(days=n)) for n in range(40)]
    return HEADER + "".join(
        f"{deal},{stage},{kind},10,{closed - timedelta(days=10)},{closed},,\n"
        for deal, stage, kind, closed in slow + fast
    )


STAGES = {"Won": "won", "Lost": "lost"}
COLUMNS = {
    "opportunity_id": "id",
    "stage": "stage",
    "deal_type": "type",
    "amount": "amount",
    "created_on": "created",
    "closed_on": "closed",
    "expected_close_on": "expected",
    "owner_id": "owner",
}
USERS = {"files": "users.csv", "columns": {"user_id": "id", "user_name": "name", "team": "team"}}
CONFIG = {
    "company": {"name": "Tiny", "currency": "EUR", "timezone": "Europe/Vienna"},
    "guards": {"max_vanished_share": 1},
    "sources": [
        {
            "name": "crm",
            "system": "mapped",
            "as_of": str(AS_OF),
            "objects": {
                "opportunities": {
                    "files": "deals.csv",
                    "columns": COLUMNS,
                    "meanings": {"deal_type": {"Renewal": "renewal"}},
                    "stages": {
                        "One": {"outcome": "open", "probability": 0.2},
                        "Two": {"outcome": "open", "probability": 0.5},
                        **STAGES,
                    },
                },
                "stage_changes": {
                    "files": "history.csv",
                    "columns": {
                        "stage_change_id": "id",
                        "opportunity_id": "deal",
                        "stage": "stage",
                        "amount": "amount",
                        "changed_at": "at",
                    },
                },
                "users": USERS,
            },
        },
        {
            "name": "plain",
            "system": "mapped",
            "objects": {
                "opportunities": {
                    "files": "deals_*.csv",
                    "mode": "snapshot",
                    "as_of": "deals_%Y-%m-%d.csv",
                    "columns": COLUMNS,
                    "stages": {"Start": "open", **STAGES},
                },
                "users": {"as_of": str(AS_OF), **USERS},
            },
        },
        {
            "name": "bulk",
            "system": "mapped",
            "as_of": str(AS_OF),
            "objects": {
                "opportunities": {"files": "deals.csv", "columns": COLUMNS, "stages": STAGES}
            },
        },
    ],
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company, published."""
    files = {
        "crm/deals.csv": CRM,
        "crm/history.csv": HISTORY,
        "crm/users.csv": "id,name,team\nU1,Ada,East\n",
        "plain/users.csv": "id,name,team\nU2,Bob,West\n",
        "bulk/deals.csv": bulk(),
        **{f"plain/deals_{day}.csv": HEADER + rows for day, rows in PLAIN.items()},
    }
    settings = landed(tmp_path_factory.mktemp("pipeline"), files, CONFIG)
    play_night(settings)
    return settings


def opened(settings: Settings, day: str, *, source: str = "crm") -> list[str]:
    """The deals in the snapshot of a day."""
    rows = ask(
        settings,
        "select split_part(opportunity_key, ':', 2) as id from marts.fct_pipeline_snapshots "
        f"where snapshot_on = '{day}' and source = '{source}' order by id",
    )
    return [str(deal) for (deal,) in rows]


def kpi(
    settings: Settings, name: str, start: str, member: str, *, grain: str
) -> tuple[object, ...]:
    """Value and value of the period before, of one source."""
    (row,) = ask(
        settings,
        "select value, prior_value from kpis.kpi_values where scope = 'source' and "
        f"kpi = '{name}' and grain = '{grain}' and period_start = '{start}' "
        f"and member = '{member}'",
    )
    return row


def test_a_month_ends_at_the_company_midnight(company: Settings) -> None:
    """C1 was created at 23:30 of January 31 in Vienna, C2 an hour later: 22:30 and 23:30 in UTC."""
    assert opened(company, "2026-01-31") == ["C1", "R1"]


def test_a_day_ends_at_midnight_after_the_clocks_went_forward(company: Settings) -> None:
    """On Sunday, March 29, Vienna went from UTC+1 to UTC+2. C4 was won at 21:30 UTC, 23:30 there;
    C3 at 22:30 UTC, half past midnight of the 30th, so at the end of the week it was open."""
    assert opened(company, "2026-03-29") == ["C1", "C2", "C3", "C5", "R1"]


def test_a_reopened_deal_is_open_again_from_that_day(company: Settings) -> None:
    """R1: open from January 5, lost on February 10, open again on March 2, won on April 15."""
    days = ("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30")
    assert ["R1" in opened(company, day) for day in days] == [True, False, True, False]


def test_a_snapshot_has_the_amount_of_its_day(company: Settings) -> None:
    """C5 was worth 50 until March 15, and 80 since."""
    assert ask(
        company,
        "select snapshot_on::text, amount, age_days from marts.fct_pipeline_snapshots "
        "where opportunity_key = 'crm:C5' and is_month_end order by snapshot_on limit 2",
    ) == [("2026-02-28", Decimal("50.00"), 27), ("2026-03-31", Decimal("80.00"), 58)]


def test_no_snapshot_before_a_tool_is_known(company: Settings) -> None:
    """`plain` has no history: before its first export, of March 31, nothing is guessed, though its
    deals say that they were created on March 1. P2 is open until the export that showed it won."""
    assert ask(
        company,
        "select min(snapshot_on)::text, max(snapshot_on)::text from marts.fct_pipeline_snapshots "
        "where opportunity_key = 'plain:P2'",
    ) == [("2026-03-31", "2026-04-26")]


def test_what_is_deleted_or_unmapped_is_not_open(company: Settings) -> None:
    """P1 vanished, P2 was won and P4 in a stage without meaning by the end of April."""
    assert opened(company, "2026-03-31", source="plain") == ["P1", "P2", "P4"]
    assert opened(company, "2026-05-31", source="plain") == []
    assert opened(company, "2026-06-24", source="plain") == ["P3", "P4"]


def test_a_member_without_open_deals_is_at_zero(company: Settings) -> None:
    """On May 31 `plain` has nothing open; an earlier day on which it had is not its month's end."""
    assert kpi(company, "open_pipeline", "2026-05-01", "plain", grain="month") == (0.0, 0.0)


def test_days_that_are_kept(company: Settings) -> None:
    """Each week's and month's last day, the 35 days up to the as-of, and the days with which the
    running periods are compared: with the second quarter, which has had 61 working days, the first
    until its 61st, March 26; with June's 18, May 26; with the week's three, June 17 (of the 35)."""
    rows = ask(
        company,
        "select distinct snapshot_on, is_week_end, is_month_end from marts.fct_pipeline_snapshots",
    )
    days = {day for day, *_ in rows if isinstance(day, date)}
    assert {AS_OF - timedelta(days=n) for n in range(35)} <= days
    others = {
        day
        for day, week_end, month_end in rows
        if isinstance(day, date) and not week_end and not month_end
        if day <= AS_OF - timedelta(days=35)
    }
    assert others == {date(2026, 3, 26)}


def test_a_running_quarter_is_compared_with_the_same_working_day(company: Settings) -> None:
    """Open now: C1 100, C2 200, C5 80, C6 250, C7 40. On March 26: C1 100, C2 200, C3 300, C4 400,
    C5 80, R1 1,000; the end of March (1,380) is not what a running quarter is compared with."""
    assert kpi(company, "open_pipeline", "2026-04-01", "crm", grain="quarter") == (670.0, 2080.0)


def test_probabilities_of_february(company: Settings) -> None:
    """By February 28 one deal had closed: R1, lost from One. One: (0 + 30 * 0.2) ÷ 31 = 6/31; Two,
    which it never reached: 0.5. C1 19.35 + C2 38.71 + C3 58.06 + C4 77.42 + C5 25 = 218.54. That R1
    will be won one day does not enter."""
    assert ask(
        company,
        "select stage, min(round(probability, 9)), max(round(probability, 9)) "
        "from marts.fct_pipeline_snapshots where source = 'crm' and snapshot_on = '2026-02-28' "
        "group by stage order by stage",
    ) == [("One", 0.193548387, 0.193548387), ("Two", 0.5, 0.5)]
    assert kpi(company, "weighted_pipeline", "2026-02-01", "crm", grain="month")[0] == 218.54


def test_a_loss_that_was_undone_is_forgotten(company: Settings) -> None:
    """By March 29 R1 is open again, and C4 was won: One 7/31; a win reaches all stages: Two
    (1 + 15) ÷ 31. C1 22.58 + C2 45.16 + C3 67.74 + R1 225.81 + C5 41.29 = 402.58."""
    assert kpi(company, "weighted_pipeline", "2026-03-23", "crm", grain="week")[0] == 402.58


def test_the_snapshot_of_the_as_of_is_the_pipeline_of_the_fact(company: Settings) -> None:
    assert ask(
        company,
        "select opportunity_key, amount, weighted_amount from marts.fct_pipeline_snapshots "
        "where is_as_of order by all",
    ) == ask(
        company,
        "select opportunity_key, amount, weighted_amount from marts.fct_opportunities "
        "where is_open_pipeline order by all",
    )


def velocity(settings: Settings, deal_type: str) -> dict[str, object]:
    """The velocity of June, so far, of the deals of one type."""
    rows = ask(
        settings,
        "select kpi, value from kpis.kpi_values where scope = 'deal_type' and grain = 'month' "
        f"and period_start = '2026-06-01' and member = '{deal_type}' "
        "and (kpi like 'velocity%' or kpi in ('pipeline_velocity', 'aged_out_deals'))",
    )
    return {str(name): value for name, value in rows}


def test_velocity_of_few_deals(company: Settings) -> None:
    """Fewer than 30 closed, so the window is a year: C3 300, C4 400 and R1 1,000 won, L1 lost: 3 of
    4; size 1,700 ÷ 3; cycles 48, 47 and 100 days, mean 65. Of all cycles of the year (71 of 10
    days, 30, 40, 47, 48, 100) the 99th percentile is 61: of the open, C6 (45 days) is active, C1,
    C2 and C5 are older. 1 * 3/4 * 1,700/3 ÷ 65. Realised: 1,700 ÷ 365 days."""
    found = velocity(company, "New")
    assert found["velocity_active_deals"] == 1
    assert found["aged_out_deals"] == 3
    assert found["velocity_win_rate"] == 0.75
    assert found["velocity_cycle_days"] == 65
    assert found["pipeline_velocity"] == pytest.approx(425 / 65)
    assert found["velocity_realised"] == pytest.approx(1700 / 365)
    assert found["velocity_ratio"] == pytest.approx(425 / 65 / (1700 / 365))


def test_the_window_reaches_back_to_30_deals(company: Settings) -> None:
    """Of Slow the 30th last closed 145 days before June 24, so the window has 146 days, and 30 wins
    of 10. Of Fast 40 closed within the last 90 days, half of them won."""
    assert velocity(company, "Slow")["velocity_realised"] == pytest.approx(300 / 146)
    fast = velocity(company, "Fast")
    assert fast["velocity_realised"] == pytest.approx(200 / 90)
    assert fast["velocity_win_rate"] == 0.5


def test_renewals_have_no_velocity(company: Settings) -> None:
    assert velocity(company, "Renewal") == {}


def test_velocity_says_when_its_window_begins_before_the_data(company: Settings) -> None:
    """The year before June 24 reaches beyond the first close, of January 25; 146 days do not."""
    assert ask(
        company,
        "select member, quality from kpis.kpi_values where kpi = 'velocity_realised' and "
        "grain = 'month' and period_start = '2026-06-01' and member in ('New', 'Slow') order by 1",
    ) == [("New", "running,history_too_short,small_sample"), ("Slow", "running")]


def test_an_open_visit_is_censored(company: Settings) -> None:
    """C6 entered One on May 10 and is still there, 45 days later. R1 was in One twice, for 36 and
    44 days. P1 vanished: how long it stayed nobody knows."""
    assert ask(
        company,
        "select opportunity_key, is_open_visit, visit_days, duration_days "
        "from marts.fct_stage_visits "
        "where opportunity_key in ('crm:C6', 'crm:R1', 'plain:P1') and not is_jumped_over "
        "order by opportunity_key, entered_on",
    ) == [
        ("crm:C6", True, None, 45),
        ("crm:R1", False, 36, 36),
        ("crm:R1", False, 44, 44),
        ("plain:P1", False, None, None),
    ]


def test_an_inferred_entry_lies_in_an_interval(company: Settings) -> None:
    """P3 was not there in the export of April's end (midnight in Vienna: 22:00 UTC) and is in that
    of June 24; C6's entry is known to the second."""
    assert ask(
        company,
        "select basis, entered_after_at::text, entered_by_at::text from marts.fct_stage_visits "
        "where opportunity_key in ('plain:P3', 'crm:C6') order by opportunity_key",
    ) == [
        ("native", "2026-05-10 09:00:00", "2026-05-10 09:00:00"),
        ("inferred", "2026-04-30 22:00:00", "2026-06-24 22:00:00"),
    ]


def member_lines(settings: Settings, opening: str, closing: str, **asked: str) -> dict[str, int]:
    """Bob's waterfall between two days, without the lines that are 0."""
    found = waterfall.collect(
        settings,
        opening=date.fromisoformat(opening),
        closing=date.fromisoformat(closing),
        scope="rep",
        **asked,
    )
    (one,) = [one for one in found.members if one.member == "Bob"]
    lines = {"start": one.start, **one.lines, "end": one.end, "revenue": one.revenue}
    return {name: int(amount) for name, amount in lines.items() if amount}


def test_waterfall_between_any_two_days(company: Settings) -> None:
    """April 6 to May 5: P1 500 deleted; P2 600 rose to 650 before it was won; P4 800 excluded."""
    assert member_lines(company, "2026-04-06", "2026-05-05") == {
        "start": 1900,
        "increased": 50,
        "won": 650,
        "deleted": 500,
        "excluded": 800,
        "revenue": 650,
    }


def test_waterfall_of_what_is_dated_in_a_period(company: Settings) -> None:
    """Of the second quarter's pipeline: P1 and P2 were expected in April, P3 is on June 28; P4 is
    not in it."""
    assert member_lines(company, "2026-04-06", "2026-06-24", dated_in="2026-Q2") == {
        "start": 1100,
        "created": 700,
        "increased": 50,
        "won": 650,
        "deleted": 500,
        "end": 700,
        "revenue": 650,
    }


def test_waterfall_of_a_period(company: Settings) -> None:
    """June: P3 700 is new, P4 800 is back in a mapped stage. The mart's rows have what the function
    says of the same two days."""
    june = member_lines(company, "2026-05-31", "2026-06-24")
    assert june == {"created": 700, "included": 800, "end": 1500}
    assert ask(
        company,
        "select created_amount, included_amount, end_amount, is_complete "
        "from kpis.kpi_pipeline_waterfall where grain = 'month' and period_start = '2026-06-01' "
        "and target = 'all' and scope = 'rep' and member = 'Bob'",
    ) == [(700, 800, 1500, False)]


def test_no_waterfall_before_the_data(company: Settings) -> None:
    with pytest.raises(ConfigError, match="between 2026-01-05"):
        waterfall.collect(company, opening=date(2025, 12, 31), closing=AS_OF)


# Each line: a deal's states, by day. Day 1 is the opening day's morning, 9 the closing day's.
STATES = """
create schema marts; create schema kpis;
create table marts.fct_opportunity_states (
    opportunity_key varchar, source varchar, outcome varchar, rep varchar, team varchar,
    source_currency varchar, counted_currency varchar, counted_amount decimal(18, 2),
    is_open_pipeline boolean, is_merged boolean, counted_close_on date, valid_from_on date,
    valid_to_on date
);
create table marts.dim_exchange_rates as
    select 'EUR' as currency, 'actual' as rate_kind, cast(1.10 as decimal(18, 9)) as rate_times,
        cast(1 as decimal(18, 9)) as rate_divided_by, date '1900-01-01' as valid_from_on,
        date '2026-03-05' as valid_to_on
    union all select 'EUR', 'actual', 1.20, 1, date '2026-03-05', date '9999-12-31'
    union all select 'EUR', 'plan', 9.99, 1, date '1900-01-01', date '9999-12-31'
    union all select 'USD', 'actual', 1, 1, date '1900-01-01', date '9999-12-31';
create table marts.fct_opportunities (
    is_counted_win boolean, closed_on date, amount decimal(18, 2), team_at_close varchar,
    rep_at_close varchar, source_currency varchar
);
-- something is known of the source before the opening day
insert into marts.fct_opportunity_states values ('old', 'crm', 'lost', 'Z', 'Z', 'USD', 'USD', 1,
    false, false, null, date '2026-01-01', date '9999-12-31');
"""
OPENING, CLOSING = "2026-03-01", "2026-03-10"
NEVER = "9999-12-31"


class Pipeline:
    """States made by hand, and the published function over them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """The connection has the tables and the function."""
        self.connection = connection

    def state(
        self,
        deal: str,
        outcome: str,
        amount: str,
        *,
        since: str = "2026-02-01",
        until: str = NEVER,
        team: str = "A",
        currency: str = "USD",
        dated: str | None = None,
        merged: bool = False,
        source: str = "crm",
    ) -> None:
        """The deal is in this state at the ends of the days from `since` to before `until`."""
        row = [deal, source, outcome, f"{team}'s", team, currency, currency, Decimal(amount)]
        row += [outcome == "open", merged, dated, since, until]
        marks = ", ".join("?" * len(row))
        self.connection.execute(f"insert into marts.fct_opportunity_states values ({marks})", row)

    def lines(self, scope: str = "company", **dated: str) -> dict[str, dict[str, Decimal]]:
        """The members' waterfalls, without the lines that are 0; each balances."""
        answer = self.connection.execute(
            "select * from kpis.pipeline_waterfall(?, ?, ?, ?)",
            [OPENING, CLOSING, dated.get("since"), dated.get("before")],
        )
        names = [column[0] for column in answer.description or []]
        found: dict[str, dict[str, Decimal]] = {}
        for values in answer.fetchall():
            row = dict(zip(names, values, strict=True))
            assert row["start_amount"] + sum(row[f"{one}_amount"] for one in waterfall.ADDED) == (
                row["end_amount"] + sum(row[f"{one}_amount"] for one in waterfall.TAKEN)
            )
            if row["scope"] == scope:
                amounts = {name.removesuffix("_amount"): row[name] for name in names[6:]}
                found[row["member"]] = {name: value for name, value in amounts.items() if value}
        return found


@pytest.fixture
def pipeline(company: Settings) -> Iterator[Pipeline]:
    """An empty pipeline, with the function as the company publishes it."""
    ((parameters, query),) = ask(
        company,
        "select array_to_string(parameters, ', '), macro_definition from duckdb_functions() "
        "where schema_name = 'kpis' and function_name = 'pipeline_waterfall'",
    )
    with duckdb.connect() as connection:
        connection.execute(STATES)
        connection.execute(f"create macro kpis.pipeline_waterfall({parameters}) as table {query}")
        yield Pipeline(connection)


def test_currency_and_transfer(pipeline: Pipeline) -> None:
    """Team A: EUR 100 at 1.10, USD 200. At the end EUR is at 1.20, and the USD deal in team B:
    A 310 + 10 - 200 = 120, B 0 + 200 = 200, the company 310 + 10 = 320."""
    pipeline.state("euro", "open", "100", currency="EUR")
    pipeline.state("dollar", "open", "200", until="2026-03-04")
    pipeline.state("dollar", "open", "200", since="2026-03-04", team="B")
    assert pipeline.lines("team") == {
        "A": {"start": 310, "currency": 10, "transferred_out": 200, "end": 120},
        "B": {"transferred_in": 200, "end": 200},
    }
    assert pipeline.lines() == {"(all)": {"start": 310, "currency": 10, "end": 320}}
    assert pipeline.lines("currency") == {
        "EUR": {"start": 110, "currency": 10, "end": 120},
        "USD": {"start": 200, "end": 200},
    }


def test_a_change_before_a_win_is_an_increase(pipeline: Pipeline) -> None:
    """EUR 100 became 150 and was won on March 6. At the opening rate 1.10: 110 + 55 - 165; revenue,
    at the rate of its own day, is 180; wins of the opening day and after the closing one are not in
    it."""
    pipeline.state("won", "open", "100", currency="EUR", until="2026-03-06")
    pipeline.state("won", "won", "150", currency="EUR", since="2026-03-06")
    pipeline.connection.execute(
        "insert into marts.fct_opportunities values "
        "(true, date '2026-03-06', 180, 'A', 'A''s', 'EUR'), "
        "(true, date '2026-03-01', 7, 'A', 'A''s', 'EUR'), "
        "(true, date '2026-03-11', 9, 'A', 'A''s', 'EUR')"
    )
    expected = {"start": 110, "increased": 55, "won": 165, "revenue": 180}
    assert pipeline.lines() == {"(all)": expected}
    assert pipeline.lines("rep") == {"A's": expected}


@pytest.mark.parametrize(
    ("outcome", "merged", "line"),
    [
        ("lost", False, "lost"),
        ("removed", False, "deleted"),
        ("removed", True, "merged"),
        ("unmapped", False, "excluded"),
    ],
)
def test_other_ways_out(pipeline: Pipeline, outcome: str, merged: bool, line: str) -> None:
    """Of 200, 180 were left when it went: 20 decreased. That the owner changed with it makes no
    transfer of it: team A, which had it, lost it."""
    pipeline.state("gone", "open", "200", until="2026-03-05")
    pipeline.state("gone", outcome, "180", since="2026-03-05", team="B", merged=merged)
    assert pipeline.lines("team") == {"A": {"start": 200, "decreased": 20, line: 180}}


def test_new_deals_and_deals_that_come_and_go(pipeline: Pipeline) -> None:
    """One is new and open; one was created and won in between, one created and lost: both lines.
    What was created and deleted in between leaves no trace."""
    pipeline.state("new", "open", "10", since="2026-03-02")
    for outcome, amount in (("won", "20"), ("lost", "40"), ("removed", "80")):
        pipeline.state(outcome, "open", amount, since="2026-03-03", until="2026-03-07")
        pipeline.state(outcome, outcome, amount, since="2026-03-07")
    assert pipeline.lines() == {"(all)": {"created": 70, "won": 20, "lost": 40, "end": 10}}


def test_ways_in(pipeline: Pipeline) -> None:
    """Reopened before all else, though the team changed; a deal that comes back from an unmapped
    stage, or undeleted, is included; so is what a tool brings that was not known at the start."""
    pipeline.state("again", "lost", "100", until="2026-03-04")
    pipeline.state("again", "open", "100", since="2026-03-04", team="B")
    pipeline.state("back", "unmapped", "20", until="2026-03-04")
    pipeline.state("back", "open", "20", since="2026-03-04", team="B")
    pipeline.state("undeleted", "removed", "3", until="2026-03-04")
    pipeline.state("undeleted", "open", "3", since="2026-03-04", team="B")
    pipeline.state("later tool", "open", "7", since="2026-03-04", team="B", source="other")
    assert pipeline.lines("team") == {"B": {"reopened": 100, "included": 30, "end": 130}}


def test_dates_pull_in_and_push_out(pipeline: Pipeline) -> None:
    """Of the pipeline dated in the second quarter: one moves to July, and rose by 5 before; one is
    pulled in from July; one has no date and is not in it; of the whole pipeline nothing moves."""
    pipeline.state("out", "open", "100", until="2026-03-04", dated="2026-06-30")
    pipeline.state("out", "open", "105", since="2026-03-04", dated="2026-07-01")
    pipeline.state("in", "open", "50", until="2026-03-04", dated="2026-07-01")
    pipeline.state("in", "open", "50", since="2026-03-04", dated="2026-04-01")
    pipeline.state("undated", "open", "9")
    assert pipeline.lines(since="2026-04-01", before="2026-07-01") == {
        "(all)": {"start": 100, "increased": 5, "pushed_out": 105, "pulled_in": 50, "end": 50}
    }
    assert pipeline.lines() == {"(all)": {"start": 159, "increased": 5, "end": 164}}


def test_a_transfer_comes_before_a_push(pipeline: Pipeline) -> None:
    """Moved to team B and to July: team A transferred it out; it is not in B's quarter. For the
    company, where nobody took it over, it was pushed out."""
    pipeline.state("both", "open", "100", until="2026-03-04", dated="2026-06-30")
    pipeline.state("both", "open", "100", since="2026-03-04", dated="2026-07-01", team="B")
    dated = {"since": "2026-04-01", "before": "2026-07-01"}
    assert pipeline.lines("team", **dated) == {"A": {"start": 100, "transferred_out": 100}}
    assert pipeline.lines(**dated) == {"(all)": {"start": 100, "pushed_out": 100}}


def test_an_amount_without_a_rate_is_not_guessed(pipeline: Pipeline) -> None:
    """Nobody knows what CHF cost: 0 throughout."""
    pipeline.state("francs", "open", "100", currency="CHF")
    assert pipeline.lines() == {"(all)": {}}


def test_the_end_is_the_next_start(pipeline: Pipeline) -> None:
    """A state that begins on a day holds at its end: won on March 10 is no longer open on it; lost
    on March 1 was not open at the start; opened again on March 10 is open at the end."""
    pipeline.state("last day", "open", "100", until=CLOSING)
    pipeline.state("last day", "won", "100", since=CLOSING)
    pipeline.state("first day", "open", "50", until=OPENING)
    pipeline.state("first day", "lost", "50", since=OPENING)
    pipeline.state("reopened", "lost", "7", until=CLOSING)
    pipeline.state("reopened", "open", "7", since=CLOSING)
    assert pipeline.lines() == {"(all)": {"start": 100, "won": 100, "reopened": 7, "end": 7}}
