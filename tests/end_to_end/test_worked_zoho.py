"""Zoho CRM alone, once from its API and once from a backup and views, and the answers by hand.

Both companies live in Vienna, as of the end of 2026-03-31; the API's times are those of a user in
India. Each test says why the answer is what it is.
"""

import json

import pytest

from pipelines.settings import Settings
from tests.worked_company import ask, built, landed

CONFIG = {
    "company": {"name": "Tiny", "currency": "EUR", "timezone": "Europe/Vienna"},
    "sources": [{"name": "crm", "system": "zoho", "as_of": "2026-03-31"}],
}
ADA, BOB = {"name": "Ada", "id": "901"}, {"name": "Bob", "id": "902"}
ANN = {"name": "Ann Able", "id": "301"}
DEALS = {number: {"name": f"Deal {number}", "id": number} for number in ("101", "102", "103")}


def answer(*records: dict[str, object]) -> str:
    """A module's records as the API answers them."""
    return json.dumps({"data": records, "info": {"count": len(records), "more_records": False}})


def deal(number: str, **changed: object) -> dict[str, object]:
    """An open deal of Ada's with Ann of Acme, created on February 2 in India."""
    return {
        "id": number,
        "Deal_Name": f"Deal {number}",
        "Owner": ADA,
        "Account_Name": {"name": "Acme", "id": "201"},
        "Contact_Name": ANN,
        "Stage": "Needs Analysis",
        "Amount": 1200.5,
        "Currency": "EUR",
        "Probability": 20,
        "Closing_Date": "2026-04-30",
        "Type": "New Business",
        "Lead_Source": None,
        "Reason_For_Loss__s": None,
        "Created_Time": "2026-02-02T04:00:00+05:30",
        "Modified_Time": "2026-03-01T14:30:00+05:30",
    } | changed


def stage(number: str, of: str, name: str, at: str, **changed: object) -> dict[str, object]:
    """A deal came into a stage."""
    return {
        "id": number,
        "Potential_Name": DEALS[of],
        "Stage": name,
        "Moved_To__s": None,
        "Amount": 1200.5,
        "Closing_Date": "2026-04-30",
        "Modified_Time": at,
    } | changed


def lead(number: str, **changed: object) -> dict[str, object]:
    """An inbound lead of Ada's that Bob entered, of March 2 at eight (UTC)."""
    return {
        "id": number,
        "Full_Name": "Ann Able",
        "Email": "ann@acme.example",
        "Lead_Status": "Contacted",
        "Lead_Source": "Web Download",
        "Owner": ADA,
        "Created_By": BOB,
        "$converted": False,
        "Converted_Date_Time": None,
        "Converted_Deal": None,
        "Created_Time": "2026-03-02T13:30:00+05:30",
        "Modified_Time": "2026-03-02T13:30:00+05:30",
    } | changed


def call(number: str, **changed: object) -> dict[str, object]:
    """A call of Ada's with Ann, of March 2 at half past eight (UTC), which took 195 seconds."""
    return {
        "id": number,
        "Call_Type": "Outbound",
        "Outgoing_Call_Status": "Completed",
        "Call_Result": "Interested",
        "Call_Start_Time": "2026-03-02T14:00:00+05:30",
        "Call_Duration": "03:15",
        "Call_Duration_in_seconds": 195,
        "Who_Id": ANN,
        "What_Id": None,
        "$se_module": None,
        "Owner": ADA,
        "Modified_Time": "2026-03-02T14:10:00+05:30",
    } | changed


def meeting(number: str, **changed: object) -> dict[str, object]:
    """A meeting of Ada's with Ann that Bob booked, from 23:00 in Vienna on March 3."""
    return {
        "id": number,
        "Event_Title": "Demo",
        "Start_DateTime": "2026-03-04T03:30:00+05:30",
        "End_DateTime": "2026-03-04T04:30:00+05:30",
        "Who_Id": ANN,
        "What_Id": None,
        "$se_module": None,
        "Owner": ADA,
        "Created_By": BOB,
        "Created_Time": "2026-03-01T09:00:00+05:30",
        "Modified_Time": "2026-03-01T09:00:00+05:30",
    } | changed


