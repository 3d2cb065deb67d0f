"""Two Salesforce orgs of one company, side by side, and the answers by hand.

Ids of two orgs are independent: here every record of the one has the id of another record of the
other. `emea` delivers its users' pages (dialect `label`: ids of 15 characters, days first, commas,
owners by name, times of Berlin), `amer` the interface's files (`api`: ids of 18 characters, owners
by id, times of Chicago without a zone). The company lives in UTC, as of the end of March 2026.
"""

from decimal import Decimal

import pytest

from pipelines.settings import Settings
from tests.worked_company import ask, built, landed, value

FILES = {
    "emea/Account-emea.csv": """\
"Account ID","Account Name","Tier"
"001000000000001","Alpha GmbH","Gold"
"001000000000002","Beta AG","Silver"
""",
    "emea/User-emea.csv": """\
"User ID","Full Name","Email","Title"
"005000000000001","Ada Lund","ada@own.example","Account Executive"
"005000000000002","Cyd Cole","cyd@own.example","Account Executive"
""",
    "emea/Lead-emea.csv": """\
"Lead ID","Full Name","Email","Lead Status","Lead Source","Lead Owner","Create Date"
"00Q000000000001","Lena Lang","lena@a.example","Open - Not Contacted","Web","Ada Lund","25/2/2026"
"00Q000000000002","Nils Nord","nils@b.example","Open - Not Contacted","Web","Cyd Cole","26/2/2026"
""",
    "emea/Opportunity-emea.csv": """\
"Opportunity ID","Opportunity Name","Account ID","Stage","Amount","Close Date","Created Date",\
"Opportunity Owner","Closed","Won"
"006000000000001","Alpha rollout","001000000000001","Closed Won","1.200,50","25/2/2026",\
"15/1/2026","Ada Lund","1","1"
"006000000000002","Beta pilot","001000000000002","Qualification","800,00","30/6/2026",\
"20/1/2026","Cyd Cole","0","0"
""",
    "emea/Task-emea.csv": """\
"Activity ID","Lead","Assigned ID","Subject","Status","Closed","Task Subtype","Call Type",\
"Completed"
"00T000000000001","00Q000000000001","005000000000001","First call","Completed","1","Call",\
"Outbound","25/2/2026 14:30"
""",
    "amer/Account.csv": """\
Id,Name,Segment__c
001000000000001AAA,Gamma Inc.,Large
001000000000002AAA,Delta LLC,Small
""",
    "amer/User.csv": """\
Id,Name,Email,Title,IsActive
005000000000001AAA,Bob Birch,bob@own.example,Account Executive,true
005000000000002AAA,Ada Lund,ADA@own.example,Account Executive,true
005000000000003AAA,Cyd Cole,other.cyd@own.example,Account Executive,true
""",
    "amer/Lead.csv": """\
Id,Name,Email,Status,LeadSource,OwnerId,CreatedDate
00Q000000000001EAA,Mark Moor,mark@gamma.example,Working - Contacted,Web,005000000000001AAA,\
2026-02-10T09:00:00
""",
    "amer/Opportunity.csv": """\
Id,Name,AccountId,OwnerId,StageName,Amount,CloseDate,IsClosed,IsWon,CreatedDate
006000000000001AAA,Gamma rollout,001000000000001AAA,005000000000001AAA,Closed Won,3000.25,\
2026-02-20,true,true,2026-01-31T22:30:00
006000000000002AAA,Delta pilot,001000000000002AAA,005000000000002AAA,Closed Won,1000.00,\
2026-02-25,true,true,2026-01-20T09:00:00
006000000000003AAA,Delta more,001000000000002AAA,005000000000003AAA,Closed Lost,500.00,\
2026-02-26,true,false,2026-01-21T09:00:00
""",
    "amer/Task.csv": """\
Id,WhoId,OwnerId,Subject,Status,IsClosed,TaskSubtype,CallType,CompletedDateTime,CreatedDate
00T000000000001EAA,00Q000000000001EAA,005000000000001AAA,First call,Completed,true,Call,Outbound,\
2026-02-25T20:30:00,2026-02-25T20:30:00
""",
    "amer/Event.csv": """\
Id,WhoId,OwnerId,CreatedById,StartDateTime,EndDateTime,IsChild,CreatedDate
00U000000000001EAA,00Q000000000001EAA,005000000000002AAA,005000000000001AAA,\
2026-02-27T10:00:00,2026-02-27T11:00:00,false,2026-02-26T10:00:00
""",
}
CONFIG = {
    "company": {
        "name": "Tiny",
        "currency": "EUR",
        "timezone": "UTC",
        "mail_domains": ["own.example"],
    },
    "sources": [
        {
            "name": "emea",
            "system": "salesforce",
            "timezone": "Europe/Berlin",
            "as_of": "2026-03-31",
            "columns": {
                "account": {"Tier": "segment"},
                "task": {"Lead": "who_id", "Completed": "completed_at"},
            },
            "objects": {
                "lead": {"dates": "DMY"},
                "task": {"dates": "DMY"},
                "opportunity": {"dates": "DMY"},
            },
        },
        {
            "name": "amer",
            "system": "salesforce",
            "timezone": "America/Chicago",
            "as_of": "2026-03-31",
            "columns": {"account": {"Segment__c": "segment"}},
        },
    ],
}
ORGS = ("amer", "emea")
DEAL = "00600000000000"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company, built and checked."""
    return built(landed(tmp_path_factory.mktemp("two_orgs"), FILES, CONFIG))


def test_each_file_is_read_in_its_orgs_dialect(company: Settings) -> None:
    """All files of emea are pages, all of amer the interface's; no row is held back."""
    rows = ask(
        company,
        "select source, count(*), sum(quarantined_rows) from quality.row_accounting "
        "where state = 'applied' group by source order by source",
    )
    assert rows == [("amer", 6, 0), ("emea", 5, 0)]


