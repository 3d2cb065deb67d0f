"""JSON documents as JSON Lines: one record a line, and which columns the records have.

An API's answer wraps its records (`results`, `data`, `records`), and a record its values
(`properties`, `attributes`): both wrappers are taken off. Other objects within a record become
columns named by their path, as `account.id`; lists stay JSON.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from pipelines.extract.reading import records
from pipelines.extract.reading.limits import Limits
from pipelines.extract.refusal import RefusedFileError
from pipelines.sql import literal, one_row

LISTS = ("results", "data", "records", "items", "value", "list")
WRAPPERS = ("properties", "attributes", "fields", "relationships", "data")
RECORD_TYPE = {"type", "url"}  # what Salesforce's REST answer says of each record
DEEPEST = 4
NO_DELIMITER = "\x01"


def lines(path: Path) -> str:
    """A table function that gives each line of a file as `line`."""
    return (
        f"read_csv({literal(path)}, auto_detect => false, header => false, "
        f"delim => '{NO_DELIMITER}', quote => '', escape => '', columns => {{'line': 'VARCHAR'}}, "
        f"max_line_size => {records.LONGEST_LINE_BYTES})"
    )


def begins_as_lines(first: str) -> bool:
    """True where the first line of a text is a record, and another follows."""
    line, _, rest = first.lstrip("\ufeff \t\r\n").partition("\n")
    try:
        return isinstance(json.loads(line), dict) and rest.lstrip().startswith("{")
    except (json.JSONDecodeError, RecursionError):
        return False


def write_lines(
    path: Path, target: Path, *, limits: Limits, connection: duckdb.DuckDBPyConnection
) -> None:
    """The records of a JSON document (UTF-8) are lines of `target`.

    Raises:
        RefusedFileError: no JSON, too large to be read at once, or without a list of records.
    """
    if path.stat().st_size > limits.json_bytes:
        raise RefusedFileError(
            f"a JSON document of more than {limits.json_bytes:,} bytes",
            remedy="Export one JSON object per line, or allow more with limits.json_bytes in the "
            "config",
        )
    document = f"(select content from read_text({literal(path)}))"
    (is_valid,) = one_row(connection, f"select json_valid(content) from {document}")
    if not is_valid:
        raise _invalid(path)
    connection.execute(
        f"copy (select cast(record as varchar) from (select "
        f"unnest({_records(connection, document)}) as record from {document})) "
        f"to {literal(target)} "
        f"(format csv, header false, delimiter '{NO_DELIMITER}', quote '', escape '')"
    )


def _invalid(path: Path) -> RefusedFileError:
    try:
        json.loads(path.read_text(encoding="utf-8-sig", errors="replace"))
    except json.JSONDecodeError as error:
        return RefusedFileError(
            f"no JSON: {error.msg}", remedy="Export it again", line=error.lineno
        )
    except RecursionError:
        return RefusedFileError("JSON nested too deeply", remedy="Export it again")
    return RefusedFileError("no JSON that can be read", remedy="Export it again")


def _records(connection: duckdb.DuckDBPyConnection, document: str) -> str:
    """The records of a document, as SQL over its content; one record alone is a list of itself."""
    (kind,) = one_row(connection, f"select json_type(content) from {document}")
    if kind == "ARRAY":
        return "cast(json(content) as json[])"
    found = connection.execute(
        f"select entry.key from {document}, json_each(content) as entry "
        "where entry.type = 'ARRAY' and (json_array_length(entry.value) = 0 "
        "or json_type(entry.value, '$[0]') = 'OBJECT') order by entry.id"
    ).fetchall()
    keys = [str(key) for (key,) in found]
    known = [key for key in LISTS if key in keys]
    if known or len(keys) == 1:
        place = literal(f"/{_escaped([*known, *keys][0])}")
        return f"cast(json_extract(content, {place}) as json[])"
    if kind == "OBJECT" and not keys:
        return "[json(content)]"
    raise RefusedFileError(
        f"several lists of records: {', '.join(keys)}" if keys else "no list of records",
        remedy="Export one list, or one JSON object per line",
    )


def columns_of(path: Path, *, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The place of every value in the records (a JSON pointer) by its column's name.

    Raises:
        RefusedFileError: no line holds an object.
    """
    records.check_line_lengths(path)
    (structure,) = one_row(
        connection,
        f"select json_group_structure(try_cast(line as json)) from {lines(path)} "
        "where case when json_valid(line) then json_type(line) = 'OBJECT' end",
    )
    found = json.loads(structure) if structure else None
    if not isinstance(found, dict) or not found:
        raise RefusedFileError(
            "no line holds a JSON object", remedy="Export one JSON object per line", line=1
        )
    columns: dict[str, str] = {}
    for place in _leaves(found):
        short = ".".join((*(key for key in place[:-1] if key not in WRAPPERS), place[-1]))
        name = short if short not in columns else ".".join(place)
        columns[name] = "".join(f"/{_escaped(key)}" for key in place)
    return columns


def _leaves(structure: dict[str, Any], place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every place that holds a value, outer ones first."""
    inner = {
        key: kind
        for key, kind in structure.items()
        if isinstance(kind, dict) and kind and len(place) < DEEPEST
    }
    yield from ((*place, key) for key in structure if key not in inner)
    for key, kind in inner.items():
        if not (key == "attributes" and set(kind) == RECORD_TYPE):
            yield from _leaves(kind, (*place, key))


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
