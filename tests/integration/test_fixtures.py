"""Each fixture of a tool's export, named for its oddity, gives the typed rows that stand beside it.

`tests/fixtures/exports/<system>/expected.yml` names the files of the folder; for each, what it is
recognised as and its rows, as the lake holds them. `null` is NULL, every other value is compared as
text. `source`: what the source's config says beside its system.
"""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from pipelines.extract.relations import register
from pipelines.extract.run import extract
from pipelines.extract.systems import contracts
from pipelines.settings import load_settings

EXPORTS = Path(__file__).parents[1] / "fixtures" / "exports"
ZONE = "America/Chicago"
ALLOWED = {"object", "dialect", "oddity", "source", "rows", "skipped", "quarantined"}
Fixture = dict[str, Any]


def _fixtures() -> dict[str, Fixture]:
    found: dict[str, Fixture] = {}
    for path in sorted(EXPORTS.glob("*/expected.yml")):
        listed = yaml.safe_load(path.read_text(encoding="utf-8"))
        found |= {f"{path.parent.name}/{name}": fixture for name, fixture in listed.items()}
    return found


FIXTURES = _fixtures()


@pytest.mark.parametrize("name", FIXTURES)
def test_a_fixture_gives_its_rows(name: str, tmp_path: Path) -> None:
    system, _, file_name = name.partition("/")
    fixture = FIXTURES[name]
    assert set(fixture) <= ALLOWED
    config = {
        "company": {"name": "Tiny", "currency": "USD", "timezone": ZONE},
        "sources": [{"name": "tool", "system": system, **fixture.get("source", {})}],
    }
    path = tmp_path / "kpimart.yml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    (tmp_path / "landing" / "tool").mkdir(parents=True)
    shutil.copy(EXPORTS / name, tmp_path / "landing" / "tool" / file_name)
    settings = load_settings(path)

    (file,) = extract(settings).files

    rows, skipped = fixture["rows"], fixture.get("skipped", 0)
    quarantined: list[str] = fixture.get("quarantined", [])
    assert (file.state, file.object, file.dialect) == (
        *("applied", fixture["object"]),
        fixture["dialect"],
    ), file.reason
    assert file.counts.balances
    assert file.counts.skipped_rows == skipped
    assert file.counts.rows_read == len(rows) + len(quarantined) + skipped
    columns = list(dict.fromkeys(column for row in rows for column in row))
    listed = ", ".join(f"cast({column} as varchar)" for column in columns)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        register(settings, connection)
        found = connection.execute(
            f"select {listed} from lake.{system}__{fixture['object']} order by _row"
        ).fetchall()
        reasons = connection.execute(
            "select reasons from run.quarantined_rows order by row_number"
        ).fetchall()
    assert [dict(zip(columns, row, strict=True)) for row in found] == [
        {column: None if row.get(column) is None else str(row[column]) for column in columns}
        for row in rows
    ]
    assert [reason for (reason,) in reasons] == quarantined


def test_every_file_is_expected_and_every_tool_has_fixtures() -> None:
    on_disk = {
        f"{path.parent.name}/{path.name}"
        for path in EXPORTS.glob("*/*")
        if path.name != "expected.yml"
    }
    assert on_disk == set(FIXTURES)
    assert {name.partition("/")[0] for name in FIXTURES} == set(contracts())


TEXTS = {
    "text": "Some text",
    "id": "A17",
    "salesforce_id": "0015g00000AbCdEAAV",
    "money": "1200.50",
    "number": "0.25",
    "integer": "12",
    "duration": "90",
    "boolean": "true",
    "date": "2026-10-31",
    "timestamp": "2026-10-31T13:45:00Z",
}
# objects so slight that only the name of the file tells them
BY_NAME = {("outreach", "sequences"), ("outreach", "stages")}
SHAPES = [
    (system, name, dialect.name)
    for system, contract in contracts().items()
    for name, config in contract.configs.items()
    for dialect in config["dialects"]
    if set(contract.shapes[name].key) & set(dialect.columns)
]


@pytest.mark.parametrize(("system", "name", "dialect"), SHAPES)
def test_an_export_of_every_dialect_is_recognised_and_typed(
    system: str, name: str, dialect: str, tmp_path: Path
) -> None:
    contract = contracts()[system]
    spelling = next(one for one in contract.configs[name]["dialects"] if one.name == dialect)
    shape = contract.shapes[name]
    headers = {column: names[0].replace("*", "x") for column, names in spelling.columns.items()}
    cells = dict.fromkeys(headers.values(), "")
    for column, header in headers.items():
        cells[header] = cells[header] or TEXTS[shape.columns[column].type]
    config = {
        "company": {"name": "Tiny", "currency": "USD", "timezone": ZONE},
        "sources": [{"name": "tool", "system": system}],
    }
    path = tmp_path / "kpimart.yml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    folder = tmp_path / "landing" / "tool"
    folder.mkdir(parents=True)
    quoted = [['"{}"'.format(t.replace('"', '""')) for t in row] for row in (cells, cells.values())]
    is_by_name = (system, name) in BY_NAME
    file_name = contract.configs[name]["files"].partition("[")[0] if is_by_name else "export"
    (folder / f"{file_name}.csv").write_text("".join(",".join(row) + "\n" for row in quoted))

    (file,) = extract(load_settings(path)).files

    assert (file.state, file.object) == ("applied", name), file.reason
    assert (file.counts.rows_read, file.counts.quarantined_rows) == (1, 0), file.problems
    assert not file.columns_unknown
