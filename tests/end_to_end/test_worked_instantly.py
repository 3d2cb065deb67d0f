"""Instantly alone, worked by hand: its leads, mails and webhook events; the answers by eye.

Each test says in its text why the answer is what it is. The company sells in UTC, as of the end of
2026-03-31; the webhook heard of some mails only, and of their bounces in a later export.
"""

import hashlib
import json
from datetime import datetime

import pytest

from pipelines.settings import Settings
from tests.worked_company import ask, built, landed, value

CAMPAIGN = "c1"
LEADS = """\
id,email,first_name,last_name,campaign,status,lt_interest_status,timestamp_created,timestamp_updated,timestamp_last_reply
L1,Ann@acme.example,Ann,Able,c1,3,1,2026-03-01T08:00:00Z,2026-03-09T08:00:00Z,2026-03-09T08:00:00Z
L2,ben@acme.example,Ben,Bold,c1,3,0,2026-03-01T08:00:00Z,2026-03-02T11:00:00Z,2026-03-02T11:00:00Z
L3,cat@acme.example,Cat,Cole,c1,-1,,2026-03-01T08:00:00Z,2026-03-03T08:00:00Z,
L4,dan@acme.example,Dan,Dale,c1,3,1,2026-03-01T08:00:00Z,2026-03-06T08:00:00Z,2026-03-06T08:00:00Z
L5,eve@acme.example,Eve,Egan,,-2,,2026-03-01T08:00:00Z,2026-03-05T08:00:00Z,
L6,fay@acme.example,Fay,Ford,c1,3,0,2026-03-01T08:00:00Z,2026-03-05T08:00:00Z,2026-03-05T08:00:00Z
L7,ida@acme.example,Ida,Iles,c2,3,1,2026-03-01T08:00:00Z,2026-03-08T08:00:00Z,2026-03-08T08:00:00Z
L8,ida@acme.example,Ida,Iles,c2,1,,2026-03-02T08:00:00Z,2026-03-02T08:00:00Z,
L9,joe@acme.example,Joe,Jung,c2,3,0,2026-03-01T08:00:00Z,2026-03-08T08:00:00Z,2026-03-08T08:00:00Z
"""
EMAILS = """\
id,timestamp_email,ue_type,is_auto_reply,message_id,lead,eaccount,campaign_id
E1,2026-03-02T10:00:00Z,1,0,<e1@try.example>,ann@acme.example,Ada@try.example,c1
E2,2026-03-02T10:00:30Z,2,1,<e2@acme.example>,ann@acme.example,ada@try.example,c1
E3,2026-03-04T09:00:00Z,2,0,<e3@acme.example>,ann@acme.example,ada@try.example,c1
E4,2026-03-04T12:00:00Z,3,0,<e4@try.example>,ann@acme.example,ada@try.example,c1
E5,2026-03-09T08:00:00Z,2,0,<e5@acme.example>,ann@acme.example,ada@try.example,c1
E6,2026-04-02T08:00:00Z,4,0,<e6@try.example>,ann@acme.example,ada@try.example,c1
E7,2026-03-02T10:30:00Z,1,0,<e7@try.example>,cat@acme.example,ada@try.example,c1
E8,2026-03-02T11:00:00Z,1,0,<e8@try.example>,gus@acme.example,ada@try.example,c1
"""


def event(at: str, kind: str, lead: str, **more: str) -> str:
    base = {"timestamp": at, "event_type": kind, "campaign_id": CAMPAIGN, "campaign_name": "Spring"}
    return json.dumps({**base, "lead_email": lead, **more}) + "\n"


SENT_BY_EVENTS = (
    event("2026-03-02T10:30:00Z", "email_sent", "cat@acme.example", email_id="E7", step="1")
    + event("2026-03-02T10:40:00Z", "email_sent", "dan@acme.example", step="1")
    + event("2026-03-02T10:41:00Z", "email_opened", "dan@acme.example", step="1")
    + event("2026-03-06T08:00:00Z", "reply_received", "dan@acme.example")
    + event("2026-03-06T08:05:00Z", "lead_meeting_booked", "dan@acme.example")
    + event("2026-03-04T09:00:00Z", "reply_received", "ann@acme.example", email_id="E3")
    + event("2026-03-02T10:50:00Z", "email_sent", "hal@acme.example", step="1")
)
BOUNCES = event("2026-03-03T08:00:00Z", "email_bounced", "cat@acme.example", email_id="E7") + event(
    "2026-03-03T08:00:00Z", "email_bounced", "hal@acme.example", step="1"
)
FILES = {
    "tool/leads_2026-03-31.csv": LEADS,
    "tool/emails_2026-03-31.csv": EMAILS,
    "tool/campaigns.csv": "id,name\nc2,Autumn\n",
    "tool/webhook_2026-03-02.jsonl": SENT_BY_EVENTS,
    "tool/webhook_2026-03-31.jsonl": BOUNCES,
}
CONFIG = {
    "company": {"name": "Tiny", "currency": "EUR", "timezone": "UTC"},
    "sources": [
        {
            "name": "tool",
            "system": "instantly",
            "objects": {
                "leads": {"as_of": "2026-03-31"},
                "emails": {"as_of": "2026-03-31"},
                "campaigns": {"as_of": "2026-03-31"},
                "webhook_events": {"as_of": "webhook_%Y-%m-%d.jsonl"},
            },
        }
    ],
}


