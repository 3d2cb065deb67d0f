"""Pipedrive alone, once from its API and once from its app's lists, and the answers by hand.

Both companies live in Vienna, as of the end of 2026-03-31; each test says why the answer is what it
is.
"""

import json
from pathlib import Path

import duckdb
import pytest

from pipelines.extract.relations import register
from pipelines.extract.run import extract
from pipelines.settings import Settings
from tests.worked_company import ask, built, landed

CONFIG = {
    "company": {"name": "Tiny", "currency": "EUR", "timezone": "Europe/Vienna"},
    "sources": [{"name": "crm", "system": "pipedrive", "as_of": "2026-03-31"}],
}
COUNTED = (
    "concat_ws(' ', case when is_call_made then 'dialled' end, case when is_mail_sent then 'sent' "
    "end, case when is_meeting_booked then 'booked' end, case when is_meeting_held then 'held' end)"
)
FLOW = [
    # deal, field, before, after, when (UTC)
    (1, "stage_id", "2", "3", "2026-02-10 09:00:00"),
    (1, "value", "1000", "1200.5", "2026-02-10 09:00:00"),
    (1, "user_id", "8", "7", "2026-02-12 09:00:00"),
    (2, "stage_id", "2", "3", "2026-01-10 09:00:00"),
    (2, "status", "open", "won", "2026-01-31 23:30:00"),
    (4, "stage_id", "2", "3", "2026-02-05 09:00:00"),
    (4, "status", "open", "lost", "2026-02-10 09:00:00"),
    (4, "status", "lost", "open", "2026-02-15 09:00:00"),
    (4, "status", "open", "lost", "2026-02-20 09:00:00"),
    (5, "status", "open", "lost", "2026-02-25 09:00:00"),
]


def answer(*records: dict[str, object]) -> str:
    """A list as the API answers it."""
    return json.dumps({"success": True, "data": records})


def deal(number: int, **changed: object) -> dict[str, object]:
    """An open deal of version 2, in stage Contact Made."""
    return {
        "id": number,
        "title": f"Deal {number}",
        "owner_id": 7,
        "person_id": 11,
        "org_id": 21,
        "stage_id": 3,
        "pipeline_id": 1,
        "value": 1200.5,
        "currency": "EUR",
        "probability": None,
        "status": "open",
        "lost_reason": None,
        "add_time": "2026-01-05T08:30:00Z",
        "update_time": "2026-03-01T09:00:00Z",
        "won_time": None,
        "lost_time": None,
        "close_time": None,
        "expected_close_date": "2026-04-30",
        "is_deleted": False,
    } | changed


def activity(number: int, kind: str, **changed: object) -> dict[str, object]:
    """An activity of version 2 with Ann, done on March 2 at ten (UTC)."""
    return {
        "id": number,
        "type": kind,
        "owner_id": 7,
        "creator_user_id": 8,
        "done": True,
        "due_date": "2026-03-02",
        "due_time": "",
        "duration": "",
        "marked_as_done_time": "2026-03-02T10:00:00Z",
        "person_id": 11,
        "add_time": "2026-03-01T23:30:00Z",
        "update_time": "2026-03-02T10:00:00Z",
        "is_deleted": False,
    } | changed


