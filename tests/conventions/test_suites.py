"""Suites are data that obey the rules of the house; none of this imports Great Expectations."""

import ast
from pathlib import Path

import pytest

from data_quality.checks import Check, Suite, row_count
from data_quality.suites import audit, door
from pipelines.extract.systems import system_names

ROOT = Path(__file__).parents[2]
SUITES = (*door.suites(system_names()), *audit.suites())
CHECKS = [(suite, check) for suite in SUITES for check in suite.checks]


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.table)
def test_every_suite_starts_with_a_row_count(suite: Suite) -> None:
    assert suite.checks[0].counts_rows


@pytest.mark.parametrize(
    ("suite", "check"), CHECKS, ids=lambda part: getattr(part, "name", None) or part.table
)
def test_every_check_says_why_it_matters(suite: Suite, check: Check) -> None:
    assert len(check.reason.split()) >= 6, f"{suite.table}.{check.name}: {check.reason}"


def test_a_table_has_one_suite_per_layer() -> None:
    tables = [(suite.layer, suite.table) for suite in SUITES]
    assert len(set(tables)) == len(tables)


def test_only_validation_imports_great_expectations_and_imports_it_late() -> None:
    importers: dict[str, bool] = {}
    for folder in ("pipelines", "data_quality"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            if _names_great_expectations(tree):
                importers[path.relative_to(ROOT).as_posix()] = any(
                    _is_import(node) for node in tree.body
                )
    assert importers == {"data_quality/validation.py": False}


def _names_great_expectations(tree: ast.Module) -> bool:
    return any(
        _is_import(node)
        or (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.startswith("great_expectations")
        )
        for node in ast.walk(tree)
    )


def _is_import(node: ast.AST) -> bool:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom):
        names = [node.module or ""]
    return any(name.split(".")[0] == "great_expectations" for name in names)


def test_a_suite_without_a_row_count_is_refused() -> None:
    check = Check(name="a", reason="It matters.", severity="warning", sql="select 1 from {batch}")
    with pytest.raises(ValueError, match="first check has to count rows"):
        Suite(layer="audit", table="marts.t", checks=(check,))


def test_a_suite_with_one_name_twice_is_refused() -> None:
    count = row_count(reason="It matters.")
    with pytest.raises(ValueError, match="two checks have one name"):
        Suite(layer="audit", table="marts.t", checks=(count, count))


def test_a_table_without_a_schema_is_refused() -> None:
    with pytest.raises(ValueError, match=r"schema\.name"):
        Suite(layer="audit", table="t", checks=(row_count(reason="It matters."),))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reason": " "}, "reason is missing"),
        ({"sql": None}, "either an expectation or sql"),
        ({"expectation": "ExpectColumnToExist"}, "either an expectation or sql"),
        ({"sql": "select 1 from t"}, "needs {batch}"),
        ({"kwargs": {"column": "a"}}, "takes no kwargs"),
    ],
)
def test_a_check_that_cannot_be_run_is_refused(changes: dict[str, object], message: str) -> None:
    fields: dict[str, object] = {
        "name": "a",
        "reason": "It matters.",
        "severity": "warning",
        "sql": "select 1 from {batch}",
    }
    with pytest.raises(ValueError, match=message):
        Check(**(fields | changes))
