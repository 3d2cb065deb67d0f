"""Names, texts and moments as DuckDB SQL; no statement lives here."""

from datetime import datetime
from pathlib import Path


def quoted(name: str) -> str:
    """The identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | Path) -> str:
    """The text or path in single quotes."""
    return "'" + str(value).replace("'", "''") + "'"


def moment(value: datetime) -> str:
    """The naive UTC moment as a timestamp literal."""
    return f"timestamp '{value.isoformat(sep=' ')}'"


def path_list(paths: list[Path]) -> str:
    """The paths as a list literal, for read_parquet."""
    return "[" + ", ".join(literal(path) for path in paths) + "]"
