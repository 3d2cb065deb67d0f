"""Smartlead alone, worked by hand: statistics, leads and webhook events; the answers by eye.

Each test says in its text why the answer is what it is. The company sells in UTC, as of the end of
2026-03-31; the files of the campaign in spring name it, those of another one do not.
"""

import hashlib
import json
from datetime import datetime

import pytest

from pipelines.settings import Settings
from tests.worked_company import ask, built, landed, value

STATISTICS = """\
stats_id,campaign_id,lead_email,lead_category,sequence_number,sent_time,reply_time,is_bounced
S1,353,ann@acme.example,Interested,1,2026-03-02T10:00:00.000Z,,false
S2,353,Ann@acme.example,Interested,2,2026-03-05T10:00:00.000Z,2026-03-06T09:00:00.000Z,false
S3,353,ben@acme.example,Out Of Office,1,2026-03-02T10:05:00.000Z,2026-03-02T10:05:09.000Z,false
S4,353,cat@acme.example,,1,2026-03-02T10:10:00.000Z,,true
S5,353,dan@acme.example,Ours: robot,1,2026-03-02T10:15:00.000Z,2026-03-02T10:16:00.000Z,false
S6,,eve@acme.example,Not Interested,1,2026-03-02T10:20:00.000Z,2026-03-03T10:20:00.000Z,false
"""
# pulled anew for a few days: Cat's mail is not in it, and has not gone
STATISTICS_LATER = """\
stats_id,campaign_id,lead_email,lead_category,sequence_number,sent_time,reply_time,is_bounced
S7,353,ann@acme.example,Interested,3,2026-03-20T10:00:00.000Z,,false
"""
LEADS = """\
id,email,first_name,last_name,status,category,created_at,is_unsubscribed
11,ann@acme.example,Ann,Able,COMPLETED,Interested,2026-03-01T08:00:00.000Z,false
12,ben@acme.example,Ben,Bold,COMPLETED,Out Of Office,2026-03-01T08:00:00.000Z,false
15,eve@acme.example,Eve,Egan,COMPLETED,Not Interested,2026-03-01T08:00:00.000Z,true
16,fay@acme.example,Fay,Ford,STARTED,,2026-03-01T08:00:00.000Z,false
"""


def event(at: str, kind: str, to: str, **more: str) -> str:
    base = {"event_type": kind, "event_timestamp": at, "campaign_id": 353, "to_email": to}
    return json.dumps({**base, "campaign_name": "Spring", "sequence_number": 1, **more}) + "\n"


EVENTS = (
    event("2026-03-02T10:00:00.618881+00:00", "EMAIL_SENT", "ann@acme.example", stats_id="S1")
    + event("2026-03-02T10:05:09+00:00", "EMAIL_REPLY", "ben@acme.example", stats_id="S3")
    + event("2026-03-02T10:30:00+00:00", "EMAIL_SENT", "gus@acme.example", stats_id="S8")
    + event("2026-03-02T10:31:00+00:00", "EMAIL_OPEN", "gus@acme.example", stats_id="S8")
    + event(
        "2026-03-03T12:00:00+02:00",
        "EMAIL_REPLY",
        "gus@home.example",
        sl_lead_email="gus@acme.example",
        stats_id="S8",
    )
    + event("2026-03-02T10:40:00+00:00", "EMAIL_SENT", "hal@acme.example", stats_id="S9")
    + event("2026-03-02T10:41:00+00:00", "EMAIL_BOUNCE", "hal@acme.example", stats_id="S9")
)
FILES = {
    "tool/statistics_2026-03-15.csv": STATISTICS,
    "tool/statistics_2026-03-31.csv": STATISTICS_LATER,
    "tool/leads_2026-03-31.csv": LEADS,
    "tool/webhook_2026-03-31.jsonl": EVENTS,
    "tool/campaigns_2026-03-31.json": '[{"id": 353, "name": "Spring of the list"}]',
}
# the company has a category of its own for what a robot answers
CATEGORIES = {
    "Interested": "positive",
    "Not Interested": "negative",
    "Out Of Office": "automatic",
    "Ours: robot": "automatic",
}
CONFIG = {
    "company": {"name": "Tiny", "currency": "EUR", "timezone": "UTC"},
    "sources": [
        {
            "name": "tool",
            "system": "smartlead",
            "objects": {
                "statistics": {
                    "as_of": "statistics_%Y-%m-%d.csv",
                    "values": {"lead_category": CATEGORIES},
                },
                "leads": {"as_of": "2026-03-31"},
                "webhook_events": {"as_of": "2026-03-31"},
                "campaigns": {"as_of": "2026-03-31"},
            },
        }
    ],
}