def test_deals_of_one_id_are_two_deals(company: Settings) -> None:
    """The accounts' names tell that each deal found the account and the owner of its own org:
    001…1 is Alpha in emea and Gamma in amer, 005…1 is Ada there and Bob here. Gamma's deal was
    made on the evening of 31 January in Chicago, which is 1 February in UTC."""
    assert ask(
        company,
        "select opportunity_key, deals.source, opportunity_name, account_name, "
        "cast(amount as varchar), rep_at_creation from marts.fct_opportunities as deals "
        "inner join marts.dim_accounts using (account_key) order by opportunity_key",
    ) == [
        (f"amer:{DEAL}1AAA", "amer", "Gamma rollout", "Gamma Inc.", "3000.25", "Bob Birch"),
        (f"amer:{DEAL}2AAA", "amer", "Delta pilot", "Delta LLC", "1000.00", "Ada Lund"),
        (f"amer:{DEAL}3AAA", "amer", "Delta more", "Delta LLC", "500.00", "Cyd Cole (amer)"),
        (f"emea:{DEAL}1AAA", "emea", "Alpha rollout", "Alpha GmbH", "1200.50", "Ada Lund"),
        (f"emea:{DEAL}2AAA", "emea", "Beta pilot", "Beta AG", "800.00", "Cyd Cole (emea)"),
    ]
    assert ask(
        company,
        "select opportunity_name, cast(created_on as varchar), cast(closed_on as varchar) "
        "from marts.fct_opportunities order by opportunity_name",
    ) == [
        ("Alpha rollout", "2026-01-15", "2026-02-25"),
        ("Beta pilot", "2026-01-20", None),
        ("Delta more", "2026-01-21", "2026-02-26"),
        ("Delta pilot", "2026-01-20", "2026-02-25"),
        ("Gamma rollout", "2026-02-01", "2026-02-20"),
    ]


def test_accounts_have_the_custom_field_of_their_org(company: Settings) -> None:
    """The segment is `Tier` on the pages of emea, and Segment__c in amer."""
    assert ask(
        company,
        "select account_key, source, account_name, segment from marts.dim_accounts "
        "order by account_key",
    ) == [
        ("amer:001000000000001AAA", "amer", "Gamma Inc.", "Large"),
        ("amer:001000000000002AAA", "amer", "Delta LLC", "Small"),
        ("emea:001000000000001AAA", "emea", "Alpha GmbH", "Gold"),
        ("emea:001000000000002AAA", "emea", "Beta AG", "Silver"),
    ]


