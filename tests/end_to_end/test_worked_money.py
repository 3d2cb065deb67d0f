"""Money in several currencies, small enough to check by eye: two companies, the answers by hand.

The first sells in euros, UTC, as of the end of 2026-06-30; its finance department writes a list of
rates, and it lands the ECB's file as published. The second sells in dollars, from a Salesforce
whose corporate currency is the euro.
"""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.extract.systems import contracts
from pipelines.settings import Settings, load_settings
from tests.worked_company import ask, built, landed, value

# One unit of `base` costs `rate` units of `currency`. GBP is written the other way round than the
# others; XTS, which nobody trades, costs half a euro, at plan a quarter.
RATES = """\
base,currency,kind,since,rate
EUR,XTS,,2024-01-01,2
EUR,XTS,Budget,2026-01-01,4
EUR,XTS,Hope,2026-01-01,1
GBP,EUR,,2024-01-01,1.30
EUR,SEK,,2025-01-01,10
EUR,SEK,,2025-04-16,8
EUR,SEK,,2026-01-01,5
EUR,NOK,,2026-01-01,0
"""
DEALS = """\
id,stage,owner,amount,currency,created,closed,gone
G1,Won,U1,100,GBP,2023-12-29,2023-12-31,
G2,Won,U1,100,gbp,2024-01-05,2024-02-10,
B1,Won,U1,1000,SEK,2025-01-05,2025-04-10,
B2,Won,U2,100,EUR,2025-01-05,2025-04-20,
T1,Won,U1,2.01,XTS,2026-01-05,2026-01-10,
T2,Won,U1,-2.01,XTS,2026-01-05,2026-01-10,
T3,Won,U1,90071992547409.93,XTS,2026-01-05,2026-01-10,yes
N1,Won,U1,100,AED,2026-02-01,2026-02-10,
N2,Open,U1,50,AED,2026-02-01,,
U1,Won,U1,110,USD,2026-02-01,2026-02-14,
O1,Open,U1,120,USD,2026-02-13,,
H1,Open,U1,90,EUR,2026-03-02,,
C1,Won,U1,1000,SEK,2026-01-05,2026-04-10,
C2,Won,U2,200,EUR,2026-01-05,2026-04-20,
P1,Won,U1,1000,XTS,2026-04-05,2026-05-10,
P2,Won,U2,50,EUR,2026-04-05,2026-05-10,
"""
HISTORY = """\
id,deal,stage,amount,currency,at
1,H1,Open,100,USD,2026-03-02T09:00:00Z
2,H1,Open,90,,2026-03-20T09:00:00Z
"""
# The day's rates of all currencies of the contract; N/A where nothing is said here.
ECB_DAYS = {
    "2026-02-16": {"USD": "1.2000"},
    "2026-02-13": {"USD": "1.1000"},
    "2023-12-29": {"USD": "1.1050", "GBP": "0.8000", "SEK": "11.0960"},
    "2023-12-28": {"USD": "1.1114", "JPY": "157.34"},
}
# May: U1's 1,000 XTS are 250 at plan, and East's own 300 are in euros. In June U1's is in a
# currency without a rate; July's of U2 has no plan rate: 1.20 dollars cost a euro on its first day.
QUOTAS = """\
measure,owner,team,start,end,amount,currency
revenue,U1,,2026-05-01,2026-06-01,1000,XTS
revenue,U2,,2026-05-01,2026-06-01,100,
revenue,U1,,2026-06-01,2026-07-01,10,AED
revenue,U2,,2026-06-01,2026-07-01,100,EUR
revenue,U2,,2026-07-01,2026-08-01,120,USD
deals_won,U2,,2026-05-01,2026-06-01,3,AED
"""
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
                        "owner_id": "owner",
                        "amount": "amount",
                        "currency": "currency",
                        "created_on": "created",
                        "closed_on": "closed",
                        "is_deleted": "gone",
                    },
                    "stages": {"Open": "open", "Won": "won"},
                },
                "stage_changes": {
                    "files": "history.csv",
                    "columns": {
                        "stage_change_id": "id",
                        "opportunity_id": "deal",
                        "stage": "stage",
                        "amount": "amount",
                        "currency": "currency",
                        "changed_at": "at",
                    },
                },
                "users": {
                    "files": "users.csv",
                    "columns": {"user_id": "id", "user_name": "name", "team": "team"},
                },
                "quotas": {
                    "files": "quotas.csv",
                    "columns": {
                        "measure": "measure",
                        "owner_id": "owner",
                        "team": "team",
                        "period_start": "start",
                        "period_end": "end",
                        "amount": "amount",
                        "currency": "currency",
                    },
                },
            },
        },
        {
            "name": "finance",
            "system": "mapped",
            "objects": {
                "exchange_rates": {
                    "files": "rates*.csv",
                    "columns": {
                        "base_currency": "base",
                        "currency": "currency",
                        "rate_kind": "kind",
                        "rate_on": "since",
                        "rate": "rate",
                    },
                    "meanings": {"rate_kind": {"Budget": "plan"}},
                }
            },
        },
        {"name": "ecb", "system": "ecb"},
    ],
}
SALESFORCE = {
    "Opportunity.csv": """\
Id,Name,StageName,Amount,CurrencyIsoCode,CloseDate,IsClosed,IsWon,CreatedDate
S1,One,Closed Won,100,GBP,2026-01-10,true,true,2026-01-05T09:00:00Z
S2,Two,Closed Won,100,EUR,2026-01-10,true,true,2026-01-05T09:00:00Z
S3,Three,Closed Won,100,USD,2026-01-10,true,true,2026-01-05T09:00:00Z
S4,Four,Closed Won,100,SEK,2026-01-10,true,true,2026-01-05T09:00:00Z
S5,Five,Closed Won,100,GBP,2026-03-01,true,true,2026-01-05T09:00:00Z
S6,Six,Closed Won,100,GBP,2026-02-28,true,true,2026-01-05T09:00:00Z
""",
    "DatedConversionRate.csv": """\
Id,IsoCode,StartDate,NextStartDate,ConversionRate
1,GBP,0001-01-01,2026-03-01,0.8
2,GBP,2026-03-01,9999-12-31,0.9
3,USD,0001-01-01,9999-12-31,1.25
4,EUR,0001-01-01,9999-12-31,1
""",
    "CurrencyType.csv": """\
IsoCode,ConversionRate,DecimalPlaces,IsActive,IsCorporate
EUR,1,2,true,true
GBP,0.5,2,true,false
USD,1.5,2,true,false
SEK,10,2,true,false
""",
}


