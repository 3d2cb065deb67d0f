"""One truth in any form is one mart: what a file looks like decides nothing about what it says.

The deals of `tests/one_truth.py` in every form: the lake holds the same typed rows. Of forms that
have little in common, the whole mart is built, and is the same cell by cell.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from pipelines.extract.relations import register
from pipelines.extract.run import extract
from pipelines.settings import Settings, load_settings
from tests import one_truth as truth
from tests.nights import build_models
from tests.one_truth import AMERICAN, GERMAN, GERMAN_WITHOUT_SIGN, SPREADSHEET, TYPED, Deal

DMY = {"dates": "DMY", "decimal": ","}
MDY = {"dates": "MDY", "decimal": "."}
FACT = "marts.fct_opportunities"
RELATIONS = (FACT, "marts.dim_reps", "marts.dim_accounts", "kpis.kpi_values")


@dataclass(frozen=True, kw_only=True)
class Form:
    """A file, what the config has to say of it, and the deals in it."""

    file: str
    content: Callable[[Path], bytes]
    source: dict[str, Any] = field(default_factory=dict)
    deals_config: dict[str, Any] = field(default_factory=dict)
    deals: Sequence[Deal] = truth.TRUTH


def csv_form(text: str, codec: str = "utf-8", **more: Any) -> Form:
    """A form that is a text."""
    return Form(file="deals.csv", content=lambda _: text.encode(codec), **more)


def narrow_form(codec: str, **more: Any) -> Form:
    """A form in an encoding that has few characters, all of them as far as it has them."""
    deals = truth.in_codec(codec)
    return csv_form(truth.text(deals=deals), codec, deals=deals, **more)


def file_form(file: str, content: bytes, **more: Any) -> Form:
    """A form that is no plain text."""
    return Form(file=file, content=lambda _: content, **more)


FORMS = {
    "commas": csv_form(truth.text()),
    "semicolons": csv_form(truth.text(delimiter=";")),
    "tabs": csv_form(truth.text(delimiter="\t")),
    "pipes": csv_form(truth.text(delimiter="|")),
    "all quoted": csv_form(truth.text(quoting=1)),
    "CRLF": csv_form(truth.text(end="\r\n")),
    "UTF-8 with BOM": csv_form(truth.text(), "utf-8-sig"),
    "UTF-16 LE": csv_form("\ufeff" + truth.text(delimiter="\t"), "utf-16-le"),
    "UTF-16 BE": csv_form("\ufeff" + truth.text(delimiter="\t"), "utf-16-be"),
    "Windows-1252": narrow_form("cp1252"),
    "Latin-1": narrow_form("latin-1"),
    "Mac Roman": narrow_form("mac_roman", source={"encoding": "mac-roman"}),
    "a report": csv_form(truth.as_report(truth.text())),
    "a report from Windows": csv_form(
        truth.as_report(truth.text(delimiter=";", end="\r\n"), end="\r\n")
    ),
    "ghost rows": csv_form(truth.with_ghosts(truth.text())),
    "wrapped lines": csv_form(truth.wrapped(truth.text())),
    "workbook": file_form("deals.xlsx", truth.workbook(TYPED)),
    "workbook with titles": file_form("deals.xlsx", truth.workbook(TYPED, header_row=4)),
    "German workbook of texts": file_form(
        "deals.xlsx", truth.workbook(GERMAN, header_row=4), deals_config=DMY
    ),
    "JSON list": file_form("deals.json", truth.json_list().encode()),
    "JSON in an envelope": file_form("deals.json", truth.json_envelope().encode()),
    "JSON in UTF-16": file_form("deals.json", truth.json_envelope().encode("utf-16")),
    "JSON Lines": file_form("deals.jsonl", truth.json_lines().encode()),
    "Parquet": Form(file="deals.parquet", content=truth.parquet),
    "gzip": file_form("deals.csv.gz", truth.gzipped(truth.text())),
    "zip": file_form("deals.zip", truth.in_a_zip(truth.text())),
    "Zstandard": file_form("deals.csv.zst", truth.zstandard_packed(truth.text())),
    "German": csv_form(truth.text(GERMAN, delimiter=";"), deals_config=DMY),
    "German, nothing said": csv_form(truth.text(GERMAN, delimiter=";")),
    "German in Windows-1252": csv_form(
        truth.text(GERMAN, truth.in_codec("cp1252"), delimiter=";", end="\r\n"),
        "cp1252",
        deals=truth.in_codec("cp1252"),
    ),
    "German in Latin-1": csv_form(
        truth.text(GERMAN_WITHOUT_SIGN, truth.in_codec("latin-1"), delimiter=";"),
        "latin-1",
        deals=truth.in_codec("latin-1"),
    ),
    "American": csv_form(truth.text(AMERICAN), deals_config=MDY),
    "American, nothing said": csv_form(truth.text(AMERICAN)),
    "day numbers": csv_form(truth.text(SPREADSHEET)),
    "German lines that a spreadsheet on Windows wrapped": csv_form(
        truth.wrapped(truth.text(GERMAN, truth.in_codec("cp1252"), delimiter=";")).replace(
            "\n", "\r\n"
        ),
        "cp1252",
        deals=truth.in_codec("cp1252"),
    ),
    "German report of an old Mac": csv_form(
        truth.as_report(
            truth.text(GERMAN_WITHOUT_SIGN, truth.in_codec("mac_roman"), delimiter=";", end="\r")
        ),
        "mac_roman",
        source={"encoding": "mac-roman"},
        deals=truth.in_codec("mac_roman"),
    ),
    "report in UTF-16 with day numbers": csv_form(
        "\ufeff" + truth.as_report(truth.text(SPREADSHEET, delimiter="\t", end="\r\n"), end="\r\n"),
        "utf-16-le",
    ),
}
BUILT = ("commas", "German workbook of texts", "JSON in UTF-16")
SALESFORCE = {
    "api": truth.salesforce_api(),
    "label": truth.salesforce_label(),
    "elt": truth.salesforce_elt(),
}
COMPANY = {"name": "Tiny", "currency": "EUR", "timezone": "Europe/Vienna"}


def landed(folder: Path, files: dict[str, bytes], source: dict[str, Any]) -> Settings:
    """A company of which these files, and no others, have landed."""
    config = {"company": COMPANY, "sources": [{"name": "crm", "as_of": truth.AS_OF, **source}]}
    path = folder / "kpimart.yml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    settings = load_settings(path)
    shutil.rmtree(settings.landing_dir, ignore_errors=True)
    (settings.landing_dir / "crm").mkdir(parents=True)
    for name, content in files.items():
        (settings.landing_dir / "crm" / name).write_bytes(content)
    return settings


def landed_form(folder: Path, form: Form) -> Settings:
    """A company whose deals have landed in this form."""
    deals = {
        "columns": truth.COLUMNS,
        "stages": {truth.OPEN: "open", truth.WON: "won", truth.LOST: "lost"},
        **form.deals_config,
    }
    source = {"system": "mapped", **form.source, "objects": {"opportunities": deals}}
    return landed(folder, {form.file: form.content(folder)}, source)


def landed_dialect(folder: Path, dialect: str) -> Settings:
    """A company whose deals have landed as Salesforce writes them in this dialect."""
    files = {name: text.encode() for name, text in SALESFORCE[dialect].items()}
    return landed(folder, files, {"system": "salesforce"})


def extracted(settings: Settings) -> None:
    """Every file is applied, with all its rows."""
    for file in extract(settings).files:
        assert (file.state, file.reason) == ("applied", "")
        assert file.counts.quarantined_rows == 0, file.problems


def lake(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    """What the lake answers."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        register(settings, connection)
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("name", FORMS)
def test_the_lake_holds_the_same_rows(name: str, tmp_path: Path) -> None:
    form = FORMS[name]
    settings = landed_form(tmp_path, form)
    extracted(settings)
    columns = ", ".join(truth.COLUMNS)
    found = lake(settings, f"select {columns} from lake.mapped__opportunities order by _key")
    assert found == truth.rows(form.deals)


