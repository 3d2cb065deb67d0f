"""lemlist alone, worked by hand: its log of activities and its leads; the answers by eye.

Each test says in its text why the answer is what it is. The company sells in UTC, as of the end of
2026-03-31; a bounce is in the second export, a day after its mail.
"""

import hashlib
import json
from datetime import datetime

import pytest

from pipelines.settings import Settings
from tests.worked_company import ask, built, landed, value

ANN = {"leadId": "lea_1", "leadEmail": "Ann@acme.example"}
BEN = {"leadId": "lea_2"}
CAT = {"leadId": "lea_3", "leadEmail": "cat@acme.example"}
DAN = {"leadId": "lea_4", "leadEmail": "dan@acme.example"}
NO_STEP: dict[str, object] = {}


def step(number: int, sequence: str = "seq_1") -> dict[str, object]:
    return {"sequenceId": sequence, "sequenceStep": number}


def activity(
    number: int, kind: str, at: str, lead: dict[str, str], at_step: dict[str, object]
) -> str:
    sender = {"sendUserId": "usr_1", "sendUserName": "Ada", "sendUserEmail": "ada@tiny.example"}
    campaign = {"campaignId": "cam_1", "campaignName": "Spring"}
    about = {"_id": f"act_{number}", "type": kind, "createdAt": f"2026-03-{at}Z"}
    return json.dumps({**about, **lead, **campaign, **at_step, **sender}) + "\n"


FIRST = (
    activity(1, "emailsSent", "02T10:00:00", ANN, step(0))
    + activity(2, "outOfOffice", "02T10:00:30", ANN, step(0))
    + activity(3, "emailsOpened", "02T10:05:00", ANN, step(0))
    + activity(4, "conditionChosen", "03T10:00:00", ANN, step(1))
    + activity(5, "emailsSent", "04T10:00:00", ANN, step(0, "seq_2"))
    + activity(6, "emailsReplied", "05T09:00:00", ANN, step(0, "seq_2"))
    + activity(7, "emailsSent", "05T12:00:00", ANN, NO_STEP)
    + activity(8, "linkedinInviteDone", "02T11:00:00", BEN, step(0))
    + activity(9, "linkedinInviteAccepted", "02T12:00:00", BEN, step(0))
    + activity(10, "linkedinSent", "03T11:00:00", BEN, step(1))
    + activity(11, "linkedinReplied", "04T11:00:00", BEN, step(1))
    + activity(12, "emailsSent", "14T10:00:00", CAT, step(0))
    + activity(13, "aircallEnded", "09T09:00:00", DAN, step(2))
    + activity(14, "aircallEnded", "09T15:00:00", DAN, step(2))
    + activity(15, "aircallDone", "09T15:00:20", DAN, step(2))
    + activity(16, "aircallDone", "10T09:00:00", DAN, step(3))
    + activity(17, "meetingBooked", "10T09:10:00", DAN, NO_STEP)
)
# the log is exported anew with what has come on top
SECOND = activity(18, "emailsBounced", "15T10:00:00", CAT, step(0)) + FIRST
LEADS = """\
email,firstName,lastName,linkedinUrl,status,lastState
ann@acme.example,Ann,Able,,done,emailsReplied
cat@acme.example,Cat,Cole,,done,emailsBounced
eve@acme.example,Eve,Egan,https://linkedin.example/in/eve,unsubscribed,emailsUnsubscribed
"""
FILES = {
    "tool/activities_2026-03-14.jsonl": FIRST,
    "tool/activities_2026-03-31.jsonl": SECOND,
    "tool/leads_2026-03-31.csv": LEADS,
}
CONFIG = {
    "company": {"name": "Tiny", "currency": "EUR", "timezone": "UTC"},
    "sources": [
        {
            "name": "tool",
            "system": "lemlist",
            "objects": {
                "activities": {"as_of": "activities_%Y-%m-%d.jsonl"},
                "leads": {"as_of": "2026-03-31"},
            },
        }
    ],
}


def enrolment(campaign: str, email: str) -> str:
    return f"tool:{campaign}/{hashlib.md5(email.encode(), usedforsecurity=False).hexdigest()}"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return built(landed(tmp_path_factory.mktemp("lemlist"), FILES, CONFIG))