def ecb_file() -> str:
    """The file as published: wide, newest day first, N/A, a comma at the end of every line."""
    codes = ecb_currencies()
    lines = ["Date," + "".join(f"{code}," for code in codes)]
    lines += [
        f"{day}," + "".join(f"{rates.get(code, 'N/A')}," for code in codes)
        for day, rates in ECB_DAYS.items()
    ]
    return "\n".join(lines) + "\n"


def ecb_currencies() -> list[str]:
    (shape,) = contracts()["ecb"].shapes.values()
    return [name.removesuffix("_rate").upper() for name in shape.columns if name != "rate_on"]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company that sells in euros, built and checked."""
    files = {
        "crm/deals.csv": DEALS,
        "crm/history.csv": HISTORY,
        "crm/users.csv": "id,name,team\nU1,Ada,East\nU2,Bob,West\n",
        "crm/quotas.csv": QUOTAS,
        "finance/rates.csv": RATES,
        "ecb/eurofxref-hist.csv": ecb_file(),
    }
    return built(landed(tmp_path_factory.mktemp("euros"), files, CONFIG))


@pytest.fixture(scope="module")
def american(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company that sells in dollars, built and checked."""
    config = {
        "company": {"name": "Tiny", "currency": "USD", "timezone": "UTC"},
        "sources": [{"name": "crm", "system": "salesforce", "as_of": "2026-06-30"}],
    }
    files = {f"crm/{name}": text for name, text in SALESFORCE.items()}
    return built(landed(tmp_path_factory.mktemp("dollars"), files, config))


def amounts(settings: Settings, *ids: str, column: str = "amount") -> list[str | None]:
    """This amount of these deals, in their order."""
    rows = ask(settings, f"select opportunity_id, {column}::text from marts.fct_opportunities")
    found: dict[object, str | None] = {one: str(text) if text else None for one, text in rows}
    return [found[one] for one in ids]


def test_a_rate_converts_in_either_direction(company: Settings) -> None:
    """G2: a pound costs 1.30 euros, so 100 pounds are 130.00 (written gbp, which is the same). P1:
    a euro costs 2 XTS, so 1,000 XTS are 500.00."""
    assert amounts(company, "G2", "P1") == ["130.00", "500.00"]
    assert amounts(company, "G2", "P1", column="exchange_rate") == ["1.300000000", "0.500000000"]


def test_the_source_named_first_comes_first_from_its_first_day(company: Settings) -> None:
    """Finance knows pounds from 2024 on; on G1's day, New Year's Eve of 2023, only the ECB does,
    from the 29th: 100 ÷ 0.8. It has no rate for 2024, but finance's would come before it anyway."""
    assert amounts(company, "G1") == ["125.00"]
    assert ask(
        company,
        "select source, valid_from_on::text, valid_to_on::text from "
        "intermediate.int_exchange_rates where currency = 'GBP' order by valid_from_on",
    ) == [("ecb", "2023-12-29", "2024-01-01"), ("finance", "2024-01-01", "9999-12-31")]


