"""The tools that kpimart knows: the contracts in systems/*.yml, as shapes and as config.

A contract says how a tool's files look; it becomes the same shapes and object configs that a
`mapped` source writes by hand, so nothing downstream knows the difference. What the columns mean is
in the staging models.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from pipelines.extract.objects import Column, ObjectShape, column_of, object_shapes
from pipelines.extract.spelling import DIALECTS, Dialect, snake_case

MAPPED = "mapped"
Role = Literal["crm", "outbound"]
FOLDER = Path(__file__).with_name("systems")


@dataclass(frozen=True, kw_only=True)
class Contract:
    """One tool: its objects' shapes, and the config of each as a source would write it.

    `timezone`: of times that carry none. `has_epoch_names`: names of its reports tell the moment.
    """

    name: str
    description: str
    role: Role
    timezone: str
    has_epoch_names: bool
    shapes: dict[str, ObjectShape]
    configs: dict[str, dict[str, Any]]


@cache
def contracts() -> dict[str, Contract]:
    """Every known tool by name, in the order of the files' names."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.yml"))}


def system_names() -> tuple[str, ...]:
    """What a source's `system` may be; `mapped` is any tool that the config describes itself."""
    return (MAPPED, *contracts())


def shapes_of(system: str) -> dict[str, ObjectShape]:
    """The shapes of the objects that a source of this system delivers, by name."""
    return object_shapes() if system == MAPPED else contracts()[system].shapes


def _read(path: Path) -> Contract:
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    objects: dict[str, dict[str, Any]] = raw["objects"]
    return Contract(
        name=path.stem,
        description=raw["description"],
        role=raw.get("role", "crm"),
        timezone=raw["timezone"],
        has_epoch_names=raw.get("epoch_in_names", False),
        shapes={name: _shape(name, body) for name, body in objects.items()},
        configs={name: _config(body, dialects=raw["dialects"]) for name, body in objects.items()},
    )


def _shape(name: str, body: dict[str, Any]) -> ObjectShape:
    return ObjectShape(
        name=name,
        description=body["description"],
        key=tuple(body["key"]),
        required=tuple(body.get("required", ())),
        feeds=tuple(_listed(body.get("feeds"))),
        columns={column: _column(column, spec) for column, spec in body["columns"].items()},
    )


def _column(name: str, spec: dict[str, Any]) -> Column:
    """The column; `means: leads.status` gives it the words of that column of objects.yml."""
    own = {key: value for key, value in spec.items() if key not in (*DIALECTS, "means")}
    means: str | None = spec.get("means")
    if means is None:
        return column_of(name, own)
    object_name, column = means.split(".")
    words = object_shapes()[object_name].columns[column].meanings
    means_of = {"means": column, "means_object": object_name, "meanings": words}
    return column_of(name, {**own, **means_of})


def _config(body: dict[str, Any], *, dialects: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What a `mapped` source would have to write: only key and required columns must be there."""
    spellings = [
        Dialect(
            name=name,
            dates=about.get("dates"),
            decimal=about.get("decimal"),
            is_local=about.get("is_local", False),
            columns=_names(body["columns"], name, prefixes=about.get("prefixes", [])),
        )
        for name, about in dialects.items()
    ]
    known = {column for dialect in spellings for column in dialect.columns}
    needed = (*body["key"], *body.get("required", ()))
    return {
        "files": body["files"],
        "mode": body.get("mode", "snapshot"),
        "columns": {},
        "dialects": spellings,
        "optional": [name for name in body["columns"] if name in known and name not in needed],
        "values": body.get("values", {}),
        "nulls": body.get("nulls", {}),
        "meanings": body.get("meanings", {}),
        "stages": body.get("stages", {}),
    }


def _names(
    columns: dict[str, dict[str, Any]], dialect: str, *, prefixes: list[str]
) -> dict[str, tuple[str, ...]]:
    """The names that a dialect has for each column; loaders write the API's in their own way."""
    names: dict[str, tuple[str, ...]] = {}
    for column, spec in columns.items():
        given = _listed(spec.get(dialect))
        if dialect == "elt":
            given += [snake_case(name) for name in _listed(spec.get("api"))]
        if given:
            names[column] = (*given, *(f"{start}{name}" for start in prefixes for name in given))
    return names


def _listed(value: str | list[str] | None) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def configured(source: dict[str, Any]) -> dict[str, Any]:
    """A source of a known tool as it would be if it were mapped: the contract, then the config.

    `columns: {object: {header: column}}` names custom fields and further headers.

    Raises:
        ValueError: it names an object or a column that the tool does not have.
    """
    contract = contracts()[source["system"]]
    given: dict[str, Any] = source.get("objects") or {}
    headers: dict[str, dict[str, str]] = source.get("columns") or {}
    for name in (*given, *headers):
        if name not in contract.configs:
            known = ", ".join(contract.configs)
            raise ValueError(f"{name!r} is not an object of {contract.name}; it has {known}")
    objects = {
        name: _merged(config, given.get(name) or {}, headers.get(name) or {})
        for name, config in contract.configs.items()
    }
    rest = {key: value for key, value in source.items() if key != "columns"}
    return {"role": contract.role, **rest, "objects": objects}


def _merged(
    default: dict[str, Any], given: dict[str, Any], headers: dict[str, str]
) -> dict[str, Any]:
    """The contract's config with the company's on top; stages are replaced as a whole."""
    named = {column: header for header, column in headers.items()}
    meanings = {**default["meanings"]}
    for column, words in (given.get("meanings") or {}).items():
        meanings[column] = {**meanings.get(column, {}), **words}
    columns = {**default["columns"], **named, **(given.get("columns") or {})}
    return {**default, **given, "columns": columns, "meanings": meanings}