def test_a_mail_is_one_touch_and_a_bounce_none(company: Settings) -> None:
    """Ann got one by the first step, one by the first step of a branch, and one by hand. Cat's came
    back, which the second export tells of the mail in the first."""
    assert ask(
        company,
        "select occurred_at, is_automated from marts.fct_activities where is_mail_sent "
        "order by occurred_at",
    ) == [
        (datetime(2026, 3, 2, 10), True),
        (datetime(2026, 3, 4, 10), True),
        (datetime(2026, 3, 5, 12), False),
    ]
    assert value(company, "emails_sent", "2026-03-01")[0] == 3
    assert value(company, "manual_emails_sent", "2026-03-01")[0] == 1


def test_a_call_ends_and_its_step_is_done_in_one_touch(company: Settings) -> None:
    """Dan was called twice in step 2, which was then done; step 3 was done without a call that
    lemlist heard of. Three calls by a human; how they ended is not told."""
    assert ask(
        company,
        "select activity_key, is_automated, is_dial_with_disposition from marts.fct_activities "
        "where is_call_made order by occurred_at",
    ) == [
        ("tool:activity/act_13", False, False),
        ("tool:activity/act_14", False, False),
        ("tool:activity/act_16", False, False),
    ]
    assert ask(
        company,
        "select activity_key, duplicate_of_key from marts.fct_activities where is_duplicate",
    ) == [("tool:activity/act_15", "tool:activity/act_14")]


def test_an_invitation_and_a_message_are_messages(company: Settings) -> None:
    assert ask(
        company,
        "select occurred_at, direction, is_automated from marts.fct_activities "
        "where kind = 'message' order by occurred_at",
    ) == [
        (datetime(2026, 3, 2, 11), "outbound", True),
        (datetime(2026, 3, 3, 11), "outbound", True),
        (datetime(2026, 3, 4, 11), "inbound", False),
    ]


def test_a_meeting_is_booked_and_not_yet_held(company: Settings) -> None:
    """When Dan's meeting will be is not told."""
    assert ask(
        company,
        "select booked_at, occurred_at, is_meeting_booked, is_meeting_held "
        "from marts.fct_activities where kind = 'meeting'",
    ) == [(datetime(2026, 3, 10, 9, 10), None, True, False)]
    assert value(company, "meetings_booked", "2026-03-01")[0] == 1


def test_what_is_no_touch_is_kept(company: Settings) -> None:
    assert ask(
        company,
        "select kind, direction from marts.fct_activities "
        "where kind not in ('call', 'email', 'meeting', 'message') order by kind",
    ) == [
        ("automatic reply", "inbound"),
        ("conditionChosen", "(none)"),
        ("emailsOpened", "(none)"),
        ("linkedinInviteAccepted", "(none)"),
    ]


def test_the_first_human_answer_counts(company: Settings) -> None:
    """Ann was away before she answered; Ben, who has no address, answered on LinkedIn, and nobody
    wrote him a mail. Nothing reached Cat. Nobody wrote to Eve, whose campaign is not known."""
    rows = ask(
        company,
        "select enrolment_key, sequence_name, mail_count, replied_at, person_key is not null "
        "from marts.fct_sequence_enrolments",
    )
    assert {row[0]: row[1:] for row in rows} == {
        enrolment("cam_1", "ann@acme.example"): ("Spring", 3, datetime(2026, 3, 5, 9), True),
        "tool:cam_1/lea_2": ("Spring", 0, datetime(2026, 3, 4, 11), False),
        enrolment("cam_1", "dan@acme.example"): ("Spring", 0, None, False),
        enrolment("", "eve@acme.example"): ("(none)", 0, None, True),
    }
    assert value(company, "reply_rate", "2026-03-01")[:3] == (1, 1, 1)


def test_whoever_writes_is_a_rep(company: Settings) -> None:
    """No list of users is exported; the activities name Ada."""
    assert ask(company, "select rep_id, rep from marts.dim_reps") == [("usr_1", "Ada")]
    assert value(company, "calls_made", "2026-03-01", scope="rep", member="Ada")[0] == 3


def test_who_asked_for_no_more_has_opted_out(company: Settings) -> None:
    """Eve; when is not told, so it is the moment of the first export that shows it."""
    assert ask(
        company,
        "select contact_name, opted_out_at from staging.stg_lemlist__contacts "
        "where opted_out_at is not null",
    ) == [("Eve Egan", datetime(2026, 4, 1))]


def test_no_address_is_published(company: Settings) -> None:
    for table in ("dim_reps", "fct_activities", "fct_sequence_enrolments"):
        rows = ask(company, f"select * from marts.{table}")
        assert not [row for row in rows if "@" in str(row)]
