"""Who is who, and which records are one touch: a company of a few rows, and the answers by hand.

Three tools: a CRM, a tool for calls and mails, and a dialler that both know little of. The company
lives in UTC, as of the end of 2026-03-31; each test says in its text why the answer is what it is.
"""

from pathlib import Path

import pytest
import yaml

from pipelines.errors import ConfigError
from pipelines.extract import identity_tables, overrides
from pipelines.night import inputs_digest
from pipelines.settings import Settings, load_settings
from tests.worked_company import ask, built

CRM = {
    "accounts.csv": """\
id,name,web
A1,Acme,https://www.Acme.example:443/about
A2,Twin One,twin.example
A3,Twin Two,http://twin.example
A4,Mail Shop,www.gmail.com
A5,Test Corp,trial.example
""",
    "contacts.csv": """\
id,name,email,account,merged
C1,Ann Able,ann@acme.example,A1,
C2,Ben Bold,ben@acme.example,A1,
C3,Cat Cole,cat@acme.example,A1,
C4,Dan Dale,dan@twin.example,,
C5,Dan Dale,daniel@twin.example,,
C6,Eve Egan,eve@gmail.com,,
C7,Fay Ford,fay@acme.example,A1,
C8,Gus Gray,gus@old.example,,C9
C9,Gus Gray,gus@new.example,,
C10,Tom Trial,tom@partner.example,A5,
""",
    "leads.csv": """\
id,name,email,created,merged
L1,Ann Able,ANN@acme.example,2026-01-05T09:00:00Z,
L2,Hal Hart,hal@one.example,2026-01-01T09:00:00Z,L3
L3,Hal Hart,hal@two.example,2026-01-10T09:00:00Z,
L4,Leo Lund,leo@twin.example,2026-01-05T09:00:00Z,
L5,Mia Moss,mia@gmail.com,2026-01-05T09:00:00Z,
L6,Try Out,try@probe.example,2026-01-05T09:00:00Z,
L7,Ida Own,ida@own.example,2026-01-05T09:00:00Z,
L8,Joe Jung,joe@acme.example,2026-01-05T09:00:00Z,
L9,Kim Kerr,kim@far.example,2026-01-05T09:00:00Z,
""",
    "users.csv": """\
id,name,email
U1,Ada,ada@own.example
U2,Bob,bob@own.example
U3,Cyd,cyd@own.example
U4,Dee,pair@own.example
U5,Dot,pair@own.example
""",
    "opportunities.csv": """\
id,name,account,stage,amount,created
D1,New at Acme,A1,Open,10,2026-01-05
D2,test of the form,A1,Open,20,2026-01-05
D3,Large,A5,Open,30,2026-01-05
""",
    "activities.csv": """\
id,kind,direction,owner,person,message,other,at
K1,call,outbound,U1,C1,,,2026-03-02T10:00:40Z
K2,call,outbound,U1,L1,,,2026-03-02T10:03:30Z
K3,email,outbound,U1,C2,M1@X.example,,2026-03-02T12:20:00Z
K4,call,outbound,U1,C1,,,2026-03-02T15:05:01Z
K5,call,outbound,U1,C1,,,2026-03-02T20:00:00Z
K6,call,outbound,U2,C1,,,2026-03-02T10:00:10Z
K7,call,inbound,U1,C3,,,2026-03-02T16:01:00Z
K9,email,outbound,U1,C2,,,2026-03-02T13:30:00Z
K10,call,outbound,U3,C3,,,2026-03-02T18:00:00Z
K11,call,outbound,U3,C3,,,2026-03-02T18:01:00Z
K12,call,outbound,U3,C3,,,2026-03-03T09:03:00Z
K13,call,outbound,U3,C3,,,2026-03-03T09:08:00Z
K20,meeting,outbound,U1,C1,,,2026-03-04T14:00:00Z
K30,call,outbound,U1,C1,,,2026-03-05T11:08:00Z
""",
}
TOOL = {
    "contacts.csv": """\
id,name,email,crm
P1,Ann Able,ann@acme.example,
P2,Benjamin B.,bb@private.example,C2
P3,cat  cole,c.cole@acme.example,
P4,Dan Dale,d.dale@twin.example,
P5,Eve Egan,eve.egan@gmail.com,
P6,Fay Ford,fay@acme.example,
P7,Ann Able,ann@acme.example,C2
P8,Nameless,n.a.,
P9,Nobody,n.a.,
P10,Zed,zed@elsewhere.example,
""",
    "users.csv": """\
id,name,email,crm
V1,Ada,ada@own.example,
V2,Bobby,bobby@private.example,
V3,Cyd,cyd@private.example,U3
V4,D.,pair@own.example,
""",
    "activities.csv": """\
id,kind,direction,owner,person,email,message,other,same,at
T1,call,outbound,V1,P1,,,,,2026-03-02T10:00:00Z
T2,call,outbound,V1,P1,,,,,2026-03-02T10:03:00Z
T3,email,outbound,V1,P2,,<m1@x.example>,,,2026-03-02T12:00:00Z
T4,call,outbound,V1,P1,,,,T1,2026-03-02T10:00:20Z
T5,email,outbound,V1,P2,,,K9,,2026-03-02T13:00:00Z
T6,call,outbound,V1,P1,,,,,2026-03-02T15:00:00Z
T7,call,outbound,V1,P3,,,,,2026-03-02T16:00:00Z
T8,call,outbound,V3,P3,,,,,2026-03-03T09:00:00Z
T9,call,outbound,V3,P3,,,,,2026-03-03T09:04:00Z
T20,meeting,outbound,V1,P1,,,,,2026-03-04T14:00:00Z
T30,call,outbound,V1,P1,,,,,2026-03-05T11:00:00Z
T40,call,outbound,V1,,try@probe.example,,,,2026-03-06T09:00:00Z
T41,call,outbound,V1,,ida@own.example,,,,2026-03-06T09:00:00Z
T42,call,outbound,V1,,tom@partner.example,,,,2026-03-06T09:00:00Z
""",
}
DIALLER = {
    "users.csv": "id,name,email\nW1,Ada,ada@own.example\n",
    "activities.csv": """\
id,kind,direction,owner,email,at
S1,call,outbound,W1,ann@acme.example,2026-03-02T10:00:50Z
S30,call,outbound,W1,ann@acme.example,2026-03-05T11:04:00Z
""",
}
OVERRIDES = """\
kind,left,right,decision
person,crm:contact/C7,tool:contact/P6,different
person,crm:contact/C9,tool:contact/P10,same
person,tool:contact/P10,crm:contact/C99,different
rep,crm:U2,tool:V2,same
account,crm:L8,crm:A1,different
account,crm:L9,crm:A1,same
"""


