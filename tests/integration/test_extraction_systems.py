"""Files of the known tools are recognised, typed by their contract, and kept whole."""

import csv
from pathlib import Path

import duckdb
import pytest
import yaml

from pipelines.extract.outcome import Extraction
from pipelines.extract.relations import register
from pipelines.extract.run import extract
from pipelines.settings import load_settings

CONFIG = {
    "company": {"name": "Tiny", "currency": "USD", "timezone": "America/Chicago"},
    "sources": [
        {
            "name": "sales",
            "system": "salesforce",
            "columns": {"lead": {"Qualified_At__c": "qualified_at"}},
        },
        {"name": "outbound", "system": "outreach"},
    ],
}
OPPORTUNITY = {
    "Id": "0065g00000AbCdEAAV",
    "StageName": "Qualification",
    "Amount": "1200.50",
    "Probability": "10",
    "CloseDate": "2026-12-31",
    "IsClosed": "false",
    "IsWon": "false",
    "CreatedDate": "2026-10-01T03:30:00.000Z",
    "LastModifiedDate": "2026-10-02T15:00:00.000Z",
    "ForecastCategoryName": "Pipeline",
}


class Company:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = folder / "kpimart.yml"
        path.write_text(yaml.safe_dump(CONFIG, sort_keys=False), encoding="utf-8")
        self.settings = load_settings(path)

    def land(self, name: str, *rows: dict[str, str]) -> None:
        path = self.folder / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)

    def extract(self) -> Extraction:
        return extract(self.settings)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            register(self.settings, connection)
            return connection.execute(sql).fetchall()


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


def test_a_file_is_typed_by_its_contract_and_the_rest_is_kept_as_text(company: Company) -> None:
    company.land("sales/Opportunity_2026-10-02.csv", OPPORTUNITY)
    (file,) = company.extract().files
    assert (file.object, file.state, file.problems) == ("opportunity", "applied", [])
    assert company.query(
        "select id, stage_name, amount::text, probability::text, close_date::text, is_closed, "
        "created_date::text, type, x_forecastcategoryname from lake.salesforce__opportunity"
    ) == [
        (
            *("0065g00000AbCdEAAV", "Qualification", "1200.50", "10.000000000", "2026-12-31"),
            *(False, "2026-10-01 03:30:00", None, "Pipeline"),
        )
    ]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("sales/Opportunity.csv", "opportunity"),
        ("sales/OpportunityHistory_2026-10-02.csv", "opportunity_history"),
        ("sales/OpportunityLineItem-all.csv", "opportunity_line_item"),
        ("sales/UserRole.csv", "user_role"),
        ("outbound/calls_1.csv", "calls"),
        ("outbound/callDispositions_1.csv", "call_dispositions"),
        ("outbound/sequenceStates_1.csv", "sequence_states"),
    ],
)
def test_objects_with_like_names_are_told_apart(company: Company, name: str, wanted: str) -> None:
    columns = dict.fromkeys(
        ("Id", "id", "StageName", "OpportunityId", "CreatedDate", "updatedAt"), ""
    )
    row = columns | {"Id": "1", "id": "1", "StageName": "Prospecting", "OpportunityId": "2"}
    row |= {"CreatedDate": "2026-10-01T00:00:00Z", "updatedAt": "2026-10-01T00:00:00Z"}
    company.land(name, row)
    (file,) = company.extract().files
    assert file.object == wanted


def test_a_file_without_its_key_or_a_required_column_is_refused(company: Company) -> None:
    company.land("sales/Opportunity.csv", {"Id": "1", "Phase": "Prospecting"})
    company.land("sales/User.csv", {"Id": "1", "Name": "Ada"})
    files = {file.file_name: file for file in company.extract().files}
    assert files["Opportunity.csv"].state == "refused"
    assert "column 'StageName' (stage_name) is missing" in files["Opportunity.csv"].reason
    assert files["User.csv"].state == "applied"


def test_a_custom_field_that_the_config_names_is_missed(company: Company) -> None:
    company.land("sales/Lead.csv", {"Id": "1", "Status": "Open - Not Contacted"})
    (file,) = company.extract().files
    assert file.state == "applied"
    assert file.problems == ["column 'Qualified_At__c' (qualified_at) is missing"]


def test_what_no_tool_delivered_is_empty_and_has_its_columns(company: Company) -> None:
    company.land("sales/User.csv", {"Id": "1", "Name": "Ada"})
    company.extract()
    assert company.query("select count(dialed_at) from lake.outreach__calls") == [(0,)]
    assert company.query(
        "select object, feeds, as_of is not null from run.sources "
        "where source = 'sales' and object in ('user', 'user_role', 'event') order by object"
    ) == [("event", "activities", False), ("user", "users", True), ("user_role", None, False)]


def test_what_values_mean_goes_by_the_names_of_objects_yml(company: Company) -> None:
    company.land("sales/User.csv", {"Id": "1", "Name": "Ada"})
    company.extract()
    assert company.query(
        "select object, column_name, meaning from run.value_map "
        "where found_value in ('Renewal', 'Web') order by object"
    ) == [("leads", "lead_source", "inbound"), ("opportunities", "deal_type", "renewal")]
