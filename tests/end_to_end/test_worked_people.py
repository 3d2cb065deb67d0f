"""People worked by hand: places by day, shares of people and of deals; the answers by eye.

Each test says in its text why the answer is what it is. The company sells in UTC, as of the end of
2026-04-30; its users were exported on 2026-01-31 and on 2026-03-31.
"""

from decimal import Decimal

import pytest

from pipelines.settings import Settings
from tests.worked_company import ask, built, landed

FILES = {
    # Eve is gone from the second export; Mia leads, and no export names her team
    "users-2026-01-31.csv": """\
id,name,email,team,manager,left
U1,Ada,ada@tiny.example,Old,,
U2,Bob,bob@tiny.example,Old,,
U3,Cid,cid@tiny.example,Old,,
U4,Dee,dee@tiny.example,Old,,
U5,Eve,eve@tiny.example,South,,
U6,Fay,fay@tiny.example,South,,2026-03-01
U7,Mia,mia@tiny.example,,,
U8,Gus,gus@tiny.example,South,,
""",
    "users-2026-03-31.csv": """\
id,name,email,team,manager,left
U1,Ada,ada@tiny.example,Old,,
U2,Bob,bob@tiny.example,Old,,
U3,Cid,cid@tiny.example,Old,,
U4,Dee,dee@tiny.example,Old,,
U6,Fay,fay@tiny.example,South,,2026-03-01
U7,Mia,mia@tiny.example,,,
U8,Gus,gus@tiny.example,North,,
""",
    # by name and by address; of the last three rows, two name nobody known and one has no day
    "org.csv": """\
name,email,from,team,manager,region,share
Ada,,2025-10-01,East,Mia,EMEA,
Ada,,2026-02-15,West,Noa,AMER,
,BOB@tiny.example,2026-01-01,East,Mia,EMEA,0.6
,BOB@tiny.example,2026-01-01,West,Noa,AMER,0.4
Cid,,2026-01-01,East,Mia,EMEA,0.5
Cid,,2026-01-01,West,Noa,AMER,0.3
Dee,,2026-01-01,East,Mia,EMEA,
Dee,,2026-02-01,East,Mia,EMEA,
Dee,,2026-02-01,West,Noa,AMER,
Dee,,2026-06-01,North,Noa,AMER,
Zoe,,2026-01-01,East,Mia,EMEA,
,who@tiny.example,2026-01-01,East,Mia,EMEA,
Ada,,,East,Mia,EMEA,
""",
    "deals.csv": """\
id,owner,stage,amount,created,closed
A1,U1,Won,100.00,2025-09-01,2025-09-15
A2,U1,Won,10.00,2026-01-05,2026-02-14
A3,U1,Won,20.00,2026-01-05,2026-02-15
B1,U2,Won,100.01,2026-01-05,2026-01-20
C1,U3,Won,80.00,2026-01-05,2026-01-21
D1,U4,Won,40.00,2026-01-05,2026-01-22
D2,U4,Won,50.00,2026-01-05,2026-02-03
D3,U4,Open,70.00,2026-01-05,
E1,U5,Won,7.00,2026-01-05,2026-02-10
E2,U5,Won,8.00,2026-01-05,2026-04-05
E3,U5,Open,9.00,2026-01-05,
F1,U6,Won,5.00,2026-01-05,2026-03-10
M1,U7,Won,6.00,2026-01-05,2026-01-23
S1,U1,Won,100.00,2026-01-05,2026-02-20
S2,U1,Won,90.00,2026-01-05,2026-02-21
S3,U1,Won,0.05,2026-01-05,2026-02-22
N1,,Won,3.00,2026-01-05,2026-02-23
""",
    "splits.csv": """\
deal,owner,kind,share
S1,U1,,0.5
S1,U6,,0.5
S1,U7,Overlay,0.2
S1,U2,Overlay,0.5
S2,U1,Revenue,0.5
S2,U6,Revenue,0.3
S3,U1,,0.333333
S3,U2,,0.333333
S3,U6,,0.333333
S3,U5,Partner,1
X9,U1,,1
""",
    "quotas.csv": """\
measure,owner,from,to,amount
revenue,ada@tiny.example,2026-01-01,2026-02-15,150
revenue,ada@tiny.example,2026-02-15,2026-04-01,150
revenue,bob@tiny.example,2026-01-01,2026-04-01,100.01
deals_won,bob@tiny.example,2026-01-01,2026-04-01,3
revenue,eve@tiny.example,2026-01-01,2026-04-01,70
revenue,eve@tiny.example,2026-04-01,2026-07-01,80
""",
    "calls.csv": """\
id,kind,direction,owner,at
K1,call,outbound,U1,2026-02-14T23:59:00Z
K2,call,outbound,U1,2026-02-15T00:01:00Z
K3,call,outbound,U2,2026-02-15T00:01:00Z
""",
}
CONFIG = {
    "company": {"name": "Tiny", "currency": "EUR", "timezone": "UTC"},
    "sources": [
        {
            "name": "crm",
            "system": "mapped",
            "as_of": "2026-04-30",
            "objects": {
                "users": {
                    "files": "users-*.csv",
                    "as_of": "users-%Y-%m-%d.csv",
                    "columns": {
                        "user_id": "id",
                        "user_name": "name",
                        "email": "email",
                        "team": "team",
                        "manager_name": "manager",
                        "left_on": "left",
                    },
                },
                "opportunities": {
                    "files": "deals.csv",
                    "columns": {
                        "opportunity_id": "id",
                        "owner_id": "owner",
                        "stage": "stage",
                        "amount": "amount",
                        "created_on": "created",
                        "closed_on": "closed",
                    },
                    "stages": {"Open": "open", "Won": "won", "Lost": "lost"},
                },
                "deal_splits": {
                    "files": "splits.csv",
                    "columns": {
                        "opportunity_id": "deal",
                        "owner_id": "owner",
                        "credit_type": "kind",
                        "share": "share",
                    },
                },
                "activities": {
                    "files": "calls.csv",
                    "columns": {
                        "activity_id": "id",
                        "kind": "kind",
                        "direction": "direction",
                        "owner_id": "owner",
                        "occurred_at": "at",
                    },
                },
            },
        },
        {
            "name": "staff",
            "system": "mapped",
            "as_of": "2026-04-30",
            "objects": {
                "org_changes": {
                    "files": "org.csv",
                    "columns": {
                        "user_name": "name",
                        "user_email": "email",
                        "effective_on": "from",
                        "team": "team",
                        "manager_name": "manager",
                        "region": "region",
                        "share": "share",
                    },
                },
                "quotas": {
                    "files": "quotas.csv",
                    "columns": {
                        "measure": "measure",
                        "owner_email": "owner",
                        "period_start": "from",
                        "period_end": "to",
                        "amount": "amount",
                    },
                },
            },
        },
    ],
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company, built and checked."""
    files = {
        f"{'staff' if name in ('org.csv', 'quotas.csv') else 'crm'}/{name}": text
        for name, text in FILES.items()
    }
    return built(landed(tmp_path_factory.mktemp("people"), files, CONFIG))


def credits_of(settings: Settings, deal: str) -> list[tuple[object, ...]]:
    """Person, team and amount of a deal's credits."""
    return ask(
        settings,
        "select rep, team, amount from marts.fct_opportunity_credits "
        f"where opportunity_key = 'crm:{deal}' and not is_overlay order by rep, team",
    )


def values(
    settings: Settings, kpi: str, scope: str, start: str = "2026-01-01", grain: str = "quarter"
) -> dict[object, object]:
    """The members' values in one period, without those at 0."""
    return dict(
        ask(
            settings,
            f"select member, value from kpis.kpi_values where kpi = '{kpi}' and scope = '{scope}' "
            f"and grain = '{grain}' and period_start = '{start}' and value <> 0",
        )
    )


def test_the_org_file_makes_the_timeline(company: Settings) -> None:
    """Ada is in East from 2025-10-01, and, nothing earlier being known, before; in West from
    2026-02-15. What the exports of users say of her (Old) does not count any more."""
    assert ask(
        company,
        "select team, manager, region, valid_from_on::text, known_from_on::text, "
        "valid_to_on::text, is_inferred, is_current from marts.dim_reps where rep = 'Ada' "
        "order by valid_from_on",
    ) == [
        ("East", "Mia", "EMEA", "1900-01-01", "2025-10-01", "2026-02-15", True, False),
        ("West", "Noa", "AMER", "2026-02-15", "2026-02-15", "9999-12-31", False, True),
    ]


def test_exports_of_users_make_the_timeline_of_the_others(company: Settings) -> None:
    """Gus is in South in the export of 01-31, in North in that of 03-31: South holds until then,
    and before the first export, where it is inferred."""
    assert ask(
        company,
        "select team, valid_from_on::text, known_from_on::text, is_inferred, is_current "
        "from marts.dim_reps where rep = 'Gus' order by valid_from_on",
    ) == [
        ("South", "1900-01-01", "2026-01-31", True, False),
        ("North", "2026-03-31", "2026-03-31", False, True),
    ]


def test_a_place_in_the_future_is_not_the_present_one(company: Settings) -> None:
    """Dee will be in North from 2026-06-01; as of 2026-04-30 she is in West. One row per person is
    current: eight users, and Zoe, of whom only the org file knows."""
    assert ask(company, "select team from marts.dim_reps where rep = 'Dee' and is_current") == [
        ("West",)
    ]
    assert ask(
        company,
        "select count(*), count(distinct rep_key) from marts.dim_reps where is_current",
    ) == [(9, 9)]


def test_deals_before_and_after_a_move(company: Settings) -> None:
    """Ada's deal of 02-14 is East's, that of 02-15, her first day in West, is West's."""
    assert ask(
        company,
        "select opportunity_id, rep_at_close, team_at_close, manager_at_close, region_at_close "
        "from marts.fct_opportunities where opportunity_id like 'A%' order by 1",
    ) == [
        ("A1", "Ada", "East", "Mia", "EMEA"),
        ("A2", "Ada", "East", "Mia", "EMEA"),
        ("A3", "Ada", "West", "Noa", "AMER"),
    ]


def test_calls_before_and_after_a_move(company: Settings) -> None:
    """A call a minute before midnight is East's, one a minute after is West's. Bob's calls are
    East's, his first team: activities are not shared."""
    assert ask(company, "select activity_key, rep, team from marts.fct_activities order by 1") == [
        ("crm:K1", "Ada", "East"),
        ("crm:K2", "Ada", "West"),
        ("crm:K3", "Bob", "East"),
    ]


def test_a_person_in_two_teams(company: Settings) -> None:
    """Bob is 60 % in East, 40 % in West: of 100.01, 60.006 and 40.004. Cut to 60.00 and 40.00, a
    cent is left; it goes to the larger rest, East's. The win is his first team's."""
    assert credits_of(company, "B1") == [
        ("Bob", "East", Decimal("60.01")),
        ("Bob", "West", Decimal("40.00")),
    ]
    assert ask(
        company,
        "select team_at_close from marts.fct_opportunities where opportunity_id = 'B1'",
    ) == [("East",)]


def test_shares_of_a_person_that_do_not_add_up(company: Settings) -> None:
    """Cid's 0.5 and 0.3 are 0.8 in all: scaled to 62.5 and 37.5 %, 50 and 30 of 80; listed, and
    noted on the deal."""
    assert credits_of(company, "C1") == [
        ("Cid", "East", Decimal("50.00")),
        ("Cid", "West", Decimal("30.00")),
    ]
    assert ask(
        company,
        "select bool_and(is_share_scaled) from marts.fct_opportunity_credits "
        "where opportunity_key = 'crm:C1'",
    ) == [(True,)]


def test_two_teams_without_shares(company: Settings) -> None:
    """Dee is in East since January, from February in East and West, no shares given: West began
    last and has her whole. The deal of January is East's."""
    assert credits_of(company, "D1") == [("Dee", "East", Decimal("40.00"))]
    assert credits_of(company, "D2") == [("Dee", "West", Decimal("50.00"))]


def test_split_credit_and_overlay(company: Settings) -> None:
    """S1 is half Ada's, in West by then, half Fay's. Overlay credit (Mia 20, Bob 50 shared 60 to
    40 by his teams) stands beside it, and in no sum."""
    assert credits_of(company, "S1") == [
        ("Ada", "West", Decimal("50.00")),
        ("Fay", "South", Decimal("50.00")),
    ]
    assert ask(
        company,
        "select rep, team, amount, is_credited_win from marts.fct_opportunity_credits "
        "where opportunity_key = 'crm:S1' and is_overlay order by rep, team",
    ) == [
        ("Bob", "East", Decimal("30.00"), False),
        ("Bob", "West", Decimal("20.00"), False),
        ("Mia", "East", Decimal("20.00"), False),
    ]


def test_shares_of_a_deal_that_do_not_add_up(company: Settings) -> None:
    """S2's 0.5 and 0.3 are scaled to 62.5 and 37.5 %: 56.25 and 33.75 of 90. S3's three times
    0.333333 are thirds that somebody rounded: no fault. Of its 5 cents each third is 1.67: one
    cent each, and the two that are left go to equal rests by key: Ada's and Bob's."""
    assert credits_of(company, "S2") == [
        ("Ada", "West", Decimal("56.25")),
        ("Fay", "South", Decimal("33.75")),
    ]
    assert credits_of(company, "S3") == [
        ("Ada", "West", Decimal("0.02")),
        ("Bob", "East", Decimal("0.01")),
        ("Bob", "West", Decimal("0.01")),
        ("Fay", "South", Decimal("0.01")),
    ]
    assert ask(
        company,
        "select period_start::text, row_count, amount from quality.value_notes "
        "where code = 'shares_scaled' order by 1",
    ) == [("2026-01-01", 1, Decimal("80.00")), ("2026-02-01", 1, Decimal("90.00"))]


def test_a_deleted_user_is_nobody(company: Settings) -> None:
    """Eve is gone from the export of 03-31: what closed before is hers, what closed after, and what
    is open now, belongs to nobody."""
    assert ask(
        company,
        "select opportunity_id, rep_at_close, team_at_close, rep_at_snapshot, team_at_snapshot "
        "from marts.fct_opportunities where opportunity_id like 'E%' order by 1",
    ) == [
        ("E1", "Eve", "South", "(none)", "(none)"),
        ("E2", "(none)", "(none)", "(none)", "(none)"),
        ("E3", "(none)", "(none)", "(none)", "(none)"),
    ]


def test_who_left_keeps_the_last_place(company: Settings) -> None:
    """Fay left on 03-01, and the deal of 03-10 is still hers: it stays with her team."""
    assert credits_of(company, "F1") == [("Fay", "South", Decimal("5.00"))]


def test_a_manager_who_owns_deals(company: Settings) -> None:
    """No export names Mia's team. She leads people of East alone, so her deal is East's."""
    assert credits_of(company, "M1") == [("Mia", "East", Decimal("6.00"))]


def test_members_add_up_to_the_company(company: Settings) -> None:
    """The quarter's revenue. East: A2 10, B1 60.01, C1 50, D1 40, M1 6, S3 0.01: 166.02. West:
    A3 20, B1 40, C1 30, D2 50, S1 50, S2 56.25, S3 0.03: 246.28. South: E1 7, F1 5, S1 50,
    S2 33.75, S3 0.01: 95.76. Nobody: N1 3. In all 511.06, as the company's deals."""
    assert values(company, "revenue", "team") == {
        "East": 166.02,
        "West": 246.28,
        "South": 95.76,
        "(none)": 3.0,
    }
    assert values(company, "revenue", "company") == {"(all)": 511.06}
    assert sum(map(float, map(str, values(company, "revenue", "rep").values()))) == pytest.approx(
        511.06, abs=1e-9
    )


def test_wins_are_their_owners_and_credited_beside(company: Settings) -> None:
    """South's own wins: E1, F1. Credited: these, S1's half, 0.375 of S2, a third of S3."""
    assert values(company, "deals_won", "team")["South"] == 2
    assert values(company, "credited_wins", "team")["South"] == pytest.approx(
        2 + 1 / 2 + 3 / 8 + 1 / 3, abs=1e-8
    )
    assert values(company, "credited_wins", "company") == values(company, "deals_won", "company")


def test_quotas_follow_the_people(company: Settings) -> None:
    """Ada's quota changes on the day she moves: each part is that of the team she is in when it
    begins. Bob's quota of revenue is shared as his revenue, that of deals is his first team's.
    Eve's territory is vacant from April: her quota stays with the team, and is no person's."""
    assert ask(
        company,
        "select measure, rep, team, period_start::text, given_amount from marts.fct_quotas "
        "order by all",
    ) == [
        ("deals_won", "Bob", "East", "2026-01-01", Decimal("3.00")),
        ("revenue", "(none)", "South", "2026-04-01", Decimal("80.00")),
        ("revenue", "Ada", "East", "2026-01-01", Decimal("150.00")),
        ("revenue", "Ada", "West", "2026-02-15", Decimal("150.00")),
        ("revenue", "Bob", "East", "2026-01-01", Decimal("60.01")),
        ("revenue", "Bob", "West", "2026-01-01", Decimal("40.00")),
        ("revenue", "Eve", "South", "2026-01-01", Decimal("70.00")),
    ]


def test_attainment_of_who_moved(company: Settings) -> None:
    """Ada's quarter: A2 10, A3 20, S1 50, S2 56.25, S3 0.02 of 150 + 150. East's: 166.02 of
    150 + 60.01."""
    assert values(company, "quota_attainment", "rep")["Ada"] == pytest.approx(136.27 / 300)
    assert values(company, "quota_attainment", "team")["East"] == pytest.approx(166.02 / 210.01)


def test_no_address_is_published(company: Settings) -> None:
    """Quotas that are given to an address bear none in their key."""
    assert ask(company, "select count(*) from marts.fct_quotas where quota_key like '%@%'") == [
        (0,)
    ]


def test_what_the_files_do_not_settle_is_listed(company: Settings) -> None:
    assert ask(
        company,
        "select source, object, column_name, found_value, row_count from quality.unmapped_values "
        "where object in ('org_changes', 'deal_splits') order by all",
    ) == [
        ("crm", "deal_splits", "credit_type", "partner", 1),
        ("crm", "deal_splits", "opportunity_id", "crm:X9", 1),
        ("crm", "deal_splits", "share", "shares of 0.8", 1),
        ("staff", "org_changes", "effective_on", "(none)", 1),
        ("staff", "org_changes", "share", "Cid from 2026-01-01", 2),
        ("staff", "org_changes", "team", "Dee from 2026-02-01", 2),
        ("staff", "org_changes", "user", "(an address)", 1),
        ("staff", "org_changes", "user", "Zoe", 1),
    ]