def activities(*more: str) -> dict[str, object]:
    names = {
        "owner_id": "owner",
        "person_id": "person",
        "person_email": "email",
        "message_id": "message",
        "counterpart_id": "other",
        "linked_activity_id": "same",
    }
    columns = {"activity_id": "id", "kind": "kind", "direction": "direction", "occurred_at": "at"}
    return {
        "files": "activities.csv",
        "columns": {**columns, **{name: names[name] for name in ("owner_id", *more)}},
    }


def records(file: str, **columns: str) -> dict[str, object]:
    return {"files": f"{file}.csv", "columns": columns}


USERS = {"user_id": "id", "user_name": "name", "email": "email"}
CONTACTS = {"contact_id": "id", "contact_name": "name", "email": "email"}
CONFIG = {
    "company": {
        "name": "Tiny",
        "currency": "EUR",
        "timezone": "UTC",
        "mail_domains": ["own.example"],
    },
    "overrides": "overrides.csv",
    "exclude": [
        {"object": "leads", "column": "email", "like": "%@PROBE.%", "reason": "test"},
        {"object": "accounts", "column": "account_name", "like": "test %", "reason": "test"},
        {
            "object": "opportunities",
            "column": "opportunity_name",
            "like": "TEST%",
            "reason": "test",
        },
    ],
    "touches": {"precedence": ["tool"]},
    "sources": [
        {
            "name": "crm",
            "system": "mapped",
            "as_of": "2026-03-31",
            "objects": {
                "accounts": records("accounts", account_id="id", account_name="name", domain="web"),
                "contacts": records(
                    "contacts", **CONTACTS, account_id="account", merged_into_id="merged"
                ),
                "leads": records(
                    "leads",
                    lead_id="id",
                    lead_name="name",
                    email="email",
                    created_at="created",
                    merged_into_id="merged",
                ),
                "users": records("users", **USERS),
                "opportunities": {
                    **records(
                        "opportunities",
                        opportunity_id="id",
                        opportunity_name="name",
                        account_id="account",
                        stage="stage",
                        amount="amount",
                        created_on="created",
                    ),
                    "stages": {"Open": "open", "Won": "won"},
                },
                "activities": activities("person_id", "message_id", "counterpart_id"),
            },
        },
        {
            "name": "tool",
            "system": "mapped",
            "role": "outbound",
            "as_of": "2026-03-31",
            "objects": {
                "contacts": records("contacts", **CONTACTS, crm_id="crm"),
                "users": records("users", **USERS, crm_id="crm"),
                "activities": activities(
                    "person_id",
                    "person_email",
                    "message_id",
                    "counterpart_id",
                    "linked_activity_id",
                ),
            },
        },
        {
            "name": "dialler",
            "system": "mapped",
            "role": "outbound",
            "as_of": "2026-03-31",
            "objects": {
                "users": records("users", **USERS),
                "activities": activities("person_email"),
            },
        },
    ],
}