def enrolment(campaign: str, email: str) -> str:
    return f"tool:{campaign}/{hashlib.md5(email.encode(), usedforsecurity=False).hexdigest()}"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return built(landed(tmp_path_factory.mktemp("smartlead"), FILES, CONFIG))


def test_a_mail_is_one_touch_and_a_bounce_none(company: Settings) -> None:
    """Ann's three, Ben's, Dan's and Eve's, by the statistics; Gus's, of which only an event tells.
    Cat's came back by the statistics, Hal's by an event. All were sent by campaigns."""
    assert ask(
        company,
        "select activity_key from marts.fct_activities where is_mail_sent order by activity_key",
    ) == [
        ("tool:mail/S1",),
        ("tool:mail/S2",),
        ("tool:mail/S3",),
        ("tool:mail/S5",),
        ("tool:mail/S6",),
        ("tool:mail/S7",),
        ("tool:sent/S8",),
    ]
    assert value(company, "emails_sent", "2026-03-01")[0] == 7
    assert value(company, "automated_emails_sent", "2026-03-01")[0] == 7


def test_what_an_event_tells_again_is_a_duplicate(company: Settings) -> None:
    """The statistics of S1 count, and of the answer to S3, which they know for an absence note."""
    assert ask(
        company,
        "select kind, duplicate_of_key from marts.fct_activities where is_duplicate "
        "order by duplicate_of_key",
    ) == [("email", "tool:mail/S1"), ("email", "tool:reply/S3")]


def test_answers_and_opens_are_kept_and_not_counted(company: Settings) -> None:
    """Answers: Ann's, Eve's and Gus's by humans, besides the copy of Ben's; Ben's and Dan's not."""
    assert ask(
        company,
        "select kind, direction, is_automated, count(*) from marts.fct_activities "
        "where direction <> 'outbound' group by kind, direction, is_automated order by kind",
    ) == [
        ("automatic reply", "inbound", True, 2),
        ("email", "inbound", False, 4),
        ("email_open", "(none)", False, 1),
    ]


def test_the_first_human_answer_counts(company: Settings) -> None:
    """Ben was away, and Dan's robot answered by a category of the company's own. Eve's campaign is
    not named. Gus answered from home. Fay has got no mail yet; Cat's and Hal's came back."""
    rows = ask(
        company,
        "select enrolment_key, sequence_name, mail_count, replied_at, person_key is not null "
        "from marts.fct_sequence_enrolments",
    )
    spring = "Spring of the list"
    assert {row[0]: row[1:] for row in rows} == {
        enrolment("353", "ann@acme.example"): (spring, 3, datetime(2026, 3, 6, 9), True),
        enrolment("353", "ben@acme.example"): (spring, 1, None, True),
        enrolment("353", "dan@acme.example"): (spring, 1, None, False),
        enrolment("353", "gus@acme.example"): (spring, 1, datetime(2026, 3, 3, 10), False),
        enrolment("", "eve@acme.example"): ("(none)", 1, datetime(2026, 3, 3, 10, 20), True),
        enrolment("", "fay@acme.example"): ("(none)", 0, None, True),
    }
    assert value(company, "reply_rate", "2026-03-01")[:3] == (3 / 5, 3, 5)


def test_who_asked_for_no_more_has_opted_out(company: Settings) -> None:
    """Eve; when is not told, so it is the moment of the first export that shows it."""
    assert ask(
        company,
        "select contact_id, opted_out_at from staging.stg_smartlead__contacts "
        "where opted_out_at is not null",
    ) == [("15", datetime(2026, 4, 1))]


def test_no_address_is_published(company: Settings) -> None:
    for table in ("dim_reps", "fct_activities", "fct_sequence_enrolments"):
        rows = ask(company, f"select * from marts.{table}")
        assert not [row for row in rows if "@" in str(row)]