def test_the_last_known_rate_counts(company: Settings) -> None:
    """U1 is won on Saturday, February 14. Friday's rate is 1.10, Monday's 1.20: 110 ÷ 1.10."""
    assert amounts(company, "U1") == ["100.00"]


def test_open_deals_are_valued_by_the_as_of_day(company: Settings) -> None:
    """O1: 120 dollars are 109.09 on the day of creation (1.10), and 100.00 on June 30 (1.20)."""
    assert amounts(company, "O1", column="created_amount") == ["109.09"]
    assert amounts(company, "O1") == ["100.00"]


def test_an_earlier_amount_has_its_own_currency(company: Settings) -> None:
    """H1 began as 100 dollars, 1.20 to the euro on March 2, and has become 90 euros."""
    assert amounts(company, "H1", column="created_amount") == ["83.33"]
    assert amounts(company, "H1") == ["90.00"]


def test_halves_are_rounded_away_from_zero_and_cents_stay_exact(company: Settings) -> None:
    """2.01 ÷ 2 is 1.005, which floats take for less than a half; T3 is finer than they are."""
    assert amounts(company, "T1", "T2", "T3") == ["1.01", "-1.01", "45035996273704.97"]
    kinds = ask(
        company,
        "select column_name, data_type from information_schema.columns where table_schema = "
        "'marts' and column_name like '%amount' and data_type <> 'DECIMAL(18,2)'",
    )
    assert not kinds


def test_without_a_rate_an_amount_is_in_no_sum(company: Settings) -> None:
    """Nobody says what N1's and N2's dirhams cost. Of February's wins U1 is counted with its 100
    euros, N1 as a win without amount. Created were U1 (99.55: on February 1 the last rate known is
    1.1050) and O1 (109.09). Open are O1 and H1."""
    assert amounts(company, "N1", "N2") == [None, None]
    assert value(company, "revenue", "2026-02-01") == (100.0, None, None, "unconverted")
    assert value(company, "deals_won", "2026-02-01")[0] == 2
    created = value(company, "pipeline_created", "2026-02-01")
    assert (created[0], created[3]) == (208.64, "unconverted")
    open_now = value(company, "open_pipeline", "2026-06-01")
    assert (open_now[0], open_now[3]) == (190.0, "unconverted")
    assert value(company, "revenue", "2026-04-01")[3] == ""


def test_what_was_not_converted_is_listed(company: Settings) -> None:
    assert ask(
        company,
        "select kpi, period_start::text, row_count, amount from quality.value_notes "
        "where code = 'unconverted' order by kpi",
    ) == [
        ("open_pipeline", "2026-06-01", 1, None),
        ("pipeline_created", "2026-02-01", 2, None),
        ("revenue", "2026-02-01", 1, None),
    ]
    assert ask(
        company,
        "select object, column_name, found_value, row_count, amount from quality.unmapped_values "
        "order by object, column_name",
    ) == [
        ("exchange_rates", "rate", "0.000000000", 1, None),
        ("exchange_rates", "rate_kind", "Hope", 1, None),
        ("opportunities", "currency", "AED", 2, Decimal("150.00")),
        ("quotas", "currency", "AED", 1, Decimal("10.00")),
    ]


def test_attainment_is_at_plan_rates_on_both_sides(company: Settings) -> None:
    """In May P1's 1,000 XTS are 500 euros of revenue, but 250 at plan, which is U1's quota of 1,000
    XTS. U2 sold 50 of 100 euros. Together 300 of 350."""
    assert value(company, "revenue", "2026-05-01")[0] == 550.0
    assert value(company, "quota_attainment", "2026-05-01", scope="rep", member="Ada")[:3] == (
        1.0,
        250.0,
        250.0,
    )
    assert value(company, "quota_attainment", "2026-05-01")[1:3] == (300.0, 350.0)
    assert value(company, "quota_attainment", "2026-05-01", scope="team", member="West")[0] == 0.5