def config_of(folder: Path, text: str = OVERRIDES, **changes: object) -> Settings:
    """The company's config, with an override file of this text."""
    (folder / "overrides.csv").write_text(text, encoding="utf-8")
    path = folder / "kpimart.yml"
    path.write_text(yaml.safe_dump({**CONFIG, **changes}, sort_keys=False), encoding="utf-8")
    return load_settings(path)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company, built and checked."""
    folder = tmp_path_factory.mktemp("identity")
    for source, files in {"crm": CRM, "tool": TOOL, "dialler": DIALLER}.items():
        landing = folder / "landing" / source
        landing.mkdir(parents=True)
        for name, text in files.items():
            (landing / name).write_text(text, encoding="utf-8")
    return built(config_of(folder))


def person(settings: Settings, record: str) -> set[object]:
    """The records of the person to whom a record belongs."""
    found = ask(
        settings,
        "select records.record_key from intermediate.int_people as records "
        "inner join intermediate.int_people as mine on records.person_key = mine.person_key "
        f"where mine.record_key = '{record}'",
    )
    return {key for (key,) in found}


def matches(settings: Settings, record: str) -> list[tuple[object, ...]]:
    """What is told of a record's matches."""
    return ask(
        settings,
        "select matched_key, rule, status, candidate_count, confidence "
        f"from quality.identity_matches where record_key = '{record}' order by rule",
    )


def calls(settings: Settings, day: str) -> list[object]:
    """The dials that count on a day."""
    found = ask(
        settings,
        "select activity_key from marts.fct_activities "
        f"where is_call_made and occurred_on = '{day}' order by occurred_at, activity_key",
    )
    return [key for (key,) in found]


def lost(settings: Settings, activity: str) -> tuple[object, ...]:
    """The record that counts for this one, and why."""
    (row,) = ask(
        settings,
        "select duplicate_of_key, duplicate_rule from marts.fct_activities "
        f"where activity_key = '{activity}'",
    )
    return row


def test_one_address_is_one_person(company: Settings) -> None:
    """C1, L1 (in capitals), P1 and P7 have Ann's address. She is named after L1, the only record
    of which it is known since when it has been there."""
    ann = {"crm:contact/C1", "crm:lead/L1", "tool:contact/P1", "tool:contact/P7"}
    assert person(company, "tool:contact/P1") == ann
    assert matches(company, "tool:contact/P1") == [("crm:lead/L1", "email", "matched", 1, 0.95)]


def test_what_is_no_address_matches_nobody(company: Settings) -> None:
    """P8 and P9 both say n.a."""
    assert person(company, "tool:contact/P8") == {"tool:contact/P8"}


def test_an_id_matches_where_the_address_is_another(company: Settings) -> None:
    """P2 writes from a private address, and says that it is C2."""
    assert person(company, "tool:contact/P2") == {"crm:contact/C2", "tool:contact/P2"}
    assert matches(company, "tool:contact/P2") == [("crm:contact/C2", "crm_id", "matched", 1, 0.98)]


def test_an_id_that_contradicts_the_address_is_listed(company: Settings) -> None:
    """P7 has Ann's address, whom the CRM knows as C1, and says that it is C2: the address comes
    first, and C1 and C2 stay two persons."""
    assert ("crm:lead/L1", "email", "matched", 1, 0.95) in matches(company, "tool:contact/P7")
    assert (None, "crm_id", "ambiguous", 2, 0.0) in matches(company, "tool:contact/P7")


def test_domain_and_name_match_one_on_each_side(company: Settings) -> None:
    """P3 has another address at Acme than Cat Cole has in the CRM, and there is no other one."""
    assert person(company, "tool:contact/P3") == {"crm:contact/C3", "tool:contact/P3"}
    assert matches(company, "tool:contact/P3") == [
        ("crm:contact/C3", "domain_and_name", "matched", 2, 0.8)
    ]


