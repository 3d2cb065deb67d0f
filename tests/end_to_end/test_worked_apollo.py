"""What Apollo tells beside a CRM, and alone: a company of a few rows, and the answers by hand.

Apollo's file says who there is and where to reach them. It has no time of any mail, so it makes no
touch: what it counts must not turn into one.
"""

from pathlib import Path

import pytest

from pipelines.settings import Settings
from tests.nights import build_night
from tests.worked_company import ask, built, landed

CONTACTS = """\
First Name,Last Name,Email,Email Status,Email Sent,Replied,Apollo Contact Id,Secondary Email
Ann,Able,Ann@Acme.example,Verified,true,true,65f1c0aa01,
Ben,Bold,,Unavailable,true,false,65f1c0aa02,ben@acme.example
Cat,Cole,cat@twin.example,Guessed,false,false,65f1c0aa03,
"""
LEADS = """\
Id,Name,Email,Status,CreatedDate
00Q5g00000AbCdEEAV,Ann Able,ann@acme.example,Open - Not Contacted,2026-01-05T09:00:00Z
00Q5g00000AbCdFEAV,Benjamin Bold,ben@acme.example,Open - Not Contacted,2026-01-05T09:00:00Z
"""
COMPANY = {"name": "Tiny", "currency": "EUR", "timezone": "UTC"}
APOLLO = {"name": "apollo", "system": "apollo", "as_of": "2026-03-31"}
CRM = {"name": "crm", "system": "salesforce", "as_of": "2026-03-31"}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company with both tools, built and checked."""
    files = {"apollo/apollo-contacts-export.csv": CONTACTS, "crm/Lead.csv": LEADS}
    config = {"company": COMPANY, "sources": [APOLLO, CRM]}
    return built(landed(tmp_path_factory.mktemp("apollo"), files, config))


def test_a_contact_is_the_lead_with_its_address(company: Settings) -> None:
    """Ann by her first address, in other capitals; Ben by his second, for he has no first one; Cat
    is in Apollo alone."""
    assert ask(
        company,
        "select record_key, person_key from intermediate.int_people "
        "where record_key like 'apollo:%' order by record_key",
    ) == [
        ("apollo:contact/65f1c0aa01", "crm:lead/00Q5g00000AbCdEEAV"),
        ("apollo:contact/65f1c0aa02", "crm:lead/00Q5g00000AbCdFEAV"),
        ("apollo:contact/65f1c0aa03", "apollo:contact/65f1c0aa03"),
    ]
    assert ask(company, "select lead_id from marts.fct_leads order by lead_id") == [
        ("00Q5g00000AbCdEEAV",),
        ("00Q5g00000AbCdFEAV",),
    ]


def test_what_apollo_counts_is_no_touch(company: Settings) -> None:
    """Two mails were sent and one was answered, some time: nothing says when."""
    assert ask(company, "select count(*) from marts.fct_activities") == [(0,)]
    assert ask(company, "select count(*) from marts.fct_sequence_enrolments") == [(0,)]
    assert ask(
        company,
        "select kpi from kpis.kpi_catalog where not is_available "
        "and kpi in ('calls_made', 'emails_sent', 'leads_created', 'reply_rate') order by kpi",
    ) == [("calls_made",), ("emails_sent",), ("reply_rate",)]


def test_apollo_alone_builds_and_is_not_published(tmp_path: Path) -> None:
    """It knows people, and no KPI is about these: a mart without a value would be of no use."""
    files = {"apollo/apollo-contacts-export.csv": CONTACTS}
    settings = landed(tmp_path, files, {"company": COMPANY, "sources": [APOLLO]})
    assert settings.systems == ("mapped", "apollo")
    blocking = [(one.check, one.table) for one in build_night(settings) if one.blocks]
    assert blocking == [("row_count", "kpis.kpi_statistics")]
    assert ask(settings, "select count(*) from intermediate.int_people") == [(3,)]
