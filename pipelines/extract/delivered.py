"""What the ledger keeps of a delivered file: enough to know it again without opening it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A file as it was delivered: its path below the source's folder, and what is in it.

    `content`: the SHA-256 of its bytes. `stamp`: another one whenever its content may be, see
    `folders.Found`. `written_at`: naive UTC. `tables`: how many it holds.
    """

    name: str
    content: str
    stamp: str
    written_at: datetime
    tables: int = 1

    @classmethod
    def of(cls, raw: dict[str, Any]) -> "Delivered":
        """The file as JSON gives it."""
        told = {key: value for key, value in raw.items() if key != "written_at"}
        return cls(**told, written_at=datetime.fromisoformat(raw["written_at"]))


@dataclass(frozen=True, kw_only=True)
class Header:
    """The header of a table: its columns in order, and how it was read.

    `kind`: the format to show. `delimiter`: of a CSV. `known`: the header of each canonical column
    that it has; of a gathered one, for each part, as column:part. `kinds`: by header, see
    `kinds.kinds_of`.
    """

    columns: tuple[str, ...]
    kind: str
    delimiter: str = ""
    encoding: str = ""
    known: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, raw: dict[str, Any]) -> "Header":
        """The header as JSON gives it."""
        told = {key: value for key, value in raw.items() if key != "columns"}
        return cls(**told, columns=tuple(raw["columns"]))