def test_two_of_one_name_are_listed_not_guessed(company: Settings) -> None:
    """P4 may be C4 or C5: Dan Dale twice among the contacts of one domain."""
    assert person(company, "tool:contact/P4") == {"tool:contact/P4"}
    assert ask(
        company,
        "select record_key, matched_key, candidate_count from quality.identity_matches "
        "where status = 'ambiguous' and rule = 'domain_and_name' order by record_key",
    ) == [
        ("crm:contact/C4", None, 3),
        ("crm:contact/C5", None, 3),
        ("tool:contact/P4", None, 3),
    ]


def test_a_free_mail_domain_is_no_company(company: Settings) -> None:
    """P5 and C6 are both Eve Egan at gmail.com: the name says nothing there."""
    assert person(company, "tool:contact/P5") == {"tool:contact/P5"}
    assert matches(company, "tool:contact/P5") == []


def test_merged_records_are_their_survivor(company: Settings) -> None:
    """C8 was merged into C9, which a human says is P10: one person. L2 was merged into L3."""
    gus = {"crm:contact/C8", "crm:contact/C9", "tool:contact/P10"}
    assert person(company, "crm:contact/C8") == gus
    assert matches(company, "crm:contact/C8") == [("crm:contact/C9", "merge", "matched", 1, 1.0)]
    assert person(company, "crm:lead/L2") == {"crm:lead/L2", "crm:lead/L3"}


def test_the_override_file_wins(company: Settings) -> None:
    """P6 has Fay's address and name, and is not C7 because a human says so; what no record answers
    to is listed."""
    assert person(company, "tool:contact/P6") == {"tool:contact/P6"}
    assert ask(
        company,
        "select record_key, matched_key, evidence, status from quality.identity_matches "
        "where record_kind = 'person' and rule = 'override' order by record_key, matched_key",
    ) == [
        ("crm:contact/C7", "tool:contact/P6", "different", "overridden"),
        ("crm:contact/C9", "tool:contact/P10", "same", "overridden"),
        ("tool:contact/P10", "crm:contact/C99", "different", "unknown_record"),
    ]


def test_reps_across_tools(company: Settings) -> None:
    """Ada by address in all three tools, Cyd by id, Bob by hand. Two users of the CRM share the
    address of V4: it stays a person of its own."""
    assert ask(
        company,
        "select record_key, rep_key from intermediate.int_rep_identities order by record_key",
    ) == [
        *((f"crm:U{number}", f"crm:U{number}") for number in range(1, 6)),
        ("dialler:W1", "crm:U1"),
        ("tool:V1", "crm:U1"),
        ("tool:V2", "crm:U2"),
        ("tool:V3", "crm:U3"),
        ("tool:V4", "tool:V4"),
    ]
    assert matches(company, "tool:V4") == [(None, "email", "ambiguous", 2, 0.0)]


def test_accounts_of_leads(company: Settings) -> None:
    """L1 and L8 are at Acme's domain, which is in its web address; of L8 a human says no, of L9
    yes. Two accounts are at twin.example (L4), and nobody's domain is gmail.com (L5)."""
    assert ask(
        company,
        "select lead_id, account_key from marts.fct_leads "
        "where account_key is not null order by lead_id",
    ) == [("L1", "crm:A1"), ("L9", "crm:A1")]
    assert matches(company, "crm:L4") == [(None, "domain", "ambiguous", 2, 0.0)]
    assert ask(company, "select account_id, domain from marts.dim_accounts order by 1") == [
        ("A1", "acme.example"),
        ("A2", "twin.example"),
        ("A3", "twin.example"),
        ("A4", None),
        ("A5", "trial.example"),
    ]


def test_a_merged_lead_is_a_duplicate(company: Settings) -> None:
    """L2 came before L3, and does not make it one: L3 is the new lead. L6 is a test, L7 one's own:
    both are new persons, and in no KPI."""
    assert ask(
        company,
        "select lead_id, lead_kind, exclusion, is_new_lead from marts.fct_leads order by lead_id",
    ) == [
        ("L1", "new", None, True),
        ("L2", "duplicate", None, False),
        ("L3", "new", None, True),
        ("L4", "new", None, True),
        ("L5", "new", None, True),
        ("L6", "new", "test", False),
        ("L7", "new", "internal", False),
        ("L8", "new", None, True),
        ("L9", "new", None, True),
    ]
    assert ask(
        company,
        "select code, row_count from quality.value_notes where kpi = 'leads_created' order by code",
    ) == [("duplicate", 1), ("excluded", 2)]