ADDRESSES = [
    {"value": "old@acme.example", "primary": False, "label": "home"},
    {"value": "ann@acme.example", "primary": True, "label": "work"},
]
API = {
    "crm/users.json": answer(
        {
            "id": 7,
            "name": "Ada",
            "email": "ada@own.example",
            "timezone_name": "Europe/Vienna",
            "active_flag": True,
        },
        {
            "id": 8,
            "name": "Bob",
            "email": "bob@own.example",
            "timezone_name": "Europe/London",
            "active_flag": False,
        },
    ),
    "crm/stages.json": answer(
        {"id": 2, "name": "Qualified", "order_nr": 0, "pipeline_id": 1, "deal_probability": 10},
        {"id": 3, "name": "Contact Made", "order_nr": 1, "pipeline_id": 1, "deal_probability": 30},
    ),
    "crm/pipelines.json": answer(
        {"id": 1, "name": "Sales", "order_nr": 0, "is_deal_probability_enabled": True}
    ),
    "crm/organizations.json": answer(
        {
            "id": 21,
            "name": "Acme",
            "owner_id": 7,
            "address": {"value": "1 Main St", "country": "Austria"},
            "add_time": "2026-01-01T23:30:00Z",
            "is_deleted": False,
        },
        {
            "id": 22,
            "name": "Gone",
            "owner_id": 7,
            "address": {"value": "", "country": None},
            "add_time": "2026-01-01T23:30:00Z",
            "is_deleted": True,
        },
    ),
    "crm/persons.json": answer(
        {"id": 11, "name": "Ann Able", "owner_id": 7, "org_id": 21, "emails": ADDRESSES},
        {"id": 12, "name": "Ben Bold", "owner_id": 7, "org_id": None, "emails": []},
    ),
    "crm/deals.json": answer(
        deal(1),
        deal(
            2,
            status="won",
            value=500,
            probability=90,
            won_time="2026-01-31T23:30:00Z",
            close_time="2026-01-31T23:30:00Z",
        ),
        deal(3, status="deleted", is_deleted=True),
        deal(
            4,
            status="lost",
            value=50,
            lost_reason="Price",
            lost_time="2026-02-20T09:00:00Z",
            close_time="2026-02-20T09:00:00Z",
        ),
        deal(5, status="lost", value=60, lost_time="2026-02-25T09:00:00Z"),
        deal(6, value=70),
    ),
    "crm/deal_flow.json": answer(
        *(
            {
                "object": "dealChange",
                "timestamp": at,
                "data": {
                    "id": number,
                    "item_id": of,
                    "user_id": 7,
                    "field_key": field,
                    "old_value": old,
                    "new_value": new,
                    "log_time": at,
                },
            }
            for number, (of, field, old, new, at) in enumerate(FLOW, start=901)
        ),
        {
            "object": "activity",
            "timestamp": "2026-03-02 10:00:00",
            "data": {"id": 31, "type": "call", "user_id": 7},
        },
    ),
    "crm/deal_products.json": answer(
        {
            "id": 61,
            "deal_id": 2,
            "product_id": 51,
            "name": "Pump",
            "quantity": 2,
            "sum": 500,
            "enabled_flag": True,
        },
        {
            "id": 62,
            "deal_id": 2,
            "product_id": 52,
            "name": "Hose",
            "quantity": 1,
            "sum": 10,
            "enabled_flag": False,
        },
    ),
    "crm/leads.json": answer(
        {
            "id": "adf21080-0e10-11eb-879b-05d71fb426ec",
            "owner_id": 7,
            "creator_id": 8,
            "person_id": 11,
            "source_name": "Web forms",
            "is_archived": False,
            "add_time": "2026-03-02T09:00:00.000Z",
        },
        {
            "id": "bdf21080-0e10-11eb-879b-05d71fb426ed",
            "owner_id": 8,
            "creator_id": 8,
            "person_id": 12,
            "source_name": "Manually created",
            "is_archived": True,
            "add_time": "2026-03-05T23:30:00.000Z",
        },
    ),
    "crm/activities.json": answer(
        activity(31, "call"),
        activity(32, "call", done=False, marked_as_done_time=None),
        activity(33, "email", person_id=12),
        activity(34, "meeting", due_time="23:15", duration="01:30"),
        activity(35, "meeting", done=False, marked_as_done_time=None, due_date="2026-03-20"),
        activity(
            36,
            "lunch",
            done=False,
            marked_as_done_time=None,
            due_date="2026-04-10",
            due_time="10:00",
            duration="00:45",
        ),
        activity(37, "task"),
        activity(38, "call", is_deleted=True),
        activity(39, "meeting", person_id=None, due_time="12:00"),
        activity(40, "visit"),
        activity(41, "meeting", person_id=None, deal_id=1, due_time="12:00"),
    ),
}
LISTS = {
    "crm/deals-1-2.csv": """\
Deal - ID,Deal - Title,Deal - Value,Deal - Currency of Value,Deal - Status,Deal - Stage,\
Deal - Pipeline,Deal - Owner,Deal - Organization,Deal - Contact person,Deal - Probability,\
Deal - Deal created,Deal - Won time
1,Pumps,"1,200.50",EUR,Open,Contact Made,Sales,Ada,Acme,Ann Able,40%,2026-02-02 00:30:00,
2,Valves,500.00,EUR,Won,Contact Made,Sales,Ada,Acme,Ann Able,,2026-01-05 09:30:00,\
2026-02-01 00:30:00
""",
    "crm/people-1-2.csv": """\
Person - Pipedrive System ID,Person - Name,Person - Email - Work,Person - Organization
11,Ann Able,ann@acme.example,Acme
12,Ben Bold,one@bolt.example,
13,Ben Bold,two@bolt.example,
""",
    "crm/organizations-1-2.csv": """\
Organization - Pipedrive System ID,Organization - Name,Organization - Country of Address
21,Acme,Austria
""",
    "crm/leads-1-2.csv": """\
Lead - Title,Lead - Owner,Lead - Source channel,Contact person,Organization,\
Lead - Pipedrive System ID,Lead - Lead created
Ann,Ada,Web forms,Ann Able,,adf21080-0e10-11eb-879b-05d71fb426ec,2026-03-02
""",
    "crm/activities-1-2.csv": """\
Activity - Type,Activity - Due date,Activity - Due time,Activity - Duration,Activity - Done,\
Activity - Marked as done time,Activity - Creation date,Activity - Assigned to user,\
Contact person,Activity - Pipedrive System ID
Call,2026-03-02,,,Done,2026-03-02 00:05:00,2026-03-01,Ada,Ann Able,31
Meeting,2026-03-30,00:15,01:30,Done,,2026-03-28,Ada,Ann Able,32
Call,2026-03-02,09:00,,Undone,,2026-03-01,Ada,Ben Bold,33
Email,2026-03-03,09:00,,Done,,2026-03-01,Ada,Ben Bold,34
""",
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company whose files are answers of the API, built and checked."""
    return built(landed(tmp_path_factory.mktemp("api"), API, CONFIG))


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company whose files are exports of the app's lists, built and checked."""
    return built(landed(tmp_path_factory.mktemp("lists"), LISTS, CONFIG))


def rows(settings: Settings, sql: str) -> list[str]:
    """The answer, a row a line of text."""
    return [" | ".join(map(str, row)) for row in ask(settings, sql)]


def test_a_status_says_how_a_deal_ended(api: Settings) -> None:
    """Deal 2 was won half an hour before midnight in UTC: on February 1 in Vienna. Deal 3 is in
    Pipedrive's bin. What is over is in the stage of its status."""
    assert rows(
        api,
        "select opportunity_id, stage, outcome, amount, closed_on, lost_reason, pipeline, "
        "is_deleted from marts.fct_opportunities order by opportunity_id",
    ) == [
        "1 | Contact Made | open | 1200.50 | None | (none) | Sales | False",
        "2 | Won | won | 500.00 | 2026-02-01 | (none) | Sales | False",
        "3 | Contact Made | open | 1200.50 | None | (none) | Sales | True",
        "4 | Lost | lost | 50.00 | 2026-02-20 | Price | Sales | False",
        "5 | Lost | lost | 60.00 | 2026-02-25 | (none) | Sales | False",
        "6 | Contact Made | open | 70.00 | None | (none) | Sales | False",
    ]


def test_a_stage_gives_its_probability(api: Settings) -> None:
    """Deal 1 has none of its own: its stage says 30 %, and the pipeline uses that."""
    assert rows(
        api,
        "select opportunity_id, round(probability, 4) from staging.stg_pipedrive__opportunities "
        "where opportunity_id in ('1', '2') order by opportunity_id",
    ) == [
        "1 | 0.3000",
        "2 | 0.9000",
    ]


def test_the_change_log_tells_the_history(api: Settings) -> None:
    """Deal 1 began in Qualified at 1000 with Bob, until Ada took it over. Deal 4 was lost, open
    again where it had been, and lost for good; its amount never changed. Deal 5 never moved before
    it was lost: it had been in the stage that it still has. Deal 6, of which the log says nothing,
    is known as of the export."""
    assert rows(
        api,
        "select opportunity_key, stage, outcome, valid_from_on, source_amount, rep_key "
        "from marts.fct_opportunity_states where opportunity_key <> 'crm:3' "
        "order by opportunity_key, valid_from_on",
    ) == [
        "crm:1 | Qualified | open | 2026-01-05 | 1000.00 | crm:8",
        "crm:1 | Contact Made | open | 2026-02-10 | 1200.50 | crm:8",
        "crm:1 | Contact Made | open | 2026-02-12 | 1200.50 | crm:7",
        "crm:2 | Qualified | open | 2026-01-05 | 500.00 | crm:7",
        "crm:2 | Contact Made | open | 2026-01-10 | 500.00 | crm:7",
        "crm:2 | Won | won | 2026-02-01 | 500.00 | crm:7",
        "crm:4 | Qualified | open | 2026-01-05 | 50.00 | crm:7",
        "crm:4 | Contact Made | open | 2026-02-05 | 50.00 | crm:7",
        "crm:4 | Lost | lost | 2026-02-10 | 50.00 | crm:7",
        "crm:4 | Contact Made | open | 2026-02-15 | 50.00 | crm:7",
        "crm:4 | Lost | lost | 2026-02-20 | 50.00 | crm:7",
        "crm:5 | Contact Made | open | 2026-01-05 | 60.00 | crm:7",
        "crm:5 | Lost | lost | 2026-02-25 | 60.00 | crm:7",
        "crm:6 | Contact Made | open | 2026-03-31 | 70.00 | crm:7",
    ]


def test_a_deal_leaves_its_last_stage_when_it_is_over(api: Settings) -> None:
    assert rows(
        api,
        "select opportunity_key, stage, exit, left_at from marts.fct_stage_visits "
        "where opportunity_key in ('crm:1', 'crm:2') and not is_jumped_over "
        "order by opportunity_key, entered_at",
    ) == [
        "crm:1 | Qualified | forward | 2026-02-10 09:00:00",
        "crm:1 | Contact Made | open | None",
        "crm:2 | Qualified | forward | 2026-01-10 09:00:00",
        "crm:2 | Contact Made | won | 2026-01-31 23:30:00",
    ]


def test_what_is_done_is_a_touch(api: Settings) -> None:
    """A call or mail was made when it was marked as done: 32 was not, and 38 is deleted. Meeting 34
    was held from 23:15 on, which is the next day in Vienna; 35 is past, and nobody says that it
    took place; 36 is still to come, 39 is about nobody outside, 41 about a deal. Neither a task nor
    a type of the company's own is a touch. Bob booked the meetings, after midnight in Vienna."""
    assert rows(
        api,
        f"select activity_key, kind, occurred_at, ended_at, {COUNTED} from marts.fct_activities "
        "order by activity_key",
    ) == [
        "crm:31 | call | 2026-03-02 10:00:00 | None | dialled",
        "crm:32 | call | None | None | ",
        "crm:33 | email | 2026-03-02 10:00:00 | None | sent",
        "crm:34 | meeting | 2026-03-02 23:15:00 | 2026-03-03 00:45:00 | booked held",
        "crm:35 | meeting | None | None | booked",
        "crm:36 | meeting | 2026-04-10 10:00:00 | 2026-04-10 10:45:00 | booked",
        "crm:37 | task | 2026-03-02 10:00:00 | None | ",
        "crm:39 | internal meeting | 2026-03-02 12:00:00 | 2026-03-02 12:00:00 | ",
        "crm:40 | visit | 2026-03-02 10:00:00 | None | ",
        "crm:41 | meeting | 2026-03-02 12:00:00 | 2026-03-02 12:00:00 | booked held",
    ]
    assert rows(
        api,
        "select occurred_on, booked_on, rep_key, booked_by_rep_key from marts.fct_activities "
        "where activity_key in ('crm:34', 'crm:35') order by activity_key",
    ) == [
        "2026-03-03 | 2026-03-02 | crm:7 | crm:8",
        "None | 2026-03-02 | crm:7 | crm:8",
    ]


def test_a_lead_is_its_person(api: Settings) -> None:
    """Ann's lead came at nine, her first call at ten. Ben's was put away; it came on the 6th in
    Vienna, after his mail."""
    assert rows(
        api,
        "select left(lead_id, 3), status_meaning, created_on, first_touch_at, response_minutes, "
        "rep_key from marts.fct_leads order by lead_id",
    ) == [
        "adf | new | 2026-03-02 | 2026-03-02 10:00:00 | 60.0 | crm:7",
        "bdf | disqualified | 2026-03-06 | None | None | crm:8",
    ]
    assert ask(
        api,
        "select email from staging.stg_pipedrive__leads where lead_name = 'Ann Able' "
        "union all select email from staging.stg_pipedrive__contacts where contact_id = '11'",
    ) == [("ann@acme.example",), ("ann@acme.example",)]


def test_lines_accounts_and_reps(api: Settings) -> None:
    """Line 62 is switched off; organization 22 is in the bin."""
    assert rows(
        api,
        "select line_key, opportunity_key, quantity, amount from marts.fct_opportunity_lines "
        "where opportunity_key = 'crm:2' order by line_key",
    ) == [
        "crm:61 | crm:2 | 2.000000000 | 500.00",
    ]
    assert rows(
        api,
        "select account_id, account_name, country, created_on, is_deleted "
        "from staging.stg_pipedrive__accounts order by account_id",
    ) == [
        "21 | Acme | Austria | 2026-01-02 | False",
        "22 | Gone | None | 2026-01-02 | True",
    ]
    assert rows(api, "select rep_key, rep_name from marts.dim_reps order by rep_key") == [
        "crm:7 | Ada",
        "crm:8 | Bob",
    ]


def test_a_list_names_whom_it_means(lists: Settings) -> None:
    """There is one Ann Able and one Acme; of the two Ben Bolds nobody knows which is meant."""
    assert rows(
        lists,
        "select opportunity_id, stage, outcome, amount, created_on, closed_on, account_key, "
        "rep_key from marts.fct_opportunities order by opportunity_id",
    ) == [
        "1 | Contact Made | open | 1200.50 | 2026-02-02 | None | crm:21 | crm:Ada",
        "2 | Won | won | 500.00 | 2026-01-05 | 2026-02-01 | crm:21 | crm:Ada",
    ]
    assert rows(
        lists,
        "select opportunity_id, contact_id, probability from staging.stg_pipedrive__opportunities "
        "order by opportunity_id",
    ) == [
        "1 | 11 | 0.400000000",
        "2 | 11 | None",
    ]
    assert rows(
        lists,
        "select activity_id, person_id from staging.stg_pipedrive__activities order by activity_id",
    ) == [
        "31 | 11",
        "32 | 11",
        "33 | None",
        "34 | None",
    ]
    assert rows(
        lists,
        "select contact_id, email, account_id from staging.stg_pipedrive__contacts order by 1",
    ) == [
        "11 | ann@acme.example | 21",
        "12 | one@bolt.example | None",
        "13 | two@bolt.example | None",
    ]


def test_a_list_has_the_times_of_its_user(lists: Settings) -> None:
    """Five past midnight in Vienna is 23:05 of the day before in UTC, and a quarter past midnight
    on March 30 22:15, because clocks were put forward that night. Call 33 was not made; of mail 34
    only the plan tells when."""
    assert rows(
        lists,
        f"select right(activity_key, 2), occurred_at, ended_at, occurred_on, booked_on, {COUNTED} "
        "from marts.fct_activities order by activity_key",
    ) == [
        "31 | 2026-03-01 23:05:00 | None | 2026-03-02 | None | dialled",
        "32 | 2026-03-29 22:15:00 | 2026-03-29 23:45:00 | 2026-03-30 | 2026-03-28 | booked held",
        "33 | None | None | None | None | ",
        "34 | 2026-03-03 08:00:00 | None | 2026-03-03 | None | sent",
    ]


def test_a_lead_of_a_list_is_known_by_its_day(lists: Settings) -> None:
    """Without the moment of its creation nobody can say how soon it was answered."""
    assert rows(
        lists, "select lead_source, created_on, response_exclusion, rep_key from marts.fct_leads"
    ) == [
        "Web forms | 2026-03-02 | no moment of creation | crm:Ada",
    ]


def test_a_lead_that_became_a_deal_stays(tmp_path: Path) -> None:
    """Pipedrive deletes it then, so a later export lacks it: it was a lead all the same."""
    first = LISTS["crm/leads-1-2.csv"]
    files = {
        "crm/leads_2026-03-03.csv": first,
        "crm/leads_2026-03-04.csv": first.replace("adf", "cdf"),
    }
    source = {"name": "crm", "system": "pipedrive", "as_of": "*_%Y-%m-%d.*"}
    settings = landed(tmp_path, files, {**CONFIG, "sources": [source]})
    assert [file.state for file in extract(settings).files] == ["applied", "applied"]
    with duckdb.connect() as connection:
        register(settings, connection)
        found = connection.execute("select id, _op from lake.pipedrive__leads order by id")
        assert found.fetchall() == [
            ("adf21080-0e10-11eb-879b-05d71fb426ec", "upsert"),
            ("cdf21080-0e10-11eb-879b-05d71fb426ec", "upsert"),
        ]
