"""Models are described, named, placed and tested as the house agreed; read from dbt's manifest."""

import copy
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

import pytest

from pipelines.extract.objects import ObjectShape, object_shapes
from tests.conventions.house_rules import Statement, output_columns
from tests.dbt_project import Node, Project

MAX_DATA_TESTS = 60
META_COLUMNS = ["_source", "_as_of", "_batch", "_row", "_op"]
PREFIXES = {
    "staging": ("stg_",),
    "touched": ("touched_",),
    "intermediate": ("int_",),
    "marts": ("dim_", "fct_"),
    "kpis": ("kpi_",),
    "quality": (),
}
EMPLOYEE_NAMES = {"user_name", "owner_name", "manager_name"}

Breaks = Callable[[Project], Iterator[str]]


def undescribed_models(project: Project) -> Iterator[str]:
    """Every published model says its grain: "One row per …"."""
    for name, node in project.published().items():
        if not node["description"].startswith("One row"):
            yield f"{name}: the description starts with {node['description'][:30]!r}"


def undescribed_columns(project: Project) -> Iterator[str]:
    """Every published column is described; in marts and kpis it has a type, by contract."""
    for name, node in project.published().items():
        if not node["columns"]:
            yield f"{name}: no columns are described"
        for column in node["columns"].values():
            if not column["description"].strip().endswith("."):
                yield f"{name}.{column['name']}: a description is a sentence"
            if node["schema"] != "quality" and not column["data_type"]:
                yield f"{name}.{column['name']}: data_type is missing"
        if node["schema"] != "quality" and not node["config"]["contract"]["enforced"]:
            yield f"{name}: the contract is not enforced"


def columns_that_differ(project: Project) -> Iterator[str]:
    """A published model lists its columns, and YAML describes exactly these, in their order."""
    for name, node in project.published().items():
        selected = selected_columns(project, node)
        described = list(node["columns"])
        if not selected:
            yield f"{name}: columns come from another relation's star; list them"
        elif selected != described:
            yield f"{name}: selects {selected}, YAML describes {described}"


def selected_columns(project: Project, node: Node) -> list[str]:
    """The columns that a compiled model lists itself; none where a star takes another's."""
    names_need_no_dialect = ""
    statement = Statement(node["name"], project.spark_sql(node), dialect=names_need_no_dialect)
    return list(output_columns(statement) or ())


def untested_keys(project: Project) -> Iterator[str]:
    """The first column of a dimension or fact is its key, tested to be unique and not null."""
    tested = {
        (test["attached_node"], test["test_metadata"]["name"], test["column_name"])
        for test in project.data_tests.values()
        if test.get("test_metadata")
    }
    for name, node in project.models.items():
        if not name.startswith(("dim_", "fct_")):
            continue
        key = next(iter(node["columns"]), "")
        if not key.endswith(("_key", "_on")):
            yield f"{name}: the first column is its key, not {key!r}"
        for kind in ("unique", "not_null"):
            if (node["unique_id"], kind, key) not in tested:
                yield f"{name}.{key}: no {kind} test"


def misnamed_models(project: Project) -> Iterator[str]:
    """File = relation = model, with the prefix and the schema of its folder."""
    for name, node in project.models.items():
        path = PurePosixPath(node["path"])
        layer = path.parts[0]
        if {path.stem, node["alias"]} != {name}:
            yield f"{node['path']}: file, model {name} and relation {node['alias']} are one name"
        if node["schema"] != layer:
            yield f"{node['path']}: a model of {layer} is built in {node['schema']}"
        if node["config"]["meta"].get("dagster", {}).get("group") != layer:
            yield f"{node['path']}: its Dagster group is that of its folder"
        if layer not in PREFIXES or not name.startswith(PREFIXES[layer] or name):
            yield f"{node['path']}: models of {layer} start with {PREFIXES.get(layer)}"
        if layer == "staging" and not name.startswith(f"stg_{path.parts[1]}__"):
            yield f"{node['path']}: staging models are stg_<system>__<object>"