def test_what_is_excluded_is_listed(company: Settings) -> None:
    """The account Test Corp, its deal and its contact; the deal and the lead of a test; Ida, who
    is at the company's own domain."""
    assert ask(
        company,
        "select object, record_key, exclusion, column_name from quality.excluded_records "
        "order by object, record_key",
    ) == [
        ("accounts", "crm:A5", "test", "account_name"),
        ("contacts", "crm:C10", "test", "account"),
        ("leads", "crm:L6", "test", "email"),
        ("leads", "crm:L7", "internal", "mail domain"),
        ("opportunities", "crm:D2", "test", "opportunity_name"),
        ("opportunities", "crm:D3", "test", "account"),
    ]
    assert calls(company, "2026-03-06") == []
    assert ask(
        company,
        "select exclusion, count(*) from marts.fct_activities where exclusion is not null "
        "group by exclusion order by exclusion",
    ) == [("internal", 1), ("test", 2)]


def test_copies_are_matched_one_to_one(company: Settings) -> None:
    """T1 and T2 are two dials of one rep to one person within three minutes; K1 and K2 are their
    copies (K2 is on Ann's lead). T4 is a leg of T1, S1 the dialler's record of it. K6 is Bob's own
    dial at the same time. T6 and K4 are one second more than five minutes apart: two touches. K5
    is in the CRM alone. K10 and K11 are a minute apart in one tool: two touches."""
    assert calls(company, "2026-03-02") == [
        "tool:T1",
        "crm:K6",
        "tool:T2",
        "tool:T6",
        "crm:K4",
        "tool:T7",
        "crm:K10",
        "crm:K11",
        "crm:K5",
    ]
    assert lost(company, "crm:K1") == ("tool:T1", "window")
    assert lost(company, "crm:K2") == ("tool:T2", "window")
    assert lost(company, "tool:T4") == ("tool:T1", "link")
    assert lost(company, "dialler:S1") == ("tool:T1", "window")


def test_the_nearest_are_matched_first(company: Settings) -> None:
    """9:00 and 9:04 in the tool, 9:03 and 9:08 in the CRM: 9:04 and 9:03 are nearest; what is left
    is eight minutes apart. Three dials."""
    assert calls(company, "2026-03-03") == ["tool:T8", "tool:T9", "crm:K13"]
    assert lost(company, "crm:K12") == ("tool:T9", "window")


def test_a_copy_of_a_copy_is_no_touch(company: Settings) -> None:
    """11:00 in the tool, 11:04 in the dialler, 11:08 in the CRM: each is within five minutes of the
    next, so all are one touch, the tool's."""
    assert calls(company, "2026-03-05") == ["tool:T30"]
    assert lost(company, "crm:K30") == ("tool:T30", "window")


def test_mails_are_matched_by_message_and_by_id(company: Settings) -> None:
    """K3 bears T3's Message-ID, twenty minutes later; T5 names K9, half an hour later."""
    assert lost(company, "crm:K3") == ("tool:T3", "message_id")
    assert lost(company, "crm:K9") == ("tool:T5", "counterpart_id")
    assert ask(
        company,
        "select value from kpis.kpi_values where kpi = 'emails_sent' and grain = 'month' "
        "and scope = 'company' and period_start = '2026-03-01'",
    ) == [(2.0,)]


def test_a_meeting_in_two_tools_is_held_once(company: Settings) -> None:
    assert lost(company, "crm:K20") == ("tool:T20", "window")
    assert ask(company, "select activity_key from marts.fct_activities where is_meeting_held") == [
        ("tool:T20",)
    ]


def test_how_many_were_merged_is_told(company: Settings) -> None:
    """Calls: K1, K2, K12 of the CRM by the tool; K30 likewise, at the end of its chain. What is
    excluded is counted beside it: D2 and D3 of the deals, T40 to T42 of the calls."""
    assert ask(
        company,
        "select source, duplicate_source, kind, rule, row_count, largest_seconds_apart "
        "from quality.touch_matches order by 1, 2, 3, 4",
    ) == [
        ("tool", "crm", "call", "window", 4, 240.0),
        ("tool", "crm", "email", "counterpart_id", 1, 1800.0),
        ("tool", "crm", "email", "message_id", 1, 1200.0),
        ("tool", "crm", "meeting", "window", 1, 0.0),
        ("tool", "dialler", "call", "window", 2, 240.0),
        ("tool", "tool", "call", "link", 1, 20.0),
    ]
    assert ask(
        company,
        "select kpi, code, row_count from quality.value_notes "
        "where code in ('double_logged', 'excluded') and kpi <> 'leads_created' order by kpi, code",
    ) == [
        ("calls_made", "double_logged", 7),
        ("calls_made", "excluded", 3),
        ("emails_sent", "double_logged", 2),
        ("meetings_held", "double_logged", 1),
        ("pipeline_created", "excluded", 2),
    ]


