"""What a company keeps in spreadsheets, in the marts: a tiny one, the answers by hand.

It sells in euros, UTC, as of the end of 2026-06-30. A euro costs 1.25 dollars from 2026-01-01 on,
and 1.20 from 2026-02-01 on; of yen no rate is known. Its files have the headers of the templates.
"""

from pathlib import Path

import pytest

from pipelines.settings import Settings
from tests.worked_company import ask, built, landed

FILES = {
    "crm/deals.csv": """\
id,stage,amount,created,closed,account
D1,Won,1000,2026-01-05,2026-01-20,A1
D2,Open,500,2026-01-06,,A2
""",
    "crm/accounts.csv": "id,name\nA1,Birch\nA2,Cedar\n",
    "crm/contacts.csv": "id,email\nC1,kim@birch.example\n",
    "company/exchange_rates.csv": """\
base_currency,currency,rate_on,rate
EUR,USD,2026-01-01,1.25
EUR,USD,2026-02-01,1.20
""",
    "company/costs.csv": """\
category,period_start,period_end,amount,currency,lead_source
Ads,2026-01-01,2026-02-01,100.00,usd,Web
Ads,2026-02-01,2026-03-01,-12.00,USD,Web
sales,2026-01-01,2026-04-01,300.00,,
Parties,2026-01-01,2026-02-01,40.00,,
sales,2026-02-01,2026-03-01,9000.00,JPY,
""",
    "company/invoices.csv": """\
invoice_id,order_id,credited_invoice_id,opportunity_id,account_id,account_name,invoiced_on,amount,\
currency
R1,O1,,D1,A1,,2026-01-25,1000.00,EUR
R2,O1,R1,,,Birch,2026-02-10,-60.00,USD
R3,,,D9,A9,Nobody,2026-02-11,5.00,JPY
""",
    "company/surveys.csv": """\
answer_id,survey_name,kind,person_id,account_id,sent_on,answered_on,score,answer,comment
S1,Q1,CSAT,C1,A1,2026-03-01,2026-03-04,5,5,Thanks
S2,Q1,CSAT,C1,A2,2026-03-01,2026-03-09,2,2,
S3,Q1,recommendation,,A1,2026-03-01,,,,
S4,Q1,mood,C7,A7,2026-03-01,2026-03-02,3.5,3,
""",
    "company/web_traffic.csv": """\
visited_on,lead_source,session_count,visitor_count
2026-03-01,Organic,40,30
2026-03-01,,2,
""",
    "company/market_size.csv": """\
period_start,period_end,country,amount,currency,source,published_on
2026-01-01,2027-01-01,Austria,1000000,USD,A yearbook,2025-11-30
2026-01-01,2027-01-01,,5000000,,A yearbook,2025-11-30
""",
    "company/benchmarks.csv": """\
kpi,percentile,value,currency,source,published_on
win_rate,50,24%,,A survey,2026-03-01
Average_Deal_Size,75,1200,USD,A survey,2026-03-01
charm,50,0.9,,A survey,2026-03-01
""",
}
CONFIG = {
    "company": {"name": "Tiny", "currency": "EUR", "timezone": "UTC"},
    "sources": [
        {
            "name": "crm",
            "system": "mapped",
            "as_of": "2026-06-30",
            "objects": {
                "opportunities": {
                    "files": "deals.csv",
                    "columns": {
                        "opportunity_id": "id",
                        "stage": "stage",
                        "amount": "amount",
                        "created_on": "created",
                        "closed_on": "closed",
                        "account_id": "account",
                    },
                    "stages": {"Open": "open", "Won": "won"},
                },
                "accounts": {
                    "files": "accounts.csv",
                    "columns": {"account_id": "id", "account_name": "name"},
                },
                "contacts": {
                    "files": "contacts.csv",
                    "columns": {"contact_id": "id", "email": "email"},
                },
            },
        },
        {
            "name": "company",
            "system": "mapped",
            "as_of": "2026-06-30",
            "objects": {
                "exchange_rates": {},
                "costs": {"meanings": {"category": {"Ads": "marketing"}}},
                "invoices": None,
                "surveys": {
                    "meanings": {
                        "kind": {"CSAT": "satisfaction"},
                        "answer": {"5": "satisfied", "2": "not_satisfied"},
                    }
                },
                "web_traffic": {},
                "market_size": {},
                "benchmarks": {},
            },
        },
    ],
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company, built and checked."""
    return built(landed(tmp_path_factory.mktemp("spreadsheets"), FILES, CONFIG))


def test_costs_are_valued_on_their_first_day(company: Settings) -> None:
    """100 dollars at 1.25 are 80; 12 at 1.20 are 10, paid back; yen have no rate."""
    assert ask(
        company,
        "select category, category_meaning, period_start::text, lead_source, "
        "source_amount::text, source_currency, is_converted, amount::text "
        "from marts.fct_costs order by source_currency, category, period_start",
    ) == [
        ("Parties", None, "2026-01-01", "(none)", "40.00", "EUR", True, "40.00"),
        ("sales", "sales", "2026-01-01", "(none)", "300.00", "EUR", True, "300.00"),
        ("sales", "sales", "2026-02-01", "(none)", "9000.00", "JPY", False, None),
        ("Ads", "marketing", "2026-01-01", "Web", "100.00", "USD", True, "80.00"),
        ("Ads", "marketing", "2026-02-01", "Web", "-12.00", "USD", True, "-10.00"),
    ]


def test_invoices_find_deal_and_customer_in_another_source(company: Settings) -> None:
    """R2, 60 dollars at 1.20, knows its customer by name; D9 and A9 are nobody's."""
    assert ask(
        company,
        "select invoice_id, order_id, credited_invoice_id, opportunity_key, account_key, "
        "source_currency, is_converted, amount::text from marts.fct_invoices order by invoice_id",
    ) == [
        ("R1", "O1", None, "crm:D1", "crm:A1", "EUR", True, "1000.00"),
        ("R2", "O1", "R1", None, "crm:A1", "USD", True, "-50.00"),
        ("R3", None, None, None, None, "JPY", False, None),
    ]


def test_answers_and_invitations_of_a_survey(company: Settings) -> None:
    person = ask(company, "select person_key from intermediate.int_person_keys limit 1")[0][0]
    assert ask(
        company,
        "select survey_answer_key, survey_kind, person_key, account_key, answer_meaning, score, "
        "is_answered, answered_on::text from marts.fct_surveys order by survey_answer_key",
    ) == [
        (
            "company:S1",
            "satisfaction",
            person,
            "crm:A1",
            "satisfied",
            5.0,
            True,
            "2026-03-04",
        ),
        (
            "company:S2",
            "satisfaction",
            person,
            "crm:A2",
            "not_satisfied",
            2.0,
            True,
            "2026-03-09",
        ),
        ("company:S3", "recommendation", None, "crm:A1", None, None, False, None),
        ("company:S4", None, None, None, None, 3.5, True, "2026-03-02"),
    ]


def test_what_was_written_beside_an_answer_is_not_published(company: Settings) -> None:
    columns = ask(
        company,
        "select column_name from information_schema.columns where table_schema = 'marts' "
        "and column_name = 'comment'",
    )
    assert columns == []
    stored = "select comment from lake.mapped__surveys where comment is not null"
    assert ask(company, stored) == [("Thanks",)]


def test_sessions_per_day_and_origin(company: Settings) -> None:
    assert ask(
        company,
        "select visited_on::text, lead_source, session_count, visitor_count "
        "from marts.fct_web_traffic order by lead_source",
    ) == [("2026-03-01", "(none)", 2, None), ("2026-03-01", "Organic", 40, 30)]


def test_a_market_is_valued_on_the_first_day_of_its_period(company: Settings) -> None:
    assert ask(
        company,
        "select country, segment, amount::text, published_by, published_on::text "
        "from marts.fct_market_size order by country",
    ) == [
        ("(all)", "(all)", "5000000.00", "A yearbook", "2025-11-30"),
        ("Austria", "(all)", "800000.00", "A yearbook", "2025-11-30"),
    ]


def test_a_benchmark_is_in_the_unit_of_its_kpi(company: Settings) -> None:
    """24 % is 0.24; 1,200 dollars are 1,000 euros on the day of the publication."""
    assert ask(
        company,
        "select kpi, is_known_kpi, scope, member, percentile, source_currency, value, "
        "published_by, published_on::text from marts.fct_benchmarks order by kpi",
    ) == [
        (
            "average_deal_size",
            True,
            "company",
            "(all)",
            75,
            "USD",
            1000.0,
            "A survey",
            "2026-03-01",
        ),
        ("charm", False, "company", "(all)", 50, None, 0.9, "A survey", "2026-03-01"),
        ("win_rate", True, "company", "(all)", 50, None, 0.24, "A survey", "2026-03-01"),
    ]


def test_what_has_no_rate_or_meaning_is_listed(company: Settings) -> None:
    assert ask(
        company,
        "select object, column_name, found_value, row_count, amount::text "
        "from quality.unmapped_values where source = 'company' order by all",
    ) == [
        ("benchmarks", "kpi", "charm", 1, None),
        ("costs", "category", "Parties", 1, "40.00"),
        ("costs", "currency", "JPY", 1, "9000.00"),
        ("invoices", "currency", "JPY", 1, "5.00"),
        ("surveys", "answer", "3", 1, None),
        ("surveys", "kind", "mood", 1, None),
    ]


def test_what_a_company_file_holds_no_more_is_gone(company: Settings, tmp_path: Path) -> None:
    """The file without the party: it leaves the fact, and stays in the lake."""
    costs = FILES["company/costs.csv"].replace("Parties,2026-01-01,2026-02-01,40.00,,\n", "")
    config = CONFIG | {"guards": {"max_vanished_share": 1.0}}
    settings = built(landed(tmp_path, FILES, config))
    landed(tmp_path, {"company/costs.csv": costs}, config)
    built(settings)
    assert ask(settings, "select count(*) from marts.fct_costs") == [(4,)]
    assert ask(settings, "select count(*) from lake.mapped__costs where _op = 'delete'") == [(1,)]
    assert ask(company, "select count(*) from marts.fct_costs") == [(5,)]
