"""The page about company files says what objects.yml and the templates say, and no more."""

import re

import pytest
import yaml

from pipelines.commands.init import COMPANY_TEMPLATES
from pipelines.extract.objects import ObjectShape, object_shapes
from pipelines.extract.templates import COMPANY_FILES, needed_columns, template_columns
from pipelines.settings import load_settings
from tests.conventions.test_pages import blocks, only, rows_of, text_of

PAGE = "docs/company-files.md"


def described(shape: ObjectShape) -> list[list[str]]:
    """A row per column of the template: name, type, unit, whether mandatory, description."""
    columns = (shape.columns[name] for name in template_columns(shape))
    return [
        [f"`{one.name}`", one.type, one.unit or "", mandatory(shape, one.name), one.description]
        for one in columns
    ]


def mandatory(shape: ObjectShape, column: str) -> str:
    """A key of one column is never empty."""
    if column in shape.filled or (column,) == shape.key:
        return "filled"
    return "yes" if column in needed_columns(shape) else ""


def section(name: str) -> str:
    after = re.split(rf"^## {name}$", text_of(PAGE), flags=re.MULTILINE)[1]
    return re.split(r"^## ", after, flags=re.MULTILINE)[0]


def test_every_company_file_has_a_section() -> None:
    titles = re.findall(r"^## (\w+)$", text_of(PAGE), re.MULTILINE)
    assert tuple(titles) == COMPANY_FILES


@pytest.mark.parametrize("name", COMPANY_FILES)
def test_the_columns_are_those_of_the_template(name: str) -> None:
    assert rows_of(PAGE, title=name) == described(object_shapes()[name])


@pytest.mark.parametrize("name", COMPANY_FILES)
def test_description_key_and_meanings_are_told(name: str) -> None:
    shape, told = object_shapes()[name], " ".join(section(name).split())
    assert told.startswith(shape.description)
    assert f"Key: {', '.join(f'`{column}`' for column in shape.key)}." in told
    for column in shape.columns.values():
        if column.meanings:
            assert f"Meanings of `{column.name}`: {', '.join(column.meanings)}." in told


@pytest.mark.parametrize("name", COMPANY_FILES)
def test_the_example_is_the_template(name: str) -> None:
    (block,) = blocks(f"csv {name}", PAGE)
    assert f"{block.text}\n" == (COMPANY_TEMPLATES / f"{name}.csv").read_text(encoding="utf-8")


def test_the_source_of_the_page_loads(tmp_path) -> None:
    config = {
        "company": {"name": "A", "currency": "EUR", "timezone": "Europe/Vienna"},
        **yaml.safe_load(only("yaml company", PAGE)),
    }
    path = tmp_path / "kpimart.yml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    (source,) = load_settings(path).sources
    assert set(source.objects) < set(COMPANY_FILES)


@pytest.mark.parametrize("name", COMPANY_FILES)
def test_a_page_that_says_otherwise_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = re.sub(r"\| (filled|yes) \|", "|  |", text_of(PAGE))
    monkeypatch.setattr("tests.conventions.test_pages.text_of", lambda page: text)
    assert rows_of(PAGE, title=name) != described(object_shapes()[name])