def hashed(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def enrolment(email: str) -> str:
    return f"tool:{CAMPAIGN}/{hashed(email)}"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return built(landed(tmp_path_factory.mktemp("instantly"), FILES, CONFIG))


def test_a_mail_is_one_touch_and_a_bounce_none(company: Settings) -> None:
    """Of Ann a mail by the campaign (E1) and one by hand (E4); Gus's; Dan's, of which only an event
    tells. Cat's came back, which the event of E7 tells though the list of mails does not; Hal's
    too, known by the step that sent it. E6 is only planned, E2, E3 and E5 are answers."""
    assert ask(
        company,
        "select split_part(activity_key, '/', 1), occurred_at, is_automated "
        "from marts.fct_activities where is_mail_sent order by occurred_at",
    ) == [
        ("tool:email", datetime(2026, 3, 2, 10), True),
        ("tool:sent", datetime(2026, 3, 2, 10, 40), True),
        ("tool:email", datetime(2026, 3, 2, 11), True),
        ("tool:email", datetime(2026, 3, 4, 12), False),
    ]
    assert value(company, "emails_sent", "2026-03-01")[0] == 4
    assert value(company, "automated_emails_sent", "2026-03-01")[0] == 3


def test_what_an_event_tells_again_is_a_duplicate(company: Settings) -> None:
    """The event of E7 counts, as it knows of the bounce; of the answer E3 the list counts."""
    assert ask(
        company,
        "select activity_key, duplicate_of_key from marts.fct_activities where is_duplicate "
        "order by activity_key",
    ) == [("tool:email/E7", "tool:sent/E7"), ("tool:reply/E3", "tool:email/E3")]


def test_opens_and_labels_are_kept_and_not_counted(company: Settings) -> None:
    assert ask(
        company,
        "select kind, direction, count(*) from marts.fct_activities "
        "where kind <> 'email' group by kind, direction order by kind",
    ) == [
        ("automatic reply", "inbound", 1),
        ("email_opened", "(none)", 1),
        ("meeting", "outbound", 1),
    ]


def test_a_meeting_is_booked_and_not_yet_held(company: Settings) -> None:
    """Dan was marked as having booked one; when it will be is not told."""
    assert ask(
        company,
        "select booked_at, occurred_at, is_meeting_booked, is_meeting_held "
        "from marts.fct_activities where kind = 'meeting'",
    ) == [(datetime(2026, 3, 6, 8, 5), None, True, False)]


def test_the_first_human_answer_counts(company: Settings) -> None:
    """Ann was away (E2), then answered (E3), then again (E5), which alone her record tells. Ben is
    out of office, and Fay; of neither a mail is known. Eve is only in a list, and in no campaign.
    Gus is no lead in any file, and was written to. Hal's mail came back, so nothing reached him."""
    rows = ask(
        company,
        "select enrolment_key, mail_count, replied_at, is_replied, sequence_name, "
        "person_key is not null from marts.fct_sequence_enrolments where sequence_name = 'Spring'",
    )
    assert {row[0]: row[1:] for row in rows} == {
        enrolment("ann@acme.example"): (2, datetime(2026, 3, 4, 9), True, "Spring", True),
        enrolment("ben@acme.example"): (0, None, False, "Spring", True),
        enrolment("cat@acme.example"): (0, None, False, "Spring", True),
        enrolment("dan@acme.example"): (1, datetime(2026, 3, 6, 8), True, "Spring", True),
        enrolment("fay@acme.example"): (0, None, False, "Spring", True),
        enrolment("gus@acme.example"): (1, None, False, "Spring", False),
    }
    assert value(company, "reply_rate", "2026-03-01")[:3] == (2 / 3, 2, 3)


def test_a_lead_tells_of_its_answer_where_no_mails_are_exported(company: Settings) -> None:
    """Of the campaign in autumn there are no mails: Ida's last answer is the first that is known,
    and Joe's was an absence note. Ida is a lead of it twice, and enrolled once."""
    assert ask(
        company,
        "select enrolment_key, replied_at from marts.fct_sequence_enrolments "
        "where sequence_name = 'Autumn' order by replied_at nulls last",
    ) == [
        (f"tool:c2/{hashed('ida@acme.example')}", datetime(2026, 3, 8, 8)),
        (f"tool:c2/{hashed('joe@acme.example')}", None),
    ]


def test_a_mailbox_is_a_rep_whose_address_is_not_published(company: Settings) -> None:
    """Ada's mailbox, in two spellings, is one; no row holds an address of anybody."""
    assert ask(company, "select rep_id, rep_name, rep from marts.dim_reps") == [
        (hashed("ada@try.example"), "ada", "ada")
    ]
    assert ask(
        company,
        "select distinct rep from marts.fct_activities "
        "where activity_key like '%email/%' and occurred_at is not null",
    ) == [("ada",)]
    for table in ("dim_reps", "fct_activities", "fct_sequence_enrolments"):
        rows = ask(company, f"select * from marts.{table}")
        assert not [row for row in rows if "@" in str(row)]


def test_who_asked_for_no_more_has_opted_out(company: Settings) -> None:
    """Eve, when her record last changed."""
    assert ask(
        company,
        "select contact_id, opted_out_at from staging.stg_instantly__contacts "
        "where opted_out_at is not null",
    ) == [("L5", datetime(2026, 3, 5, 8))]