def staging_that_differs(project: Project) -> Iterator[str]:
    """A staging model yields its key, where a row came from, and its object's columns, in order."""
    staged = {name: node for name, node in project.models.items() if node["schema"] == "staging"}
    shapes: dict[str, ObjectShape] = object_shapes()
    for name in shapes:
        if f"stg_mapped__{name}" not in staged:
            yield f"stg_mapped__{name} is missing"
    for name, node in staged.items():
        selected = selected_columns(project, node)
        shape = shapes.get(name.split("__")[1])
        if shape is None:
            yield f"{name}: objects.yml has no such object"
        elif not selected or not selected[0].endswith("_key"):
            yield f"{name}: the first column is the record's key"
        elif selected[1:] != [*META_COLUMNS, *shape.columns]:
            yield f"{name}: yields {selected}, not a key, {META_COLUMNS} and {[*shape.columns]}"


def personal_columns(project: Project) -> Iterator[str]:
    """Of what objects.yml classes as personal, only names of employees are published."""
    personal = {
        column.name: column.personal_data
        for shape in object_shapes().values()
        for column in shape.columns.values()
        if column.personal_data != "none" and column.name not in EMPLOYEE_NAMES
    }
    for name, node in project.published().items():
        for column in {*node["columns"], *selected_columns(project, node)}:
            words = set(column.split("_"))
            if column in personal or words & {"email", "phone", "mobile", "raw"}:
                yield f"{name}.{column}: {personal.get(column, 'contact')} data is not published"


def too_many_tests(project: Project) -> Iterator[str]:
    """Data tests of a nightly build keep to their budget; each costs 0.06 s."""
    if len(project.data_tests) > MAX_DATA_TESTS:
        yield f"{len(project.data_tests)} data tests, of {MAX_DATA_TESTS} a night"


def misnamed_tests(project: Project) -> Iterator[str]:
    """A data test of its own is an assertion, and says in its first line what holds."""
    for name, test in project.data_tests.items():
        if test.get("test_metadata"):
            continue
        if not name.startswith("assert_"):
            yield f"{name}: a test is named for what it asserts: assert_…"
        if not test["raw_code"].startswith("-- "):
            yield f"{name}: the first line says what holds"


def misnamed_columns(project: Project) -> Iterator[str]:
    """Booleans are is_ or has_, dates _on (or a period's bounds), timestamps _at (or as_of)."""
    for name, node in project.published().items():
        for column in node["columns"].values():
            kind, label = str(column["data_type"] or "").lower(), column["name"]
            if kind == "boolean" and not label.startswith(("is_", "has_")):
                yield f"{name}.{label}: a boolean starts with is_ or has_"
            date_names = ("_on", "_since", "period_start", "period_end")
            if kind == "date" and not label.endswith(date_names):
                yield f"{name}.{label}: a date ends in _on"
            if kind == "timestamp" and not label.endswith(("_at", "as_of")):
                yield f"{name}.{label}: a timestamp ends in _at"


def mixed_types(project: Project) -> Iterator[str]:
    """The same quantity has one name and so one type in every published model."""
    types: dict[str, set[str]] = {}
    for node in project.published().values():
        for column in node["columns"].values():
            if column["data_type"]:
                types.setdefault(column["name"], set()).add(column["data_type"].lower())
    for column, kinds in types.items():
        # a KPI's value is a double, and bears the name of the fact's sum it is made of
        if len(kinds - {"double"}) > 1:
            yield f"{column}: {sorted(kinds)}"


CONVENTIONS: list[Breaks] = [
    undescribed_models,
    undescribed_columns,
    columns_that_differ,
    untested_keys,
    misnamed_models,
    staging_that_differs,
    personal_columns,
    too_many_tests,
    misnamed_tests,
    misnamed_columns,
    mixed_types,
]


@pytest.mark.parametrize("breaks", CONVENTIONS, ids=lambda breaks: breaks.__name__)
def test_no(breaks: Breaks, project: Project) -> None:
    found = list(breaks(project))
    assert not found, "\n".join([str(breaks.__doc__), *(f"  - {one}" for one in found)])


def _changed(project: Project, change: Callable[[Project], None]) -> Project:
    changed = Project(manifest=copy.deepcopy(project.manifest))
    change(changed)
    return Project(manifest=changed.manifest)