API = {
    "crm/users.json": json.dumps(
        {
            "users": [
                {
                    "id": "901",
                    "full_name": "Ada",
                    "email": "ada@own.example",
                    "role": {"name": "Account Executive", "id": "1"},
                    "Reporting_To": BOB,
                    "time_zone": "Europe/Vienna",
                    "status": "active",
                },
                {
                    "id": "902",
                    "full_name": "Bob",
                    "email": "bob@own.example",
                    "role": {"name": "Manager", "id": "2"},
                    "Reporting_To": None,
                    "time_zone": "Asia/Kolkata",
                    "status": "active",
                },
            ],
            "info": {"count": 2},
        }
    ),
    "crm/Accounts.json": answer(
        {
            "id": "201",
            "Account_Name": "Acme",
            "Website": "https://www.acme.example/at",
            "Industry": "-None-",
            "Billing_Country": "Austria",
            "Parent_Account": None,
            "Created_Time": "2026-01-01T04:00:00+05:30",
        }
    ),
    "crm/Contacts.json": answer(
        {
            "id": "301",
            "Full_Name": "Ann Able",
            "Email": "ann@acme.example",
            "Account_Name": {"name": "Acme", "id": "201"},
            "Owner": ADA,
            "Created_Time": "2026-01-01T04:00:00+05:30",
        }
    ),
    "crm/Deals.json": answer(
        deal("101"),
        deal("102", Stage="Closed Won", Amount=500, Closing_Date="2026-02-20", Owner=BOB),
        deal(
            "103",
            Stage="Closed-Lost to Competition",
            Closing_Date="2026-02-25",
            Reason_For_Loss__s="Price",
        ),
    ),
    "crm/Stage_History.json": answer(
        stage("501", "101", "Qualification", "2026-02-02T04:00:00+05:30", Amount=1000),
        stage("502", "101", "Needs Analysis", "2026-02-10T14:30:00+05:30"),
        stage("503", "102", "Qualification", "2026-02-02T04:00:00+05:30", Amount=500),
        stage("504", "102", "Closed Won", "2026-02-20T04:00:00+05:30", Amount=500),
    ),
    "crm/Leads.json": answer(
        lead(
            "401",
            **{"$converted": True},
            Converted_Date_Time="2026-03-10T04:00:00+05:30",
            Converted_Deal=DEALS["101"],
        ),
        lead("402", Full_Name="Ben Bold", Email="ben@bolt.example", Lead_Status="Junk Lead"),
        lead("403", Full_Name="Cat Cole", Email="cat@cole.example", Lead_Source="-None-"),
    ),
    "crm/Calls.json": answer(
        call("601"),
        call("602", Outgoing_Call_Status="Scheduled", Call_Result=None),
        call("603", Call_Type="Missed", Outgoing_Call_Status=None, Call_Result=None),
        call(
            "604",
            Who_Id=None,
            What_Id={"name": "Cat Cole", "id": "403"},
            Call_Result="No response/busy",
            **{"$se_module": "Leads"},
        ),
        call("605", Who_Id=None, What_Id=DEALS["101"], **{"$se_module": "Deals"}),
    ),
    "crm/Events.json": answer(
        meeting("701"),
        meeting("702", Who_Id=None),
        meeting("703", Start_DateTime="2026-04-04T03:30:00+05:30", End_DateTime=None),
        meeting("704", Who_Id=None, What_Id=DEALS["101"], **{"$se_module": "Deals"}),
    ),
}
LABELS = {
    "crm/Deals_001.csv": """\
Record Id,Deal Owner.id,Deal Owner,Amount,Deal Name,Closing Date,Account Name.id,Account Name,\
Stage,Probability (%),Contact Name.id,Contact Name,Created Time,Modified Time
zcrm_101,zcrm_901,Ada,"1,200.50",Pumps,2026-04-30,zcrm_201,Acme,Qualification,10,zcrm_301,\
Ann Able,2026-02-02 00:30:00,2026-03-01 10:00:00
zcrm_102,zcrm_902,Bob,$342.09K,Valves,2026-02-20,zcrm_201,Acme,Closed Won,100,,,\
2026-01-05 09:30:00,2026-02-20 10:00:00
""",
    "crm/Stage History.csv": """\
Record Id,Potential Name.id,Stage,Modified Time
zcrm_501,zcrm_102,Qualification,2026-01-05 09:30:00
zcrm_502,zcrm_102,Closed Won,2026-02-20 00:15:00
""",
    "crm/Contacts_001.csv": """\
Record Id,First Name,Last Name,Account Name,Email
zcrm_301,Ann,Able,Acme,ann@acme.example
""",
    "crm/Accounts_001.csv": """\
Record Id,Account Name,Billing Country
zcrm_201,Acme,Austria
""",
    "crm/leads.csv": """\
LEADID,Last Name,Company,Lead Owner,Lead Status,Created Time,CONVERTED
401,Able,Acme,Ada,Contacted,"2 Mar, 2026 00:02:00",1
402,Bold,Bolt,Ada,Not Contacted,"3 Mar, 2026 00:02:00",0
""",
    "crm/calls.csv": """\
Record Id,Call Type,Call Start Time,Call Duration (in seconds),Call Result,Call Owner,Contact Name
601,Outbound,"Mar 2, 2026 12:02 AM",195,Requested call back,Ada,Ann Able
""",
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company whose files are answers of the API, built and checked."""
    return built(landed(tmp_path_factory.mktemp("api"), API, CONFIG))


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company whose files are a backup and views, built and checked."""
    return built(landed(tmp_path_factory.mktemp("labels"), LABELS, CONFIG))


def rows(settings: Settings, sql: str) -> list[str]:
    """The answer, a row a line of text."""
    return [" | ".join(map(str, row)) for row in ask(settings, sql)]


def test_a_stage_says_how_a_deal_ended(api: Settings) -> None:
    """Four in the morning of February 2 in India is half past eleven at night of the 1st in Vienna.
    The closing date is when a deal that is over was closed, and when an open one is to be."""
    assert rows(
        api,
        "select opportunity_id, outcome, amount, created_on, closed_on, expected_close_on, "
        "lost_reason, rep_key, account_key from marts.fct_opportunities order by opportunity_id",
    ) == [
        "101 | open | 1200.50 | 2026-02-01 | None | 2026-04-30 | (none) | crm:901 | crm:201",
        "102 | won | 500.00 | 2026-02-01 | 2026-02-20 | None | (none) | crm:902 | crm:201",
        "103 | lost | 1200.50 | 2026-02-01 | 2026-02-25 | None | Price | crm:901 | crm:201",
    ]


def test_the_stage_history_tells_when(api: Settings) -> None:
    """Deal 101 was worth 1000 until it moved on; deal 102 was won at half past eleven at night."""
    assert rows(
        api,
        "select opportunity_key, stage, exit, entered_at, left_at from marts.fct_stage_visits "
        "where opportunity_key in ('crm:101', 'crm:102') and not is_jumped_over "
        "order by opportunity_key, entered_at",
    ) == [
        "crm:101 | Qualification | forward | 2026-02-01 22:30:00 | 2026-02-10 09:00:00",
        "crm:101 | Needs Analysis | open | 2026-02-10 09:00:00 | None",
        "crm:102 | Qualification | won | 2026-02-01 22:30:00 | 2026-02-19 22:30:00",
    ]
    assert rows(
        api,
        "select valid_from_on, source_amount from marts.fct_opportunity_states "
        "where opportunity_key = 'crm:101' order by valid_from_on",
    ) == [
        "2026-02-01 | 1000.00",
        "2026-02-10 | 1200.50",
    ]


def test_calls_that_were_made_are_touches(api: Settings) -> None:
    """602 is planned, 603 was missed and came from outside, 604 was with a lead whom nobody
    reached, 605 is about a deal and with nobody that Zoho names: it was made all the same."""
    assert rows(
        api,
        "select activity_key, direction, occurred_at, person_key is not null, is_call_made, "
        "is_dial_with_disposition, is_connect from marts.fct_activities where kind = 'call' "
        "order by activity_key",
    ) == [
        "crm:601 | outbound | 2026-03-02 08:30:00 | True | True | True | True",
        "crm:602 | outbound | None | True | False | False | False",
        "crm:603 | inbound | 2026-03-02 08:30:00 | True | False | False | False",
        "crm:604 | outbound | 2026-03-02 08:30:00 | True | True | True | False",
        "crm:605 | outbound | 2026-03-02 08:30:00 | False | True | True | True",
    ]


def test_meetings_with_somebody_outside_count(api: Settings) -> None:
    """702 is with nobody, 703 is still to come, 704 is about a deal. Bob booked them all."""
    assert rows(
        api,
        "select right(activity_key, 3), kind, occurred_on, ended_at, is_meeting_booked, "
        "is_meeting_held from marts.fct_activities where kind <> 'call' order by activity_key",
    ) == [
        "701 | meeting | 2026-03-03 | 2026-03-03 23:00:00 | True | True",
        "702 | internal meeting | 2026-03-03 | 2026-03-03 23:00:00 | False | False",
        "703 | meeting | 2026-04-04 | None | True | False",
        "704 | meeting | 2026-03-03 | 2026-03-03 23:00:00 | True | True",
    ]
    assert rows(
        api,
        "select distinct rep_key, booked_by_rep_key from marts.fct_activities where kind <> 'call'",
    ) == ["crm:901 | crm:902"]


def test_a_converted_lead_says_so(api: Settings) -> None:
    """Ann's lead became deal 101; she was called half an hour after she came. Of Cat nothing says
    where she came from, so nothing of the kind is listed as unmapped."""
    assert rows(
        api,
        "select lead_id, status_meaning, lead_source, converted_on, opportunity_key, "
        "response_minutes from marts.fct_leads order by lead_id",
    ) == [
        "401 | converted | Web Download | 2026-03-09 | crm:101 | 30.0",
        "402 | spam | Web Download | None | None | None",
        "403 | working | (none) | None | None | 30.0",
    ]
    assert not ask(api, "select * from quality.unmapped_values where object = 'leads'")


def test_accounts_and_reps(api: Settings) -> None:
    assert rows(
        api, "select account_key, account_name, industry, country from marts.dim_accounts"
    ) == [
        "crm:201 | Acme | (none) | Austria",
    ]
    assert rows(
        api,
        "select rep_key, rep_name, role, manager_name from staging.stg_zoho__users as users "
        "inner join marts.dim_reps as reps using (rep_key, role) order by rep_key",
    ) == [
        "crm:901 | Ada | Account Executive | Bob",
        "crm:902 | Bob | Manager | None",
    ]


def test_a_backup_is_what_the_api_says(labels: Settings) -> None:
    """Its ids are the API's; its times are the company's: half past midnight on February 2."""
    assert rows(
        labels,
        "select opportunity_key, opportunity_id, outcome, amount, created_on, closed_on, "
        "account_key, rep_key from marts.fct_opportunities order by opportunity_key",
    ) == [
        "crm:101 | 101 | open | 1200.50 | 2026-02-02 | None | crm:201 | crm:901",
        "crm:102 | 102 | won | 342090.00 | 2026-01-05 | 2026-02-20 | crm:201 | crm:902",
    ]
    assert rows(
        labels,
        "select stage, exit, left_at from marts.fct_stage_visits "
        "where opportunity_key = 'crm:102' and not is_jumped_over",
    ) == [
        "Qualification | won | 2026-02-19 23:15:00",
    ]


def test_a_view_names_whom_it_means(labels: Settings) -> None:
    """Two past midnight in Vienna is the day before in UTC. A name of one word is one, too."""
    assert rows(
        labels,
        "select activity_key, occurred_at, ended_at, occurred_on, is_connect, rep_key "
        "from marts.fct_activities",
    ) == [
        "crm:601 | 2026-03-01 23:02:00 | 2026-03-01 23:05:15 | 2026-03-02 | True | crm:Ada",
    ]
    assert rows(labels, "select person_id from staging.stg_zoho__activities") == [
        "301",
    ]
    assert rows(labels, "select contact_name, account_id from staging.stg_zoho__contacts") == [
        "Ann Able | 201",
    ]
    assert rows(
        labels,
        "select lead_id, lead_name, status, created_at from staging.stg_zoho__leads order by 1",
    ) == [
        "401 | Able | Converted | 2026-03-01 23:02:00",
        "402 | Bold | Not Contacted | 2026-03-02 23:02:00",
    ]