def test_no_address_is_published(company: Settings) -> None:
    """Neither the matches nor what is excluded holds anything but keys, rules and domains."""
    for table in ("identity_matches", "excluded_records", "touch_matches"):
        rows = ask(company, f"select * from quality.{table}")
        assert not [row for row in rows if "@" in str(row)]


def test_outbound_tools_come_before_crms(tmp_path: Path) -> None:
    """Without a word in the config: outbound tools first, each in the order of the config."""
    assert identity_tables.touch_precedence(config_of(tmp_path)) == ["tool", "dialler", "crm"]
    named = config_of(tmp_path, touches={"precedence": ["crm"]})
    assert identity_tables.touch_precedence(named) == ["crm", "tool", "dialler"]
    plain = config_of(tmp_path, touches={})
    assert identity_tables.touch_precedence(plain) == ["tool", "dialler", "crm"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n", ":1: the columns are kind, left, right, decision; found a, b"),
        ("", ":1: the columns are kind, left, right, decision; found nothing"),
        (
            "kind,left,right,decision\nperson,crm:lead/1,crm:lead/2,equal\n",
            ":2: decision is 'equal'; allowed: same, different",
        ),
        (
            "kind,left,right,decision\n\nrep,crm:1,hubspot:2,same\n",
            ":3: right is 'hubspot:2'; a key is source:id",
        ),
        (
            "kind,left,right,decision\nperson,crm:1,crm:lead/2,same\n",
            ":2: left is 'crm:1'; a person is source:lead/id or source:contact/id",
        ),
        ("kind,left,right,decision\nrep,crm:1,crm:1,same\n", ":2: left and right are both 'crm:1'"),
        ("kind,left,right,decision\nrep,crm:1,crm:2\n", ":2: 3 cells, of 4"),
        (
            "kind,left,right,decision\nrep,crm:1,tool:2,same\nrep,tool:2,tool:3,same\n"
            "rep,tool:3,crm:1,different\n",
            ":4: tool:3 and crm:1 are different here, and the same by other lines",
        ),
        (
            "kind,left,right,decision\naccount,crm:1,crm:2,same\naccount,crm:1,crm:3,same\n",
            ":3: crm:1 already has an account here",
        ),
    ],
)
def test_a_wrong_override_file_is_refused(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        overrides.read(config_of(tmp_path, text))
    assert f"overrides.csv{told}" in str(caught.value)


def test_an_override_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    settings = config_of(tmp_path, overrides="other.csv")
    with pytest.raises(ConfigError, match=r"other\.csv: there is no such file"):
        overrides.read(settings)


def test_a_decision_makes_news(tmp_path: Path) -> None:
    """A changed override file changes what the mart is made of, so the next night builds anew."""
    before = inputs_digest(config_of(tmp_path), code="1")
    assert before == inputs_digest(config_of(tmp_path), code="1")
    assert before != inputs_digest(
        config_of(tmp_path, OVERRIDES + "rep,crm:U3,crm:U4,same\n"), code="1"
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"exclude": [{"object": "leads", "column": "mail", "like": "x", "reason": "test"}]},
            "exclude.0: 'mail' is not a column for rules of leads; did you mean email?",
        ),
        (
            {"exclude": [{"object": "lead", "column": "email", "like": "x", "reason": "test"}]},
            "exclude.0: 'lead' is not an object with exclusions; did you mean leads?",
        ),
        (
            {"exclude": [{"object": "leads", "column": "email", "like": "%", "reason": "test"}]},
            "exclude.0: '%' is like everything",
        ),
        (
            {"touches": {"precedence": ["toll"]}},
            "touches.precedence: 'toll' is not a source; did you mean tool?",
        ),
        ({"touches": {"window_minutes": 0}}, "touches.window_minutes"),
    ],
)
def test_a_wrong_rule_is_refused(changes: dict[str, object], told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config_of(tmp_path, **changes)
    assert told in str(caught.value)
