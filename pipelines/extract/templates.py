"""What a `mapped` source need not say of a file that has the headers of kpimart's own templates.

Their headers are the names of objects.yml, so such an object is named in the config without
`columns`. The files with examples, which `kpimart init` copies, are in commands/templates/company.
"""

from typing import Any

from pipelines.extract.objects import ObjectShape, object_shapes
from pipelines.extract.spelling import Dialect

DIALECT = "template"
# What people keep in spreadsheets, in the order of the page about them.
COMPANY_FILES = (
    "quotas",
    "costs",
    "invoices",
    "exchange_rates",
    "market_size",
    "benchmarks",
    "surveys",
    "web_traffic",
    "holidays",
    "org_changes",
    "users",
)
# A spreadsheet is the whole of its rows: it has neither the moment of a change nor deleted rows.
NOT_IN_TEMPLATES = ("updated_at", "is_deleted")


def template_columns(shape: ObjectShape) -> tuple[str, ...]:
    """The headers of an object's template, in their order."""
    return tuple(name for name in shape.columns if name not in NOT_IN_TEMPLATES)


def needed_columns(shape: ObjectShape) -> tuple[str, ...]:
    """The headers that no such file may lack: what is required, and a key of a single column.

    Of a key of several, the others may be missing: a quota has no team where it has an owner.
    """
    key = shape.key if len(shape.key) == 1 else ()
    return tuple(dict.fromkeys((*key, *shape.required)))


def with_templates(source: dict[str, Any]) -> dict[str, Any]:
    """A `mapped` source in which each object without `columns` has those of its template.

    An object that does not exist is refused by the validation that follows.
    """
    objects = source.get("objects")
    if not isinstance(objects, dict):
        return source
    described = {
        name: _config(name) | (body or {}) if _is_without_columns(body) else body
        for name, body in objects.items()
    }
    return {**source, "objects": described}


def _is_without_columns(body: object) -> bool:
    return body is None or (isinstance(body, dict) and "columns" not in body)


def _config(name: str) -> dict[str, Any]:
    """What the source would have to write."""
    shape = object_shapes().get(name)
    if shape is None:
        return {"columns": {}}
    needed = needed_columns(shape)
    dialect = Dialect(
        name=DIALECT,
        columns={name: (name,) for name in shape.columns},
        dates="YMD",
        decimal=".",
    )
    return {
        "files": f"{shape.name}*",
        "columns": {},
        "dialects": (dialect,),
        "optional": tuple(name for name in shape.columns if name not in needed),
    }
