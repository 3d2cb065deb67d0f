"""What the relations that dbt reads are made with: names, tables from rows, batches that count."""

from collections.abc import Sequence

import duckdb

from pipelines.extract.ledger import Entry
from pipelines.settings import Settings
from pipelines.sql import quoted


def create_table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: dict[str, str],
    rows: Sequence[Sequence[object]],
) -> None:
    """Table `run.<name>` has these columns and rows, whatever it had before."""
    declared = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns.items())
    connection.execute(f"create or replace table run.{name} ({declared})")
    if rows:
        marks = ", ".join("?" for _ in columns)
        values = ", ".join(f"({marks})" for _ in rows)
        connection.execute(
            f"insert into run.{name} values {values}", [value for row in rows for value in row]
        )


def relation_of(system: str, object_name: str) -> str:
    """The lake's relation that holds an object of a system's sources."""
    return f"lake.{system}__{object_name}"


def configured(settings: Settings, entries: list[Entry]) -> list[Entry]:
    """The batches of objects that the config still names: a source taken out stops counting."""
    objects = {(source.name, name) for source in settings.sources for name in source.objects}
    return [entry for entry in entries if (entry.source, entry.object) in objects]
