"""HubSpot alone, a few records of each object: what the marts say, worked out by hand.

The company lives in Chicago, as of 2026-11-30. Deal 9001 absorbed 9002; 9003 was lost after it had
been in three stages, as its history tells; 9004 tells only when it entered its last ones.
"""

import json

import pytest

from pipelines.settings import Settings
from tests.worked_company import ask, built, landed

AS_OF = "2026-11-30T00:00:00Z"


def _answer(*records: dict[str, object]) -> str:
    """The API's answer: each record's id apart from its properties."""
    results = [
        {"id": one.pop("id"), "properties": one, "updatedAt": AS_OF, "archived": False}
        for one in (dict(record) for record in records)
    ]
    return json.dumps({"results": results})


DEALS = (
    {
        "id": "9001",
        "dealname": "Survivor",
        "amount": "1000",
        "dealstage": "closedwon",
        "closedate": "2026-11-02T04:30:00Z",  # the evening of November 1 in Chicago
        "createdate": "2026-10-01T15:00:00Z",
        "hubspot_owner_id": "77",
        "hs_is_closed": "true",
        "hs_is_closed_won": "true",
        "hs_merged_object_ids": "9002",
        "associatedcompanyid": "5001",
        "dealtype": "newbusiness",
    },
    {
        "id": "9003",
        "dealname": "Lost",
        "amount": "500",
        "dealstage": "77001",
        "closedate": "2026-11-10T18:00:00Z",
        "createdate": "2026-10-01T15:00:00Z",
        "hubspot_owner_id": "77",
        "hs_is_closed": "true",
        "hs_is_closed_won": "false",
        "associatedcompanyid": "5001",
    },
    {
        "id": "9004",
        "dealname": "Open",
        "amount": "300",
        "dealstage": "qualifiedtobuy",
        "closedate": "2026-12-20T18:00:00Z",
        "createdate": "2026-10-01T15:00:00Z",
        "hubspot_owner_id": "77",
        "hs_is_closed": "false",
        "hs_v2_date_entered_appointmentscheduled": "2026-10-01T15:00:00Z",
        "hs_v2_date_entered_qualifiedtobuy": "2026-10-08T15:00:00Z",
        "hs_deal_stage_probability": "0.4",
    },
)
OLD = {
    "id": "9002",
    "dealname": "Absorbed",
    "amount": "900",
    "dealstage": "qualifiedtobuy",
    "createdate": "2026-10-02T15:00:00Z",
}
FILES = {
    "hub/deals_1.json": _answer(OLD).replace(AS_OF, "2026-10-31T00:00:00Z"),
    "hub/deals_2.json": _answer(*DEALS),
    "hub/deal_history.csv": """\
deal_id,property,value,timestamp
9003,dealstage,appointmentscheduled,2026-10-01T15:00:00Z
9003,dealstage,qualifiedtobuy,2026-10-05T15:00:00Z
9003,dealstage,qualifiedtobuy,2026-10-06T15:00:00Z
9003,dealstage,77001,2026-11-10T18:00:00Z
9003,amount,400,2026-10-01T15:00:00Z
9003,amount,500,2026-10-20T15:00:00Z
""",
    "hub/stages.csv": """\
stage_id,label,pipeline_id,pipeline_label,probability,is_closed
appointmentscheduled,Appointment Scheduled,default,Sales,0.2,false
qualifiedtobuy,Qualified To Buy,default,Sales,0.4,false
closedwon,Closed Won,default,Sales,1,true
77001,Gone Quiet,default,Sales,0,true
""",
    "hub/companies.json": _answer({"id": "5001", "name": "Acme", "domain": "acme.example"}),
    "hub/contacts.json": _answer(
        {
            "id": "7001",
            "firstname": "Ann",
            "lastname": "Able",
            "email": "ann@acme.example",
            "lifecyclestage": "customer",
            "createdate": "2026-10-01T14:00:00Z",
            "hs_v2_date_entered_lead": "2026-10-01T14:00:00Z",
            "hs_v2_date_entered_salesqualifiedlead": "2026-10-03T14:00:00Z",
            "hs_analytics_source": "PAID_SEARCH",
            "hubspot_owner_id": "77",
        },
        {
            "id": "7002",
            "firstname": "Sue",
            "email": "sue@acme.example",
            "lifecyclestage": "subscriber",
            "createdate": "2026-10-01T14:00:00Z",
        },
    ),
    "hub/owners.json": json.dumps(
        {
            "results": [
                {
                    "id": "77",
                    "userId": 4711,
                    "email": "ada@own.example",
                    "firstName": "Ada",
                    "lastName": "Ames",
                    "type": "PERSON",
                    "teams": [{"id": "1", "name": "North", "primary": True}],
                    "archived": False,
                    "updatedAt": AS_OF,
                }
            ]
        }
    ),
    "hub/calls.json": _answer(
        {
            "id": "801",
            "hs_timestamp": "2026-10-01T14:30:00Z",
            "hs_call_duration": "90000",
            "hs_call_direction": "OUTBOUND",
            "hs_call_disposition": "f240bbac-87c9-4f6e-bf70-924b57d47db7",
            "hubspot_owner_id": "77",
            "contact_id": "7001",
        }
    ),
    "hub/emails.json": _answer(
        {
            "id": "811",
            "hs_timestamp": "2026-10-02T14:30:00Z",
            "hs_email_direction": "INCOMING_EMAIL",
            "hubspot_owner_id": "77",
            "contact_id": "7001;7002",
        },
        {
            "id": "812",
            "hs_timestamp": "2026-10-02T15:30:00Z",
            "hs_email_direction": "EMAIL",
            "hs_email_status": "BOUNCED",
            "hubspot_owner_id": "77",
            "contact_id": "7001",
        },
    ),
    "hub/meetings.json": _answer(
        {
            "id": "821",
            "hs_meeting_start_time": "2026-10-07T14:00:00Z",
            "hs_meeting_end_time": "2026-10-07T14:30:00Z",
            "hs_meeting_outcome": "COMPLETED",
            "hs_createdate": "2026-10-03T14:00:00Z",
            "hs_created_by_user_id": "4711",
            "hubspot_owner_id": "77",
            "contact_id": "7001",
        },
        {
            "id": "822",
            "hs_meeting_start_time": "2026-10-08T14:00:00Z",
            "hs_meeting_outcome": "CANCELED",
            "hs_createdate": "2026-10-03T14:00:00Z",
            "hubspot_owner_id": "77",
            "contact_id": "7001",
        },
        *(
            {
                "id": meeting,
                "hs_meeting_start_time": start,
                "hs_meeting_outcome": outcome,
                "hs_createdate": "2026-10-03T14:00:00Z",
                "hubspot_owner_id": "77",
                "contact_id": "7001",
            }
            for meeting, start, outcome in (
                ("823", "2026-10-09T14:00:00Z", "NO_SHOW"),
                ("824", "2026-10-12T14:00:00Z", "SCHEDULED"),
                ("825", "2026-10-13T14:00:00Z", None),
                ("826", "2026-10-14T14:00:00Z", "Postponed"),
                ("827", "2026-10-15T14:00:00Z", "RESCHEDULED"),
                ("828", "2026-12-15T14:00:00Z", None),
            )
        ),
    ),
}
CONFIG = {
    "company": {"name": "Tiny", "currency": "USD", "timezone": "America/Chicago"},
    "sources": [
        {
            "name": "hub",
            "system": "hubspot",
            "objects": {
                "deals": {
                    "mode": "incremental",
                    "stages": {
                        "Appointment Scheduled": "open",
                        "Qualified To Buy": "open",
                        "Closed Won": "won",
                        "Gone Quiet": "lost",
                    },
                }
            },
        }
    ],
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company, built once."""
    return built(landed(tmp_path_factory.mktemp("hubspot"), FILES, CONFIG))


def test_deals_have_labels_for_stages_and_days_of_the_company(company: Settings) -> None:
    assert ask(
        company,
        "select opportunity_id, stage, outcome, cast(amount as varchar), "
        "cast(closed_on as varchar) from marts.fct_opportunities where not is_merged "
        "order by opportunity_id",
    ) == [
        ("9001", "Closed Won", "won", "1000.00", "2026-11-01"),
        ("9003", "Gone Quiet", "lost", "500.00", "2026-11-10"),
        ("9004", "Qualified To Buy", "open", "300.00", None),
    ]


def test_a_deal_that_was_absorbed_is_its_survivor(company: Settings) -> None:
    assert ask(
        company,
        "select opportunity_id, stage, cast(amount as varchar) "
        "from marts.fct_opportunities where is_merged",
    ) == [("9002", "Qualified To Buy", "900.00")]
    assert ask(
        company,
        "select sum(value) from kpis.kpi_values "
        "where kpi = 'open_pipeline' and scope = 'company' and grain = 'month' "
        "and period_start = date '2026-11-01'",
    ) == [(300.0,)]


def test_stages_are_entered_as_the_history_tells_else_as_the_deal_does(company: Settings) -> None:
    assert ask(
        company,
        "select opportunities.opportunity_id, visits.stage, cast(visits.entered_at as varchar) "
        "from marts.fct_stage_visits as visits "
        "inner join marts.fct_opportunities as opportunities using (opportunity_key) "
        "where opportunities.opportunity_id in ('9003', '9004') order by all",
    ) == [
        ("9003", "Appointment Scheduled", "2026-10-01 15:00:00"),
        ("9003", "Qualified To Buy", "2026-10-05 15:00:00"),
        ("9004", "Appointment Scheduled", "2026-10-01 15:00:00"),
        ("9004", "Qualified To Buy", "2026-10-08 15:00:00"),
    ]


def test_a_contact_that_was_a_lead_is_one_and_a_subscriber_is_none(company: Settings) -> None:
    assert ask(
        company,
        "select lead_id, cast(created_at as varchar), cast(qualified_on as varchar) "
        "from marts.fct_leads order by lead_id",
    ) == [("7001", "2026-10-01 14:00:00", "2026-10-03")]


def test_touches_are_calls_mails_and_meetings_with_their_moment(company: Settings) -> None:
    assert ask(
        company,
        "select activity_key, kind, direction, cast(occurred_at as varchar) "
        "from marts.fct_activities where occurred_at < timestamp '2026-10-08' "
        "order by activity_key",
    ) == [
        ("hub:call/801", "call", "outbound", "2026-10-01 14:30:00"),
        ("hub:email/811", "email", "inbound", "2026-10-02 14:30:00"),
        ("hub:meeting/821", "meeting", "outbound", "2026-10-07 14:00:00"),
    ]


def test_a_meeting_is_held_by_its_outcome_and_presumed_held_without(company: Settings) -> None:
    """822 was called off, to 823 nobody came, 824 is past and nobody said what came of it, 826 has
    a word of the company's own, 827 was moved. 825 is past and says nothing, 828 is to come."""
    assert ask(
        company,
        "select right(activity_key, 3), meeting_outcome_meaning, is_meeting_booked, "
        "is_meeting_held, is_meeting_no_show from marts.fct_activities where kind = 'meeting' "
        "order by activity_key",
    ) == [
        ("821", "held", True, True, False),
        ("822", "cancelled", True, False, False),
        ("823", "no_show", True, False, True),
        ("824", "scheduled", True, False, False),
        ("825", None, True, True, False),
        ("826", None, True, False, False),
        ("827", "rescheduled", True, False, False),
        ("828", None, True, False, False),
    ]
    assert ask(
        company,
        "select object, found_value, row_count from quality.unmapped_values "
        "where column_name = 'meeting_outcome'",
    ) == [("activities", "Postponed", 1)]
    assert ask(
        company,
        "select code, row_count from quality.value_notes "
        "where kpi = 'meetings_held' and period_start = date '2026-10-01'",
    ) == [("presumed_held", 1)]


def test_an_owner_is_in_the_primary_team(company: Settings) -> None:
    assert ask(company, "select distinct rep_name, team from marts.dim_reps") == [
        ("Ada Ames", "North")
    ]
