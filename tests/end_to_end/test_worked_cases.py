"""Cases small enough to check by eye: a mapped company of a few rows, and the answers by hand.

Stages, leads, touches and classes of revenue; each test says in its text why the answer is what it
is. The company sells in UTC, as of the end of 2026-06-30.
"""

import pytest

from pipelines.settings import Settings
from tests.worked_company import ask, built, landed, value

FILES = {
    # D1 created in One, jumps to Three, lost. D2 created in Three, won. D3 One, Two, back to One,
    # Two again, still open. D4 created in One, won at once from there.
    "opportunities.csv": """\
id,account,stage,type,amount,created,closed,contact
D1,A1,Lost,,0,2026-01-05,2026-02-01,
D2,A1,Won,Renewal,100,2026-01-05,2026-01-20,
D3,A2,Two,,70,2026-03-01,,
D4,A1,Won,Upgrade,40,2026-01-06,2026-02-10,
D5,,Won,,50,2026-01-07,2026-02-20,
D6,A3,Won,,30,2026-04-01,2026-05-01,
D7,A3,Won,,20,2026-04-01,2026-05-20,
D8,A2,Two,,10,2026-06-10,,C2
""",
    "stage_changes.csv": """\
id,deal,stage,amount,at
1,D1,One,,2026-01-05T09:00:00Z
2,D1,One,900,2026-01-06T09:00:00Z
3,D1,Three,900,2026-01-10T09:00:00Z
4,D1,Lost,0,2026-02-03T09:00:00Z
5,D2,Three,100,2026-01-05T09:00:00Z
6,D2,Won,100,2026-01-20T09:00:00Z
7,D3,One,70,2026-03-01T09:00:00Z
8,D3,Two,70,2026-03-02T09:00:00Z
9,D3,One,70,2026-03-03T09:00:00Z
10,D3,Two,70,2026-03-03T09:00:00Z
11,D4,One,40,2026-01-06T09:00:00Z
12,D4,Won,40,2026-02-10T09:00:00Z
""",
    # P1 to P5: five leads of one day; answered after 5, 10 and 30 minutes, two never. P1 comes back
    # after 20 days (a duplicate) and after 200 more (a re-inquiry, never answered).
    "leads.csv": """\
id,email,status,source,created,qualified,deal
L1,p1@one.example,New,Web,2025-10-01T09:00:00Z,,
L2,p2@one.example,New,Web,2025-10-01T09:00:00Z,2025-11-02T00:30:00Z,
L3,p3@one.example,New,Web,2025-10-01T09:00:00Z,,D8
L4,p4@one.example,Junk,Cold list,2025-10-01T09:00:00Z,,
L5,p5@one.example,New,Web,2025-10-01T09:00:00Z,,
L6,p6@one.example,New,Radio,2025-10-01T09:00:00Z,,
L7,P1@one.example,New,Web,2025-10-21T09:00:00Z,,
L8,p1@one.example,New,Web,2026-05-09T09:00:00Z,,
L9,c2@two.example,New,Web,2026-06-01T09:00:00Z,,
""",
    "contacts.csv": """\
id,email,opted_out
C2,c2@two.example,2026-06-02T00:00:00Z
""",
    "activities.csv": """\
id,kind,direction,owner,person,outcome,auto,at,booked
T1,call,outbound,U1,p1@one.example,Talked,no,2025-10-01T09:05:00Z,
T2,email,outbound,U1,p2@one.example,,yes,2025-10-01T09:01:00Z,
T3,email,outbound,U2,p2@one.example,,no,2025-10-01T09:10:00Z,
T4,meeting,outbound,U1,p3@one.example,,no,2025-10-08T09:00:00Z,2025-10-01T09:30:00Z
T5,call,inbound,U1,p5@one.example,Talked,no,2025-10-01T09:02:00Z,
T6,call,outbound,U1,p1@one.example,Nobody,no,2025-10-01T09:07:00Z,
T7,call,outbound,U1,p1@one.example,Strange,no,2025-10-01T09:20:00Z,
T8,call,outbound,U2,boss@tiny.example,Talked,no,2025-10-01T09:20:00Z,
T9,meeting,outbound,U2,p2@one.example,,no,2026-07-08T09:00:00Z,2026-06-29T09:30:00Z
""",
    "users.csv": "id,name,team\nU1,Ada,East\nU2,Bob,West\n",
}
CONFIG = {
    "company": {
        "name": "Tiny",
        "currency": "EUR",
        "timezone": "UTC",
        "mail_domains": ["tiny.example"],
    },
    "sources": [
        {
            "name": "crm",
            "system": "mapped",
            "as_of": "2026-06-30",
            "objects": {
                "opportunities": {
                    "files": "opportunities.csv",
                    "columns": {
                        "opportunity_id": "id",
                        "account_id": "account",
                        "stage": "stage",
                        "deal_type": "type",
                        "amount": "amount",
                        "created_on": "created",
                        "closed_on": "closed",
                        "contact_id": "contact",
                    },
                    "stages": {
                        "One": "open",
                        "Two": "open",
                        "Three": "open",
                        "Won": "won",
                        "Lost": "lost",
                    },
                    "meanings": {"deal_type": {"Renewal": "renewal"}},
                },
                "stage_changes": {
                    "files": "stage_changes.csv",
                    "columns": {
                        "stage_change_id": "id",
                        "opportunity_id": "deal",
                        "stage": "stage",
                        "amount": "amount",
                        "changed_at": "at",
                    },
                },
                "leads": {
                    "files": "leads.csv",
                    "columns": {
                        "lead_id": "id",
                        "email": "email",
                        "status": "status",
                        "lead_source": "source",
                        "created_at": "created",
                        "qualified_at": "qualified",
                        "converted_opportunity_id": "deal",
                    },
                    "meanings": {
                        "status": {"New": "new", "Junk": "spam"},
                        "lead_source": {"Web": "inbound", "Cold list": "bought"},
                    },
                },
                "contacts": {
                    "files": "contacts.csv",
                    "columns": {"contact_id": "id", "email": "email", "opted_out_at": "opted_out"},
                },
                "activities": {
                    "files": "activities.csv",
                    "columns": {
                        "activity_id": "id",
                        "kind": "kind",
                        "direction": "direction",
                        "owner_id": "owner",
                        "person_email": "person",
                        "disposition": "outcome",
                        "is_automated": "auto",
                        "occurred_at": "at",
                        "booked_at": "booked",
                    },
                    "meanings": {"disposition": {"Talked": "connected", "Nobody": "not_connected"}},
                },
                "users": {
                    "files": "users.csv",
                    "columns": {"user_id": "id", "user_name": "name", "team": "team"},
                },
            },
        }
    ],
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company, built and checked."""
    files = {f"crm/{name}": text for name, text in FILES.items()}
    return built(landed(tmp_path_factory.mktemp("worked"), files, CONFIG))


def test_a_jump_enters_and_passes_what_lies_between(company: Settings) -> None:
    """D1 is created in One (entered, passed by the jump), jumps over Two (entered and passed at
    the moment of the jump, no visit of its own) to Three (entered, then lost: not passed)."""
    assert ask(
        company,
        "select stage, is_jumped_over, is_counted_entry, entered_on::text, passed_on::text, exit, "
        "visit_days from marts.fct_stage_visits where opportunity_key = 'crm:D1' "
        "order by stage_order",
    ) == [
        ("One", False, True, "2026-01-05", "2026-01-10", "forward", 5),
        ("Two", True, True, "2026-01-10", "2026-01-10", "forward", None),
        ("Three", False, True, "2026-01-10", None, "lost", 24),
    ]


def test_stages_before_the_first_are_not_entered(company: Settings) -> None:
    """D2 is created in Three and won: One and Two are not entered."""
    assert ask(
        company,
        "select stage, passed_on::text, exit from marts.fct_stage_visits "
        "where opportunity_key = 'crm:D2'",
    ) == [("Three", "2026-01-20", "won")]


def test_winning_jumps_over_the_rest(company: Settings) -> None:
    """D4 goes from One to Won: Two and Three are entered and passed at the moment of winning."""
    assert ask(
        company,
        "select stage, is_jumped_over, entered_on::text from marts.fct_stage_visits "
        "where opportunity_key = 'crm:D4' order by stage_order",
    ) == [("One", False, "2026-01-06"), ("Two", True, "2026-02-10"), ("Three", True, "2026-02-10")]


def test_back_and_forth_is_one_entry_each(company: Settings) -> None:
    """D3 goes One, Two, back to One, and to Two again: four visits, two first entries. The move
    back undoes nothing: One stays passed since the first time."""
    assert ask(
        company,
        "select stage, is_counted_entry, passed_on::text, exit, visit_days "
        "from marts.fct_stage_visits where opportunity_key = 'crm:D3' order by change_number",
    ) == [
        ("One", True, "2026-03-02", "forward", 1),
        ("Two", True, None, "back", 1),
        ("One", False, None, "forward", 0),
        ("Two", False, None, "open", None),
    ]


def test_stage_conversion_of_the_month(company: Settings) -> None:
    """Entered in January: D1 in One, Two and Three, D2 in Three, D4 in One. Passed within 90 days:
    D1 One and Two, D2 Three, D4 One. 4 of 5."""
    assert value(company, "stage_conversion_rate", "2026-01-01")[:3] == (0.8, 4, 5)


def test_a_deal_without_history_has_no_known_entry(company: Settings) -> None:
    """D5 to D8 have no history, and one export shows no moves: nothing is counted."""
    assert ask(
        company,
        "select opportunity_key, entered_on, is_counted_entry, basis from marts.fct_stage_visits "
        "where opportunity_key in ('crm:D5', 'crm:D6', 'crm:D7', 'crm:D8')",
    ) == [("crm:D8", None, False, "inferred")]


def test_a_loss_counts_on_the_day_it_was_marked(company: Settings) -> None:
    """D1 says it closed on February 1; its history marks it lost on the 3rd. Its amount was 900
    before it was set to 0, which is what it was worth when it was decided."""
    assert ask(
        company,
        "select closed_on::text, closed_on_source, decided_amount::text, created_amount::text "
        "from marts.fct_opportunities where opportunity_id = 'D1'",
    ) == [("2026-02-03", "marked_lost", "900.00", "900.00")]


def test_classes_of_revenue(company: Settings) -> None:
    """A1's first win is a renewal, so its upgrade 21 days later is expansion: 100 + 40. D5 has no
    account. A3's two wins within 30 days are both new, of one new customer."""
    assert ask(
        company,
        "select opportunity_id, revenue_class, is_first_win_of_customer "
        "from marts.fct_opportunities where is_counted_win order by opportunity_id",
    ) == [
        ("D2", "renewal", False),
        ("D4", "expansion", False),
        ("D5", "unclassified", False),
        ("D6", "new", True),
        ("D7", "new", False),
    ]


def test_renewals_are_apart(company: Settings) -> None:
    """In January only the renewal D2 was won: no win rate, no cycle, no pipeline created by it
    (D1 900 and D4 40 and D5 50 are)."""
    assert value(company, "win_rate", "2026-01-01")[:3] == (None, 0, 0)
    assert value(company, "pipeline_created", "2026-01-01")[0] == 990
    assert value(company, "sales_cycle_days", "2026-01-01")[0] is None
    assert value(company, "deals_won", "2026-01-01")[0] == 1


def test_a_person_is_a_lead_once(company: Settings) -> None:
    """L7 is P1 again after 20 days, whatever the case of the address; L8 after 200 days more."""
    assert ask(company, "select lead_id, lead_kind from marts.fct_leads order by lead_id") == [
        *((f"L{number}", "new") for number in range(1, 7)),
        ("L7", "duplicate"),
        ("L8", "re_inquiry"),
        ("L9", "new"),
    ]
    assert value(company, "leads_created", "2025-10-01")[0] == 6


def test_who_asks_for_an_answer(company: Settings) -> None:
    """L4 is spam (and from a bought list), L7 a duplicate, L9 opted out before any touch. L6 comes
    from a source without a meaning: it counts, and is listed."""
    assert ask(
        company,
        "select lead_id, response_exclusion from marts.fct_leads "
        "where response_exclusion is not null order by lead_id",
    ) == [("L4", "spam"), ("L7", "duplicate"), ("L9", "opted out")]
    assert ask(
        company,
        "select column_name, found_value, row_count from quality.unmapped_values "
        "where object = 'leads'",
    ) == [("lead_source", "Radio", 1)]


def test_median_response_of_five(company: Settings) -> None:
    """Answered after 5 minutes (a dial), 10 (a mail by hand; the sequence's is no answer), 30 (a
    meeting booked, though held a week later); L5 called in, which is no answer, and L6 got none.
    The median of 5, 10, 30, never, never is 30; of the answered alone it would be 10."""
    assert value(company, "lead_response_time", "2025-10-01") == (30.0, None, None, "")
    assert value(company, "unanswered_leads", "2025-10-01")[0] == 2


def test_a_median_that_is_not_reached(company: Settings) -> None:
    """L8 is the only lead of May that asks for an answer, and has none."""
    assert value(company, "lead_response_time", "2026-05-01") == (None, None, None, "not_reached")


def test_qualified_by_the_company_day(company: Settings) -> None:
    """Half past midnight of November 2 in UTC, where this company lives."""
    assert ask(
        company, "select lead_id, qualified_on::text from marts.fct_leads where is_qualified_lead"
    ) == [("L2", "2025-11-02")]


def test_opportunities_of_leads(company: Settings) -> None:
    """L3 was converted to D8, 252 days later: beyond the window. L9 is the person on D8 (contact
    C2, the same address), nine days later: within it."""
    assert ask(
        company,
        "select lead_id, opportunity_key, opportunity_link, is_opportunity_within_window "
        "from marts.fct_leads where opportunity_key is not null order by lead_id",
    ) == [("L3", "crm:D8", "converted", False), ("L9", "crm:D8", "person", True)]
    assert value(company, "lead_to_opportunity_rate", "2025-10-01")[:3] == (0.0, 0, 6)


def test_dials_and_connects(company: Settings) -> None:
    """Outbound: T1, T6, T7; T5 is inbound, T8 calls the company's own boss. Of T7 the config does
    not say what it means, so connects are 1 of 2."""
    assert value(company, "calls_made", "2025-10-01")[0] == 3
    assert value(company, "connect_rate", "2025-10-01")[:3] == (0.5, 1, 2)


def test_meetings_count_when_booked_and_when_held(company: Settings) -> None:
    """T4 was booked and held in October; T9 was booked in June and lies after the as-of."""
    assert value(company, "meetings_booked", "2026-06-01")[0] == 1
    assert value(company, "meetings_held", "2025-10-01")[0] == 1
    assert ask(
        company,
        "select sum(value) from kpis.kpi_values where kpi = 'meetings_held' and grain = 'year' "
        "and scope = 'team'",
    ) == [(1.0,)]


def test_mails_by_hand_and_by_sequences(company: Settings) -> None:
    """T2 was sent by a sequence, T3 by hand."""
    assert value(company, "emails_sent", "2025-10-01")[0] == 2
    assert value(company, "automated_emails_sent", "2025-10-01")[0] == 1
    assert value(company, "manual_emails_sent", "2025-10-01")[0] == 1


def test_what_is_not_delivered_is_unavailable_and_says_so(company: Settings) -> None:
    assert ask(
        company,
        "select kpi, reason from kpis.kpi_catalog where not is_available order by kpi",
    ) == [
        ("quota_attainment", "it needs quotas, which no source delivers"),
        (
            "reply_rate",
            "it needs sequence_enrolments and activities, which no source delivers",
        ),
        (
            "revenue_growth_constant_currency",
            "it needs opportunities and exchange_rates, which no source delivers",
        ),
        ("units_sold", "it needs opportunity_lines, which no source delivers"),
    ]
