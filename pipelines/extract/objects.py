"""The shape of the objects a source can deliver, read from objects.yml, its one home."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

ColumnType = Literal["text", "money", "number", "integer", "boolean", "date", "timestamp"]
PersonalData = Literal["none", "employee", "contact", "free_text"]

SQL_TYPES: dict[ColumnType, str] = {
    "text": "varchar",
    "money": "decimal(18,2)",
    "number": "decimal(28,9)",
    "integer": "bigint",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of an object: its type, unit, personal-data class and description."""

    name: str
    type: ColumnType
    personal_data: PersonalData
    description: str
    unit: str | None = None

    @property
    def sql_type(self) -> str:
        """The DuckDB type the column has in the lake."""
        return SQL_TYPES[self.type]


@dataclass(frozen=True, kw_only=True)
class ObjectShape:
    """One object: its columns in order, its key, and what a file of it cannot lack."""

    name: str
    description: str
    key: tuple[str, ...]
    required: tuple[str, ...]
    columns: dict[str, Column]


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
            columns={
                column: Column(name=column, **spec) for column, spec in body["columns"].items()
            },
        )
        for name, body in raw.items()
    }
