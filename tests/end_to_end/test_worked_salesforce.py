"""What Salesforce's own lists and histories add to its records: a few rows, and answers by hand.

The company lives in UTC, as of the end of 2026-03-31. Deals come as a report, which says neither
whether one is closed nor how probable it is; leads as the API gives them.
"""

import pytest

from pipelines.settings import Settings
from tests.worked_company import ask, built, landed

DEALS = """\
Opportunity ID,Opportunity Name,Account Name,Stage,Amount,Close Date,Created Date
0065g0000000001,Won,Acme,Signed,1000.00,2026-03-10,2026-02-01
0065g0000000002,Lost,Acme,Walked Away,500.00,2026-03-11,2026-02-01
0065g0000000003,Open,Acme,Trial (new name),300.00,2026-05-01,2026-02-01
"""
STAGES = """\
ApiName,MasterLabel,DefaultProbability,ForecastCategory,IsActive,IsClosed,IsWon,SortOrder
Signed,Signed,100,Closed,true,true,true,3
Walked Away,Walked Away,0,Omitted,true,true,false,4
Trial,Trial (new name),40,Pipeline,true,false,false,2
"""
ROLES = """\
Id,OpportunityId,ContactId,Role,IsPrimary,IsDeleted
00K5g0000000001,0065g0000000003,0035g0000000001,,false,false
00K5g0000000002,0065g0000000003,0035g0000000002,Decision Maker,true,false
00K5g0000000003,0065g0000000001,0035g0000000001,,true,true
"""
CONTACTS = """\
Id,AccountId,Name,Email,CreatedDate,LastModifiedDate,IsDeleted
0035g0000000002,,Ann Able,ann@acme.example,2026-01-10T09:00:00.000Z,2026-01-10T09:00:00.000Z,false
0035g0000000001,,Ben Bold,ben@acme.example,2026-01-10T09:00:00.000Z,2026-01-10T09:00:00.000Z,false
"""
CREATED = "2026-01-15T09:00:00.000Z"
LEADS = f"""\
Id,Name,Email,Status,IsConverted,CreatedDate,LastModifiedDate,IsDeleted
00Q5g0000000001,Ann Able,ann@acme.example,Hot,false,{CREATED},{CREATED},false
00Q5g0000000002,Ben Bold,ben@acme.example,Won Over,,{CREATED},{CREATED},false
00Q5g0000000003,Cat Cole,cat@acme.example,Passed On,,{CREATED},{CREATED},false
00Q5g0000000004,Dora Dale,dora@acme.example,Passed On,false,{CREATED},{CREATED},false
00Q5g0000000005,Eve East,eve@acme.example,Sleeping,false,{CREATED},{CREATED},false
"""
STATUSES = """\
ApiName,MasterLabel,IsConverted,IsDefault,SortOrder
Hot,Hot,false,false,2
Won Over,Won over,true,false,3
Passed On,Passed on,true,false,4
Sleeping,Sleeping,false,true,1
"""
HISTORY = """\
Id,LeadId,Field,OldValue,NewValue,CreatedDate,IsDeleted
0175g0000000001,00Q5g0000000001,created,,,2026-01-15T09:00:00.000Z,false
0175g0000000002,00Q5g0000000001,Status,Sleeping,Hot,2026-02-03T09:00:00.000Z,false
0175g0000000003,00Q5g0000000001,Status,Hot,Sleeping,2026-02-04T09:00:00.000Z,false
0175g0000000004,00Q5g0000000001,Status,Sleeping,Hot,2026-02-05T09:00:00.000Z,false
0175g0000000005,00Q5g0000000005,Status,Sleeping,Hot,2026-02-06T09:00:00.000Z,true
0175g0000000006,00Q5g0000000005,Rating,Hot,Hot,2026-02-06T09:00:00.000Z,false
"""
FILES = {
    "crm/report.csv": DEALS,
    "crm/OpportunityStage.csv": STAGES,
    "crm/OpportunityContactRole.csv": ROLES,
    "crm/Contact.csv": CONTACTS,
    "crm/Lead.csv": LEADS,
    "crm/LeadStatus.csv": STATUSES,
    "crm/LeadHistory.csv": HISTORY,
}
CONFIG = {
    "company": {"name": "Tiny", "currency": "EUR", "timezone": "UTC"},
    "sources": [
        {
            "name": "crm",
            "system": "salesforce",
            "as_of": "2026-03-31",
            "objects": {
                "opportunity": {
                    "stages": {"Trial (new name)": "open", "Signed": "won", "Walked Away": "lost"}
                },
                "lead": {"meanings": {"status": {"Hot": "qualified", "Passed On": "disqualified"}}},
            },
        }
    ],
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company, built and checked."""
    return built(landed(tmp_path_factory.mktemp("salesforce"), FILES, CONFIG))


def test_the_list_of_stages_says_what_a_report_does_not(company: Settings) -> None:
    """A report has the label of a stage. Without the list no deal would be known as closed, so the
    close dates of the first two would be expected ones."""
    assert ask(
        company,
        "select substr(opportunity_id, 15, 1), stage, outcome, cast(closed_on as varchar), "
        "cast(expected_close_on as varchar) from marts.fct_opportunities order by opportunity_id",
    ) == [
        ("1", "Signed", "won", "2026-03-10", None),
        ("2", "Walked Away", "lost", "2026-03-11", None),
        ("3", "Trial (new name)", "open", None, "2026-05-01"),
    ]


def test_a_status_that_the_config_is_silent_about_is_converted_if_the_tool_says_so(
    company: Settings,
) -> None:
    """Passed On converts too, but the config says that it does not count. Of Sleeping nobody says
    anything, so it is listed."""
    assert ask(
        company,
        "select substr(lead_id, 15, 1), status_meaning from marts.fct_leads order by lead_id",
    ) == [
        ("1", "qualified"),
        ("2", "converted"),
        ("3", "disqualified"),
        ("4", "disqualified"),
        ("5", None),
    ]
    assert ask(
        company,
        "select found_value from quality.unmapped_values where column_name = 'status'",
    ) == [("Sleeping",)]


def test_a_lead_is_qualified_when_its_status_first_says_so(company: Settings) -> None:
    """Ann was twice. Eve's change is in the recycle bin, and her rating is no status."""
    assert ask(
        company,
        "select substr(lead_id, 15, 1), cast(qualified_on as varchar) from marts.fct_leads "
        "where qualified_on is not null",
    ) == [("1", "2026-02-03")]


def test_a_deal_is_with_its_primary_contact(company: Settings) -> None:
    """The open deal is Ann's, so it is what her lead led to; Ben is one of several there, and the
    deal that was his is so no longer."""
    assert ask(
        company,
        "select substr(lead_id, 15, 1), cast(opportunity_on as varchar) from marts.fct_leads "
        "where opportunity_on is not null",
    ) == [("1", "2026-02-01")]