def test_a_quota_without_a_rate_is_no_target(company: Settings) -> None:
    """U1's June quota is in dirhams: neither Ada nor the company, whose sum it would be a part of,
    has a target; Bob has. His July quota of 120 dollars is 100 euros at the actual rate, because
    there is no plan rate. A count of deals has no currency, whatever the file says."""
    assert ask(
        company,
        "select scope, member, target from intermediate.int_quota_targets where grain = 'month' "
        "and period_start >= '2026-06-01' and scope in ('company', 'rep') order by all",
    ) == [
        ("company", "(all)", Decimal("100.00")),
        ("rep", "Bob", Decimal("100.00")),
        ("rep", "Bob", Decimal("100.00")),
    ]
    assert ask(
        company,
        "select source_currency, is_converted, amount::text from marts.fct_quotas "
        "where measure = 'deals_won'",
    ) == [(None, True, "3.00")]


def test_growth_at_constant_rates(company: Settings) -> None:
    """April 2025: krona cost 10 to the euro on 15 days and 8 on the other 15, so one is worth 0.10
    and 0.125, in the mean 0.1125. Both Aprils sold 1,000 kronor: 112.50. With euros: 212.50, and a
    year later 312.50. Reported, at each day's rates: 200 (100 + 100) and 400 (200 + 200)."""
    assert value(company, "revenue_growth_yoy", "2026-04-01")[:3] == (1.0, 400.0, 200.0)
    growth, now, then, quality = value(company, "revenue_growth_constant_currency", "2026-04-01")
    assert (now, then, quality) == (312.5, 212.5, "")
    assert growth == pytest.approx(312.5 / 212.5 - 1, abs=1e-12)
    assert ask(
        company,
        "select year_ago_revenue, year_ago_revenue_at_year_ago_rates, revenue_at_year_ago_rates "
        "from kpis.kpi_revenue where grain = 'month' and period_start = '2026-04-01' "
        "and scope = 'company'",
    ) == [(200.0, 212.5, 312.5)]


def test_growth_at_constant_rates_of_teams(company: Settings) -> None:
    """East sold the kronor, which did not grow; West the euros, which doubled."""
    kpi = "revenue_growth_constant_currency"
    east = value(company, kpi, "2026-04-01", scope="team", member="East")
    west = value(company, kpi, "2026-04-01", scope="team", member="West")
    assert east[:3] == (0.0, 112.5, 112.5)
    assert west[:3] == (1.0, 200.0, 100.0)


def test_growth_at_rates_that_nobody_knows(company: Settings) -> None:
    """May 2025 sold nothing: no growth. February 2025 knew no rate for dirhams, but those are in no
    revenue; the dollars of February 2026 are 110 at 1.1050."""
    kpi = "revenue_growth_constant_currency"
    assert value(company, kpi, "2026-05-01")[0] is None
    assert value(company, kpi, "2026-02-01") == (None, 99.55, 0.0, "unconverted")


def test_rates_do_not_make_the_deals_newer(company: Settings) -> None:
    """The files of rates are as new as this test's run; the night is as of the deals' last day."""
    assert ask(company, "select as_of::text from run.context") == [("2026-07-01 00:00:00",)]


def test_every_currency_of_the_bank_is_read(company: Settings) -> None:
    found = ask(company, "select distinct currency from staging.stg_ecb__exchange_rates order by 1")
    assert [code for (code,) in found] == sorted(ecb_currencies())
    assert ask(company, "select count(*) from quality.quarantined_rows") == [(0,)]


def test_a_rate_corrected_later_moves_what_it_converted(company: Settings, tmp_path: Path) -> None:
    """Finance had the pound of 2024 wrong: not 1.30, but 1.35."""
    shutil.copytree(company.config_path.parent, tmp_path / "again")
    settings = load_settings(tmp_path / "again" / "kpimart.yml")
    path = tmp_path / "again" / "landing" / "finance" / "rates_corrected.csv"
    path.write_text(RATES.replace("1.30", "1.35"), encoding="utf-8")
    built(settings)
    assert amounts(settings, "G1", "G2") == ["125.00", "135.00"]


def test_salesforce_rates_are_against_its_corporate_currency(american: Settings) -> None:
    """A euro costs 0.80 pounds until the end of February 2026, then 0.90, and 1.25 dollars. S1: 100
    pounds are 125 euros, which are 156.25 dollars; S5 on the first day of the new rate: 138.888…;
    S6 on the last of the old. S2: 100 euros. S3 needs no rate. S4: kronor have no dated rate, so
    the currency's own counts: 10 euros; of pounds and dollars it is not asked."""
    assert amounts(american, "S1", "S5", "S6") == ["156.25", "138.89", "156.25"]
    assert amounts(american, "S2", "S3", "S4") == ["125.00", "100.00", "12.50"]
    assert value(american, "revenue", "2026-01-01")[0] == 393.75
    assert ask(
        american,
        "select distinct through_currency from intermediate.int_exchange_rates "
        "where currency = 'GBP'",
    ) == [("EUR",)]
