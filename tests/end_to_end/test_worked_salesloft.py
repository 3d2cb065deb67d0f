"""What Salesloft alone tells: a company of a few rows, and the answers by hand.

The company lives in UTC, as of the end of 2026-03-31; the tool writes the times of New York. Each
test says in its text why the answer is what it is.
"""

import pytest

from pipelines.settings import Settings
from tests.worked_company import ask, built, landed, value

WINTER, SUMMER = "-05:00", "-04:00"
PEOPLE = f"""\
id,display_name,first_name,last_name,email_address,last_replied_at,created_at
7001,Ann Able,Ann,Able,ann@acme.example,2026-02-10T04:00:00.479210{WINTER},2026-01-05T04:30{WINTER}
7002,,Ben,Bold,ben@acme.example,2026-02-11T04:00{WINTER},2026-01-05T04:30{WINTER}
7003,Cat Cole,Cat,Cole,cat@acme.example,2026-02-11T04:00{WINTER},2026-01-05T04:30{WINTER}
7004,Dan Dale,Dan,Dale,dan@acme.example,2026-01-11T04:00{WINTER},2026-01-05T04:30{WINTER}
"""
USERS = """\
id,guid,name,email,active,job_role,time_zone
3,g3,Ada,ada@own.example,true,SDR,America/New_York
4,g4,Bob,bob@own.example,true,AE,America/New_York
"""
CADENCES = "id,name,cadence_function\n11,Spring,outbound\n"
MEMBERSHIPS = f"""\
id,person.id,cadence.id,user.id,added_at,currently_on_cadence,person_deleted,counts.replies
51,7001,11,3,2026-02-02T07:00:00{WINTER},false,false,1
52,7002,11,3,2026-02-02T07:00:00{WINTER},true,false,0
53,7003,11,3,2026-02-02T07:00:00{WINTER},false,true,1
54,7004,11,3,2026-02-02T07:00:00{WINTER},false,false,1
"""
EMAILS = f"""\
id,status,bounced,sent_at,recipient_email_address,recipient.id,user.id,cadence.id,task.id,created_at
1,sent,false,2026-02-03T23:30:00.120000{WINTER},ann@acme.example,7001,3,11,,2026-02-01T03:00:00{WINTER}
2,sent,false,2026-02-05T03:00:00{WINTER},ann@acme.example,7001,3,11,91,2026-02-01T03:00:00{WINTER}
3,sent,true,2026-02-06T03:00:00{WINTER},ann@acme.example,7001,3,11,,2026-02-01T03:00:00{WINTER}
4,scheduled,,2026-03-20T03:00:00{SUMMER},ann@acme.example,7001,3,11,,2026-02-01T03:00:00{WINTER}
5,sent_from_gmail,false,2026-02-06T03:00:00{WINTER},ben@acme.example,7002,3,,,2026-02-06T03:00:00{WINTER}
6,sent,false,2026-02-06T03:00:00{WINTER},ben@acme.example,7002,3,11,,2026-02-06T03:00:00{WINTER}
7,sent,false,2026-02-06T03:00:00{WINTER},dan@acme.example,7004,3,11,,2026-02-06T03:00:00{WINTER}
8,sent,false,2026-02-06T03:00:00{WINTER},bob@own.example,,3,,,2026-02-06T03:00:00{WINTER}
"""
CALLS = f"""\
id,duration,disposition,connected,called_person.id,user.id,cadence.id,created_at
31,245,Connected,true,7001,3,11,2026-03-02T05:10:00{WINTER}
32,,No Answer,false,7002,3,,2026-03-02T06:00:00{WINTER}
33,20,Gatekeeper,,7002,3,,2026-03-02T07:00:00{WINTER}
"""
LEGS = f"""\
id,call_uuid,call.id,call_type,direction,status,called_person.id,user.id,started_at,ended_at,duration
41,u1,31,call,outbound,completed,7001,3,2026-03-02T05:05:00{WINTER},2026-03-02T05:09:05{WINTER},245
42,u1,,bridge,outbound,completed,,3,2026-03-02T05:04:50{WINTER},2026-03-02T05:09:06{WINTER},256
43,u1,,call,outbound,completed,7001,3,2026-03-02T05:09:06{WINTER},2026-03-02T05:09:07{WINTER},1
44,u2,,bridge,outbound,completed,,3,2026-03-03T05:00:00{WINTER},,10
45,u2,,call,outbound,no-answer,7001,3,2026-03-03T05:00:05{WINTER},,5
46,u2,,call,outbound,busy,7001,3,2026-03-03T05:00:20{WINTER},,1
47,u3,,call,outbound,failed,7001,3,2026-03-03T06:00:00{WINTER},,0
48,u4,,call,inbound,completed,7002,3,2026-03-03T07:00:00{WINTER},,60
"""
MEETINGS = f"""\
id,title,start_time,end_time,status,no_show,canceled_at,person.id,recipient_email,booked_by_user.id,owned_by_user.id,created_at
61,Demo,2026-03-09T10:00:00{SUMMER},2026-03-09T10:30:00{SUMMER},booked,false,,7001,ann@acme.example,3,4,2026-03-02T10:00:00{WINTER}
62,Demo,2026-03-09T11:00:00{SUMMER},2026-03-09T11:30:00{SUMMER},booked,,2026-03-08T10:00:00{SUMMER},7001,,3,4,2026-03-02T10:00:00{WINTER}
63,Demo,2026-03-09T12:00:00{SUMMER},2026-03-09T12:30:00{SUMMER},booked,true,,7002,,3,4,2026-03-02T10:00:00{WINTER}
64,Demo,2026-03-09T13:00:00{SUMMER},2026-03-09T13:30:00{SUMMER},failed,,,7002,,3,4,2026-03-02T10:00:00{WINTER}
65,Demo,2026-04-09T13:00:00{SUMMER},2026-04-09T13:30:00{SUMMER},booked,,,,ben@acme.example,3,,2026-03-02T10:00:00{WINTER}
67,Demo,2026-03-10T13:00:00{SUMMER},2026-03-10T13:30:00{SUMMER},booked,,,7002,,3,4,2026-03-02T10:00:00{WINTER}
66,Team,2026-03-09T14:00:00{SUMMER},2026-03-09T14:30:00{SUMMER},booked,,,,,3,4,2026-03-02T10:00:00{WINTER}
"""
TASKS = f"""\
id,subject,task_type,current_state,due_date,completed_at,person.id,user.id
91,Write to Ann,email,completed,2026-02-05,2026-02-05T03:00:01{WINTER},7001,3
92,Call Ben,call,scheduled,2026-02-05,,7002,3
"""
FILES = {
    "people.csv": PEOPLE,
    "users.csv": USERS,
    "cadences.csv": CADENCES,
    "cadence_memberships.csv": MEMBERSHIPS,
    "emails.csv": EMAILS,
    "calls.csv": CALLS,
    "call_data_records.csv": LEGS,
    "meetings.csv": MEETINGS,
    "tasks.csv": TASKS,
}
CONFIG = {
    "company": {
        "name": "Tiny",
        "currency": "EUR",
        "timezone": "UTC",
        "mail_domains": ["own.example"],
    },
    "sources": [{"name": "tool", "system": "salesloft", "as_of": "2026-03-31"}],
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company, built and checked."""
    files = {f"tool/{name}": text for name, text in FILES.items()}
    return built(landed(tmp_path_factory.mktemp("salesloft"), files, CONFIG))


def flagged(settings: Settings, flag: str) -> list[object]:
    """The activities that count as this."""
    found = ask(
        settings,
        f"select activity_key from marts.fct_activities where {flag} order by activity_key",
    )
    return [key for (key,) in found]


def test_a_mail_counts_when_it_is_out_and_stays_out(company: Settings) -> None:
    """3 came back, 4 is on its way, 8 went to one's own people. 2 is of a step that a human does
    and 5 of no cadence: the others went out by themselves. Opens and answers are no mails."""
    assert flagged(company, "is_mail_sent") == [f"tool:email/{one}" for one in (1, 2, 5, 6, 7)]
    assert flagged(company, "is_automated_mail") == [f"tool:email/{one}" for one in (1, 6, 7)]
    assert value(company, "emails_sent", "2026-02-01")[0] == 5
    assert value(company, "automated_emails_sent", "2026-02-01")[0] == 3


def test_a_time_of_new_york_is_the_next_day_here(company: Settings) -> None:
    assert ask(
        company,
        "select cast(occurred_at as varchar), cast(occurred_on as varchar), rep "
        "from marts.fct_activities where activity_key = 'tool:email/1'",
    ) == [("2026-02-04 04:30:00.12", "2026-02-04", "Ada")]


def test_the_legs_of_a_logged_call_are_that_call(company: Settings) -> None:
    """41 names the call, 42 and 43 share its uuid. Nobody logged u2: of its two legs to Ann the
    first is the dial, and 44 rang at Ada's. 47 could not be placed, 48 came in."""
    assert flagged(company, "is_call_made") == [
        "tool:call/31",
        "tool:call/32",
        "tool:call/33",
        "tool:dial/45",
    ]
    assert ask(
        company,
        "select activity_key, duplicate_of_key, duplicate_rule from marts.fct_activities "
        "where is_duplicate order by activity_key",
    ) == [
        ("tool:dial/41", "tool:call/31", "link"),
        ("tool:dial/42", "tool:call/31", "link"),
        ("tool:dial/43", "tool:call/31", "link"),
        ("tool:dial/44", "tool:dial/45", "link"),
        ("tool:dial/46", "tool:dial/45", "link"),
    ]


def test_a_connect_is_what_the_logged_call_says(company: Settings) -> None:
    """31 reached Ann, 32 nobody. Of 33 and of the dial that nobody logged it is not known, so these
    are not in the rate; the disposition that says nothing is listed."""
    assert value(company, "connect_rate", "2026-03-01")[:3] == (0.5, 1, 2)
    assert ask(
        company,
        "select object, found_value, row_count from quality.unmapped_values "
        "where column_name = 'disposition'",
    ) == [("activities", "Gatekeeper", 1)]


def test_who_did_not_come_was_booked_and_not_met(company: Settings) -> None:
    """62 was called off and 63 missed: booked by Ada, not held. 64 never got into the calendar, 65
    is to come, 66 has nobody from outside. Of 67 nothing is said: presumed held, as is 61, for the
    tool says that somebody was missed and never that somebody came."""
    assert flagged(company, "is_meeting_booked") == [
        f"tool:meeting/{one}" for one in (61, 62, 63, 65, 67)
    ]
    assert flagged(company, "is_meeting_held") == ["tool:meeting/61", "tool:meeting/67"]
    assert flagged(company, "is_meeting_no_show") == ["tool:meeting/63"]
    assert ask(
        company,
        "select code, row_count from quality.value_notes "
        "where kpi = 'meetings_held' and period_start = date '2026-03-01'",
    ) == [("presumed_held", 2)]
    assert ask(
        company,
        "select rep, rep_at_booking from marts.fct_activities "
        "where activity_key in ('tool:meeting/61', 'tool:meeting/65') order by activity_key",
    ) == [("Bob", "Ada"), ("Ada", "Ada")]


def test_a_task_is_no_touch(company: Settings) -> None:
    """91 was done by mail 2, which counts."""
    assert ask(
        company,
        "select activity_key, kind, is_mail_sent, is_call_made from marts.fct_activities "
        "where activity_key like 'tool:task/%' order by activity_key",
    ) == [("tool:task/91", "task", False, False), ("tool:task/92", "task", False, False)]


def test_an_answer_is_dated_by_the_person_and_told_by_the_cadence(company: Settings) -> None:
    """Ann answered within the cadence, and last on 10 February. Ben answered to something else, for
    the cadence counts none. Dan's last answer was before he was put into it. Cat was deleted."""
    assert ask(
        company,
        "select enrolment_key, sequence_name, mail_count, is_replied, "
        "cast(started_at as varchar), cast(replied_at as varchar) "
        "from marts.fct_sequence_enrolments order by enrolment_key",
    ) == [
        (
            *("tool:7001|11", "Spring", 2, True),
            *("2026-02-02 12:00:00", "2026-02-10 09:00:00.47921"),
        ),
        ("tool:7002|11", "Spring", 1, False, "2026-02-02 12:00:00", None),
        ("tool:7004|11", "Spring", 1, False, "2026-02-02 12:00:00", None),
    ]
    assert value(company, "reply_rate", "2026-02-01")[1:3] == (1, 3)


def test_the_reps_are_the_users(company: Settings) -> None:
    assert ask(company, "select distinct rep_key, role from marts.dim_reps order by rep_key") == [
        ("tool:3", "SDR"),
        ("tool:4", "AE"),
    ]


def test_a_later_answer_does_not_move_the_first(
    company: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In April Ann answers to something else: what the first export said of February stays."""
    people = PEOPLE.replace("2026-02-10T04:00:00.479210-05:00", "2026-04-02T04:00:00-04:00")
    files = {f"tool/2026-03-31/{name}": text for name, text in FILES.items()}
    files |= {name.replace("03-31", "04-03"): text for name, text in files.items()}
    files["tool/2026-04-03/people.csv"] = people
    source = {"name": "tool", "system": "salesloft", "as_of": "%Y-%m-%d/*"}
    config = {**CONFIG, "sources": [source]}
    later = built(landed(tmp_path_factory.mktemp("later"), files, config))
    sql = (
        "select enrolment_key, cast(replied_at as varchar), is_replied "
        "from marts.fct_sequence_enrolments where enrolment_key = 'tool:7001|11'"
    )
    assert ask(later, sql) == ask(company, sql)