def test_leads_of_one_id_are_two_leads(company: Settings) -> None:
    """emea names the owner, amer has the id, which in emea is Ada's."""
    assert ask(
        company,
        "select lead_key, source, rep, cast(created_on as varchar), is_new_lead "
        "from marts.fct_leads order by lead_key",
    ) == [
        ("amer:00Q000000000001EAA", "amer", "Bob Birch", "2026-02-10", True),
        ("emea:00Q000000000001EAA", "emea", "Ada Lund", "2026-02-25", True),
        ("emea:00Q000000000002EAA", "emea", "Cyd Cole (emea)", "2026-02-26", True),
    ]


def test_calls_of_one_id_are_two_calls_each_in_its_zone(company: Settings) -> None:
    """14:30 in Berlin is 13:30 in UTC; 20:30 of 25 February in Chicago is 2:30 of the next day."""
    assert ask(
        company,
        "select activity_key, source, kind, rep, cast(occurred_at as varchar), is_duplicate "
        "from marts.fct_activities order by activity_key",
    ) == [
        ("amer:00T000000000001EAA", "amer", "call", "Bob Birch", "2026-02-26 02:30:00", False),
        ("amer:00U000000000001EAA", "amer", "meeting", "Ada Lund", "2026-02-27 16:00:00", False),
        ("emea:00T000000000001EAA", "emea", "call", "Ada Lund", "2026-02-25 13:30:00", False),
    ]


def test_a_user_of_both_orgs_is_one_rep(company: Settings) -> None:
    """Ada has one address in both orgs, and is the rep of the org that the config names first. The
    two Cyds share a name and no address: they stay two, and their labels tell which is which."""
    assert ask(
        company,
        "select rep_key, source, rep from marts.dim_reps where is_current order by rep_key",
    ) == [
        ("amer:005000000000001AAA", "amer", "Bob Birch"),
        ("amer:005000000000003AAA", "amer", "Cyd Cole (amer)"),
        ("emea:005000000000001AAA", "emea", "Ada Lund"),
        ("emea:005000000000002AAA", "emea", "Cyd Cole (emea)"),
    ]
    assert ask(
        company,
        "select record_key, matched_key, rule, status from quality.identity_matches "
        "where record_kind = 'rep'",
    ) == [("amer:005000000000002AAA", "emea:005000000000001AAA", "email", "matched")]


def test_a_rep_of_both_orgs_has_the_revenue_of_both(company: Settings) -> None:
    """Ada won 1,200.50 in emea and 1,000.00 in amer."""
    won = value(company, "revenue", "2026-02-01", scope="rep", member="Ada Lund")
    assert won[0] == pytest.approx(2200.50)


@pytest.mark.parametrize(
    ("kpi", "amer", "emea"),
    [
        ("revenue", 4000.25, 1200.50),
        ("deals_won", 2, 1),
        ("leads_created", 1, 2),
        ("calls_made", 1, 1),
    ],
)
def test_the_orgs_are_the_company(company: Settings, kpi: str, amer: float, emea: float) -> None:
    """February of each org, and of the company."""
    month = "2026-02-01"
    of_orgs = [value(company, kpi, month, scope="source", member=org)[0] for org in ORGS]
    assert of_orgs == [pytest.approx(amer), pytest.approx(emea)]
    assert value(company, kpi, month)[0] == pytest.approx(amer + emea)


def test_every_kpi_that_adds_up_is_the_sum_of_the_orgs(company: Settings) -> None:
    """In every period: sums and counts of the whole company are those of its two orgs."""
    cells = ask(
        company,
        """
        select kpi, grain, period_start,
            cast(round(sum(value) filter (where scope = 'company'), 2) as decimal(18, 2)),
            cast(round(sum(value) filter (where scope = 'source'), 2) as decimal(18, 2))
        from kpis.kpi_values
        where
            scope in ('company', 'source')
            and kpi in (
                select bases.kpi from intermediate.int_kpi_bases as bases
                inner join kpis.kpi_catalog as catalog on bases.kpi = catalog.kpi
                where bases.adds_up and list_contains(split(catalog.scopes, ','), 'source')
            )
        group by kpi, grain, period_start
        """,
    )
    assert {"revenue", "pipeline_created", "open_pipeline", "meetings_held"} <= {
        str(kpi) for kpi, *_ in cells
    }
    zero = Decimal(0)
    assert [one for one in cells if (one[3] or zero) != (one[4] or zero)] == []
