"""Contracts of the known tools are whole, and become what a source would have to write."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.errors import ConfigError
from pipelines.extract.objects import object_shapes
from pipelines.extract.systems import contracts, shapes_of, system_names
from pipelines.settings import Settings, load_settings

TOOLS = [name for name in system_names() if name != "mapped"]


def settings_of(folder: Path, **source: Any) -> Settings:
    path = folder / "kpimart.yml"
    config = {
        "company": {"name": "Tiny", "currency": "EUR", "timezone": "Europe/Vienna"},
        "sources": [{"name": "crm", "system": "salesforce", **source}],
    }
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return load_settings(path)


def problem_of(folder: Path, **source: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        settings_of(folder, **source)
    return str(caught.value)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_needs_no_more_than_its_name(tool: str, tmp_path: Path) -> None:
    (source,) = settings_of(tmp_path, system=tool).sources
    assert list(source.objects) == list(shapes_of(tool))
    for name, config in source.objects.items():
        shape = source.shapes[name]
        needed = set(shape.key) | set(shape.required)
        assert needed <= config.named
        assert set(config.optional) == config.named - needed


@pytest.mark.parametrize("tool", TOOLS)
def test_contracts_name_what_objects_yml_has(tool: str) -> None:
    known = object_shapes()
    for shape in contracts()[tool].shapes.values():
        assert set(shape.feeds) <= set(known)
        assert shape.description.endswith(".")
        for column in shape.columns.values():
            assert column.description.endswith("."), f"{shape.name}.{column.name}"
            if column.means:
                assert column.means in known[str(column.means_object)].columns
                assert column.meanings, f"{shape.name}.{column.name}: means a column without words"


@pytest.mark.parametrize("tool", TOOLS)
def test_people_outside_are_classed_as_such(tool: str) -> None:
    for shape in contracts()[tool].shapes.values():
        for name, column in shape.columns.items():
            if name in ("email", "emails"):
                wanted = "employee" if "users" in shape.feeds else "contact"
                assert column.personal_data == wanted, f"{shape.name}.{name}"


def test_times_are_the_tools_and_days_the_companys(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    (source,) = settings.sources
    assert settings.times_timezone(source).key == "UTC"
    assert settings.source_timezone(source).key == "Europe/Vienna"
    settings = settings_of(tmp_path, timezone="Asia/Tokyo")
    (source,) = settings.sources
    assert settings.times_timezone(source).key == "Asia/Tokyo"
    assert settings.source_timezone(source).key == "Asia/Tokyo"


def test_custom_fields_are_named_by_their_header(tmp_path: Path) -> None:
    (source,) = settings_of(
        tmp_path, columns={"account": {"Segment__c": "segment", "Country__c": "billing_country"}}
    ).sources
    columns = source.objects["account"].columns
    assert (columns["segment"], columns["billing_country"]) == ("Segment__c", "Country__c")
    assert "segment" not in source.objects["account"].optional


def test_meanings_are_added_and_stages_replaced(tmp_path: Path) -> None:
    (source,) = settings_of(
        tmp_path,
        objects={
            "lead": {"meanings": {"status": {"Hot": "qualified", "Working - Contacted": "new"}}},
            "opportunity": {"stages": {"Open": "open", "Won": "won", "Lost": "lost"}},
        },
    ).sources
    statuses = source.objects["lead"].meanings["status"]
    assert (statuses["Hot"], statuses["Working - Contacted"]) == ("qualified", "new")
    assert statuses["Closed - Converted"] == "converted"
    assert list(source.objects["opportunity"].stages) == ["Open", "Won", "Lost"]


def test_what_a_tool_does_not_have_is_refused(tmp_path: Path) -> None:
    assert "'salesfroce' is not a system; did you mean salesforce?" in problem_of(
        tmp_path, system="salesfroce"
    )
    assert "'leads' is not an object of salesforce; it has account, contact, lead" in problem_of(
        tmp_path, objects={"leads": {}}
    )
    assert "account.columns: 'segmnet' is not a column of account; did you mean segment?" in (
        problem_of(tmp_path, columns={"account": {"Segment__c": "segmnet"}})
    )


def test_a_meaning_that_has_no_rule_is_refused(tmp_path: Path) -> None:
    told = problem_of(tmp_path, objects={"lead": {"meanings": {"status": {"Hot": "qualifed"}}}})
    assert "lead.meanings.status.Hot: 'qualifed' is not a meaning; did you mean qualified?" in told
    told = problem_of(tmp_path, objects={"lead": {"meanings": {"country": {"AT": "new"}}}})
    assert "lead.meanings.country: only status, lead_source has meanings here" in told