@pytest.mark.parametrize("dialect", SALESFORCE)
def test_the_lake_holds_the_same_rows_of_each_dialect(dialect: str, tmp_path: Path) -> None:
    settings = landed_dialect(tmp_path, dialect)
    extracted(settings)
    found = lake(
        settings,
        "select id, account_id, name, stage_name, amount, close_date, is_closed, is_won, "
        "lead_source, updated_at from lake.salesforce__opportunity order by _key",
    )
    assert found == truth.salesforce_rows()


@dataclass(frozen=True)
class Mart:
    """What four relations of a build hold: by relation, its rows, each with the column names."""

    relations: dict[str, tuple[list[str], list[tuple[Any, ...]]]]

    def rows(self, name: str, *, without: str = "") -> set[tuple[Any, ...]]:
        """The rows of a relation as sets of column and value, but for one column."""
        columns, found = self.relations[name]
        kept = [place for place, column in enumerate(columns) if column != without]
        return {tuple((columns[place], row[place]) for place in kept) for row in found}

    def column(self, relation: str, name: str) -> list[Any]:
        """The values of a column."""
        columns, found = self.relations[relation]
        return [row[columns.index(name)] for row in found]


def mart_of(settings: Settings) -> Mart:
    """The mart made of what has landed, and of nothing else; only dbt's manifest is kept."""
    for folder in (settings.lake_dir, settings.build_path.parent):
        shutil.rmtree(folder, ignore_errors=True)
    extracted(settings)
    build_models(settings, afresh=True)
    relations: dict[str, tuple[list[str], list[tuple[Any, ...]]]] = {}
    with duckdb.connect(str(settings.build_path), read_only=True) as connection:
        for name in RELATIONS:
            found = connection.execute(f"select * from {name}")
            columns = [column[0] for column in found.description or []]
            relations[name] = (columns, found.fetchall())
    return Mart(relations)


