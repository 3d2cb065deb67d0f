"""What Salesforce's own lists and histories add to its records: a few rows, and answers by hand.

The company lives in UTC, as of the end of 2026-03-31. Deals come as a report, which says neither
whether one is closed nor how probable it is; leads and campaigns as the API gives them. A file of
fairs by the headers of the template has no members.
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
CAMPAIGNS = f"""\
Id,Name,Type,Status,StartDate,EndDate,ParentId,BudgetedCost,ActualCost,CurrencyIsoCode,IsActive,CreatedDate,IsDeleted
7015g0000000001,Spring,Other,Running,2026-02-01,2026-06-30,,10000.00,2500.50,EUR,true,{CREATED},false
7015g0000000002,Webinar,Webinar,Completed,2026-02-20,2026-02-20,7015g0000000001,1000.00,500.00,USD,true,{CREATED},false
7015g0000000003,Webinar,Webinar,Planned,2027-05-10,,7015g0000000004,800.00,,GBP,false,{CREATED},false
7015g0000000004,Autumn,,Aborted,,,,,,EUR,false,{CREATED},true
7015g0000000005,Late,,Planned,,,7015g0000000001,100.00,,USD,false,{CREATED},false
"""
MEMBERS = """\
Id,CampaignId,LeadId,ContactId,Status,HasResponded,FirstRespondedDate,IsDeleted
00v5g0000000001,7015g0000000002,00Q5g0000000001,,Sent,false,,false
00v5g0000000002,7015g0000000002,,0035g0000000002,Attended,true,2026-02-20,false
00v5g0000000003,7015g0000000002,,0035g0000000001,Attended,true,2026-02-20,true
00v5g0000000004,7015g0000000001,00Q5g0000000002,,Sent,false,,false
00v5g0000000005,7015g0000000001,00Q5g0000000003,,Clicked,true,2026-02-03,false
00v5g0000000006,7015g0000000001,00Q5g0000000004,,Sent,false,,false
"""
RATES = """\
Id,IsoCode,StartDate,ConversionRate
04w5g0000000001,USD,2026-01-01,2
04w5g0000000002,USD,2026-02-10,1.25
"""
FAIRS = """\
campaign_id,campaign_name,started_on,cost
F1,Fair,2026-03-01,99.90
"""
FILES = {
    "crm/report.csv": DEALS,
    "crm/OpportunityStage.csv": STAGES,
    "crm/OpportunityContactRole.csv": ROLES,
    "crm/Contact.csv": CONTACTS,
    "crm/Lead.csv": LEADS,
    "crm/LeadStatus.csv": STATUSES,
    "crm/LeadHistory.csv": HISTORY,
    "crm/Campaign.csv": CAMPAIGNS,
    "crm/CampaignMember.csv": MEMBERS,
    "crm/DatedConversionRate.csv": RATES,
    "fairs/campaigns.csv": FAIRS,
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
        },
        {
            "name": "fairs",
            "system": "mapped",
            "as_of": "2026-03-31",
            "objects": {"campaigns": {}},
        },
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


def test_a_campaign_has_its_parent_and_those_who_are_still_its_members(company: Settings) -> None:
    """Autumn is in the recycle bin, so it is not here and the parent of none. A third attendant of
    the webinar was deleted. Of fairs nobody says who was there."""
    assert ask(
        company,
        "select substr(campaign_id, 15, 1), campaign_name, status, "
        "substr(parent_campaign_key, 19, 1), member_count, responded_count "
        "from marts.dim_campaigns order by source, campaign_id",
    ) == [
        ("1", "Spring", "Running", None, 3, 1),
        ("2", "Webinar", "Completed", "1", 2, 1),
        ("3", "Webinar", "Planned", None, 0, 0),
        ("5", "Late", "Planned", "1", 0, 0),
        ("", "Fair", "(none)", None, None, None),
    ]


def test_a_campaign_costs_what_it_cost_at_the_rate_of_its_first_day(company: Settings) -> None:
    """The webinar: 500 ÷ 1.25, of 1000 ÷ 1.25. Of pounds no rate is known. Late has no first day:
    its record was made while a euro cost two dollars."""
    assert ask(
        company,
        "select campaign_name, source_currency, cast(source_cost_amount as varchar), "
        "cast(cost_amount as varchar), cast(budgeted_cost_amount as varchar), is_converted "
        "from marts.dim_campaigns order by source, campaign_id",
    ) == [
        ("Spring", "EUR", "2500.50", "2500.50", "10000.00", True),
        ("Webinar", "USD", "500.00", "400.00", "800.00", True),
        ("Webinar", "GBP", None, None, None, False),
        ("Late", "USD", None, None, "50.00", True),
        ("Fair", "EUR", "99.90", "99.90", None, True),
    ]


def test_campaigns_that_share_a_name_are_told_apart(company: Settings) -> None:
    """Both are of one source, so the source's name would not do."""
    assert ask(
        company,
        "select campaign, campaign = campaign_name || ' (' || campaign_key || ')' "
        "from marts.dim_campaigns where campaign_name in ('Webinar', 'Fair') "
        "and campaign <> campaign_name order by campaign_key",
    ) == [
        ("Webinar (crm:7015g0000000002AAA)", True),
        ("Webinar (crm:7015g0000000003AAA)", True),
    ]