def _publish_an_email(project: Project) -> None:
    code = project.models["dim_reps"]["compiled_code"]
    project.models["dim_reps"]["compiled_code"] = code.replace(
        "    rep_id,", "    rep_id, email,", 1
    )


def _add_tests(project: Project) -> None:
    test = next(iter(project.data_tests.values()))
    for number in range(MAX_DATA_TESTS):
        project.manifest["nodes"][f"test.kpimart.more_{number}"] = test | {"name": f"more_{number}"}


def _drop_a_key_test(project: Project) -> None:
    unique_id = project.data_tests["unique_dim_reps_rep_version_key"]["unique_id"]
    del project.manifest["nodes"][unique_id]


def _drop_a_staged_column(project: Project) -> None:
    node = project.models["stg_mapped__users"]
    node["compiled_code"] = node["compiled_code"].replace("    hired_on,\n", "")


INJECTED: list[tuple[Breaks, Callable[[Project], None], str]] = [
    (undescribed_models, lambda p: p.models["dim_reps"].update(description="People."), "dim_reps"),
    (
        undescribed_columns,
        lambda p: p.models["dim_reps"]["columns"]["team"].update(description=""),
        "dim_reps.team",
    ),
    (
        undescribed_columns,
        lambda p: p.models["kpi_values"]["columns"]["value"].update(data_type=None),
        "kpi_values.value",
    ),
    (
        undescribed_columns,
        lambda p: p.models["dim_reps"]["config"]["contract"].update(enforced=False),
        "dim_reps",
    ),
    (columns_that_differ, lambda p: p.models["dim_reps"]["columns"].pop("team"), "dim_reps"),
    (
        columns_that_differ,
        lambda p: p.models["held_batches"].update(compiled_code="select * from run.held_batches"),
        "held_batches",
    ),
    (untested_keys, _drop_a_key_test, "dim_reps.rep_version_key: no unique test"),
    (untested_keys, lambda p: p.models["dim_reps"]["columns"].pop("rep_version_key"), "dim_reps"),
    (misnamed_models, lambda p: p.models["dim_reps"].update(alias="reps"), "one name"),
    (misnamed_models, lambda p: p.models["dim_reps"].update(schema="kpis"), "built in kpis"),
    (
        misnamed_models,
        lambda p: p.models["dim_reps"].update(path="kpis/dim_reps.sql"),
        "models of kpis start with",
    ),
    (staging_that_differs, _drop_a_staged_column, "stg_mapped__users: yields"),
    (
        staging_that_differs,
        lambda p: p.models["stg_mapped__users"].update(name="stg_mapped__people"),
        "stg_mapped__users is missing",
    ),
    (personal_columns, _publish_an_email, "dim_reps.email: contact"),
    (
        personal_columns,
        lambda p: p.models["dim_reps"]["columns"].update(work_phone={"name": "work_phone"}),
        "dim_reps.work_phone: contact",
    ),
    (too_many_tests, _add_tests, "data tests"),
    (
        misnamed_tests,
        lambda p: p.data_tests["assert_opportunities_are_all_there"].update(name="opportunities"),
        "assert_…",
    ),
    (
        misnamed_tests,
        lambda p: p.data_tests["assert_opportunities_are_all_there"].update(raw_code="select 1"),
        "the first line",
    ),
    (
        misnamed_columns,
        lambda p: p.models["dim_reps"]["columns"]["is_deleted"].update(name="deleted"),
        "dim_reps.deleted",
    ),
    (
        misnamed_columns,
        lambda p: p.models["dim_reps"]["columns"]["left_on"].update(name="leave"),
        "dim_reps.leave",
    ),
    (
        mixed_types,
        lambda p: p.models["dim_reps"]["columns"]["source"].update(data_type="integer"),
        "source",
    ),
]


@pytest.mark.parametrize(
    ("breaks", "change", "expected"), INJECTED, ids=lambda part: getattr(part, "__name__", None)
)
def test_a_break_is_found(
    breaks: Breaks, change: Callable[[Project], None], expected: str, project: Project
) -> None:
    found = [*breaks(_changed(project, change))]
    assert any(expected in one for one in found), found


def test_every_convention_was_broken_once() -> None:
    assert {breaks for breaks, _, _ in INJECTED} == set(CONVENTIONS)
