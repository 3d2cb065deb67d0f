"""The shape of the objects a source can deliver, read from objects.yml, its one home."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

ColumnType = Literal[
    "text",
    "id",
    "salesforce_id",
    "money",
    "number",
    "integer",
    "duration",
    "boolean",
    "date",
    "timestamp",
]
PersonalData = Literal["none", "employee", "contact", "free_text"]

SQL_TYPES: dict[ColumnType, str] = {
    "text": "varchar",
    "id": "varchar",
    "salesforce_id": "varchar",
    "money": "decimal(18,2)",
    "number": "decimal(28,9)",
    "integer": "bigint",
    "duration": "bigint",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of an object: its type, unit, personal-data class and description.

    `meanings`: the words its values may be mapped to. `means` and `means_object`: the column and
    object of objects.yml that a tool's column stands for there. `is_dated`: a record belongs to the
    period of this day, so the calendar must hold it. `gather`: it stands for many columns of a
    file, one per stage say; in the lake it is a JSON object of their values, by what tells them.
    """

    name: str
    type: ColumnType
    personal_data: PersonalData
    description: str
    unit: str | None = None
    means: str | None = None
    means_object: str | None = None
    is_dated: bool = False
    gather: bool = False
    meanings: tuple[str, ...] = ()

    @property
    def sql_type(self) -> str:
        """The DuckDB type the column has in the lake."""
        return "varchar" if self.gather else SQL_TYPES[self.type]


@dataclass(frozen=True, kw_only=True)
class ObjectShape:
    """One object: its columns in order, its key, and what a file of it cannot lack.

    `filled`: the columns that no row may leave empty. `feeds`: the objects of objects.yml that are
    made of it; none where it only explains others' values.
    """

    name: str
    description: str
    key: tuple[str, ...]
    required: tuple[str, ...]
    feeds: tuple[str, ...]
    columns: dict[str, Column]
    filled: tuple[str, ...] = ()


def column_of(name: str, spec: dict[str, Any]) -> Column:
    """The column as a YAML file describes it."""
    meanings = tuple(spec.get("meanings", ()))
    return Column(
        name=name, meanings=meanings, **{k: v for k, v in spec.items() if k != "meanings"}
    )


@cache
def object_shapes() -> dict[str, ObjectShape]:
    """Every object by name, in the order of objects.yml."""
    path = Path(__file__).with_name("objects.yml")
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        name: ObjectShape(
            name=name,
            description=body["description"],
            key=tuple(body["key"]),
            required=tuple(body["required"]),
            filled=tuple(body.get("filled", ())),
            feeds=(name,),
            columns={column: column_of(column, spec) for column, spec in body["columns"].items()},
        )
        for name, body in raw.items()
    }
