"""What Outreach's shared tables and lists tell: a company of a few rows, and the answers by hand.

The tables spell their columns in capitals and keep rows that were deleted. How the sample's files
of the API are read is tested with the sample.
"""

import pytest

from pipelines.settings import Settings
from tests.worked_company import ask, built, landed, value

PROSPECTS = """\
ID,First Name,Last Name,Emails
17,Ann,Able,"ann@acme.example, able@acme.example"
18,Ben,Bold,ben@own.example
"""
USERS = """\
ID,NAME,EMAIL,TITLE,LOCKED,DML_TYPE,DML_AT
3,Ada,ada@own.example,SDR,false,insert,2026-01-01 00:00:00
4,Bob,bob@own.example,SDR,true,delete,2026-01-01 00:00:00
"""
MAILINGS = """\
ID,MAILING_TYPE,DELIVERED_AT,BOUNCED_AT,PROSPECT_ID,USER_ID,TASK_ID,SEQUENCE_STATE_ID,DML_TYPE,DML_AT
501,sequence,2026-02-03 23:30:00.000,,17,3,,701,insert,2026-02-03 15:30:00.000
502,sequence,2026-02-04 08:00:00.000,,17,3,901,701,update,2026-02-04 00:00:00.000
503,single,2026-02-05 08:00:00.000,,17,3,,,delete,2026-02-05 00:00:00.000
504,single,2026-02-05 08:00:00.000,,18,3,,,backfill,2026-02-05 00:00:00.000
"""
CALLS = """\
ID,DIRECTION,OUTCOME,DIALED_AT,CREATED_AT,CALL_DISPOSITION_ID,PROSPECT_ID,USER_ID,DML_TYPE
301,outbound,completed,2026-02-03 10:00:00.000,2026-03-05 16:00:00.000,1,17,3,insert
302,outbound,no_answer,2026-02-04 10:00:00.000,2026-02-04 10:00:20.000,2,17,3,insert
303,outbound,completed,2026-02-05 10:00:00.000,2026-02-05 10:00:20.000,,17,3,insert
"""
SEQUENCES = "ID,NAME,UPDATED_AT,DML_TYPE\n11,Spring,2026-01-01 00:00:00.000,insert\n"
STATES = """\
ID,STATE,CREATED_AT,REPLIED_AT,PROSPECT_ID,SEQUENCE_ID,CREATOR_ID,DML_TYPE
701,finished,2026-02-02 12:00:00.000,2026-02-10 09:00:00.000,17,11,3,update
702,finished,2026-02-02 12:00:00.000,,17,11,3,delete
"""
OPPORTUNITIES = """\
ID,NAME,AMOUNT,CURRENCY_TYPE,CLOSE_DATE,OPPORTUNITY_STAGE_ID,OWNER_ID,DML_TYPE
5,New at Acme,1200.50,EUR,2026-06-30,4,3,insert
"""
FILES = {
    "prospects.csv": PROSPECTS,
    "USERS.csv": USERS,
    "MAILINGS.csv": MAILINGS,
    "CALLS.csv": CALLS,
    "sequences.csv": SEQUENCES,
    "SEQUENCE_STATES.csv": STATES,
    "OPPORTUNITIES.csv": OPPORTUNITIES,
}
CONFIG = {
    "company": {
        "name": "Tiny",
        "currency": "EUR",
        "timezone": "UTC",
        "mail_domains": ["own.example"],
    },
    "sources": [{"name": "tool", "system": "outreach", "as_of": "2026-03-31"}],
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company, built and checked."""
    files = {f"tool/{name}": text for name, text in FILES.items()}
    return built(landed(tmp_path_factory.mktemp("outreach"), files, CONFIG))


def test_a_row_that_was_deleted_in_a_shared_table_is_none(company: Settings) -> None:
    """Mail 503, enrolment 702 and Bob were deleted. 504 went to one's own people: the first address
    of Ben's list says so. A time without a zone is UTC, whatever the server's clock says."""
    assert ask(
        company,
        "select activity_key, is_mail_sent, is_automated_mail, cast(occurred_on as varchar) "
        "from marts.fct_activities where kind = 'email' order by activity_key",
    ) == [
        ("tool:mailing/501", True, True, "2026-02-03"),
        ("tool:mailing/502", True, False, "2026-02-04"),
        ("tool:mailing/504", False, False, "2026-02-05"),
    ]
    assert ask(
        company, "select enrolment_key, mail_count, is_replied from marts.fct_sequence_enrolments"
    ) == [("tool:701", 2, True)]
    assert ask(company, "select rep_key, is_deleted from marts.dim_reps order by rep_key") == [
        ("tool:3", False),
        ("tool:4", True),
    ]


def test_a_call_is_of_the_day_on_which_it_was_dialled(company: Settings) -> None:
    """301 was written down a month later."""
    assert value(company, "calls_made", "2026-02-01")[0] == 3
    assert value(company, "calls_made", "2026-03-01")[0] == 0


def test_without_the_dispositions_the_call_says_how_it_ended(company: Settings) -> None:
    """301 reached Ann and 302 did not. Of 303 nobody chose how it ended: it is not in the rate,
    whatever the telephone thinks."""
    assert value(company, "connect_rate", "2026-02-01")[:3] == (0.5, 1, 2)


def test_copies_of_deals_are_no_deals(company: Settings) -> None:
    assert ask(company, "select count(*) from lake.outreach__opportunities") == [(1,)]
    assert ask(company, "select count(*) from marts.fct_opportunities") == [(0,)]


def test_a_name_in_two_columns_is_one(company: Settings) -> None:
    assert ask(
        company,
        "select contact_name, email from staging.stg_outreach__contacts order by contact_id",
    ) == [("Ann Able", "ann@acme.example"), ("Ben Bold", "ben@own.example")]