@pytest.fixture(scope="module")
def mapped_marts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Mart]:
    """The mart of each form that is built."""
    folder = tmp_path_factory.mktemp("forms")
    return {name: mart_of(landed_form(folder, FORMS[name])) for name in BUILT}


@pytest.fixture(scope="module")
def salesforce_marts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Mart]:
    """The mart of each dialect."""
    folder = tmp_path_factory.mktemp("dialects")
    return {dialect: mart_of(landed_dialect(folder, dialect)) for dialect in SALESFORCE}


def differences(one: Mart, other: Mart, *, without: str = "") -> list[tuple[Any, ...]]:
    """The rows that only one of two marts has, or has oftener, with their relation."""
    found: list[tuple[Any, ...]] = []
    for name in RELATIONS:
        ours, theirs = one.rows(name, without=without), other.rows(name, without=without)
        found += [(name, *row) for row in sorted(ours ^ theirs, key=str)]
        if len(one.relations[name][1]) != len(other.relations[name][1]):
            found.append((name, "the number of rows"))
    return found


def test_the_mart_tells_the_truth(mapped_marts: dict[str, Mart]) -> None:
    """The mart that the others are compared with has the amounts, days and revenue of the truth."""
    first = mapped_marts[BUILT[0]]
    deals = zip(
        first.column(FACT, "opportunity_id"),
        first.column(FACT, "amount"),
        first.column(FACT, "closed_on"),
        strict=True,
    )
    assert sorted(deals) == [
        (f"D{deal.number:02}", deal.amount, deal.closed_on) for deal in truth.TRUTH
    ]
    revenue = sum(deal.amount or 0 for deal in truth.TRUTH if deal.stage == truth.WON)
    ((shown,),) = {
        tuple(value for column, value in row if column == "value")
        for row in first.rows("kpis.kpi_values")
        if {("kpi", "revenue"), ("grain", "year"), ("scope", "company")} <= set(row)
    }
    assert shown == pytest.approx(float(revenue))


@pytest.mark.parametrize("name", BUILT[1:])
def test_the_mart_is_the_same(name: str, mapped_marts: dict[str, Mart]) -> None:
    assert differences(mapped_marts[BUILT[0]], mapped_marts[name]) == []


def test_a_loaders_tables_give_the_mart_of_the_interface(salesforce_marts: dict[str, Mart]) -> None:
    assert differences(salesforce_marts["api"], salesforce_marts["elt"]) == []


def test_a_report_gives_the_mart_of_the_interface(salesforce_marts: dict[str, Mart]) -> None:
    """But for one column: a report tells the day on which a deal was made, and no moment."""
    api, label = salesforce_marts["api"], salesforce_marts["label"]
    assert differences(api, label, without="created_at") == []
    assert set(label.column(FACT, "created_at")) == {None}
    assert None not in api.column(FACT, "created_at")
