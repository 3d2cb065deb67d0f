"""An export as text: its format, its header, its rows as a DuckDB select, and what is broken in it.

Knows files, not objects: what a column means and what type it has is decided elsewhere.
"""

import codecs
import csv
import gzip
import io
import json
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import duckdb
import numpy as np
import numpy.typing as npt

from pipelines.extract import records
from pipelines.extract.records import LONGEST_LINE_BYTES, Lines
from pipelines.extract.refusal import RefusedFileError
from pipelines.sql import literal, one_row, quoted

Format = Literal["csv", "jsonl", "parquet"]

DELIMITERS = (",", ";", "\t", "|")
FORMATS: dict[str, Format] = {".csv": "csv", ".jsonl": "jsonl", ".parquet": "parquet"}
HEAD_BYTES = 64 * 1024
BUFFER_BYTES = 2 * LONGEST_LINE_BYTES
NO_DELIMITER = "\x01"
GZIP_ERRORS = (EOFError, gzip.BadGzipFile, zlib.error)


@dataclass(frozen=True, kw_only=True)
class Export:
    """One file that can be read as text columns; `path` is what DuckDB opens (never compressed)."""

    path: Path
    format: Format
    columns: tuple[str, ...]
    is_compressed: bool = False
    delimiter: str = ""
    encoding: str = "UTF-8"

    @property
    def raw(self) -> dict[str, str]:
        """The name of each column in SQL: by position, because a header may be any text."""
        return {header: f"_c{place}" for place, header in enumerate(self.columns, start=1)}


@dataclass(frozen=True, kw_only=True)
class BrokenLine:
    """A line that is no row: where it is, why, and its text."""

    line: int
    reason: str
    text: str


def peek(path: Path) -> Export:
    """What a file is, from its first 64 KiB; the columns of a jsonl are those of its first lines.

    Raises:
        RefusedFileError: not a format that is read, empty, binary, or without a usable header.
    """
    is_compressed = path.suffix == ".gz"
    found = FORMATS.get(Path(path.name.removesuffix(".gz")).suffix)
    if found is None or (found == "parquet" and is_compressed):
        raise RefusedFileError(
            f"{path.suffix or 'no extension'!r} is not a format that is read",
            remedy="Export it as .csv, .csv.gz, .jsonl or .parquet, or take it out of landing",
        )
    export = Export(path=path, format=found, columns=(), is_compressed=is_compressed)
    if path.stat().st_size == 0:
        raise RefusedFileError("the file is empty", remedy="Export it again", line=1)
    if found == "parquet":
        return replace(export, columns=_parquet_columns(path), encoding="Parquet")
    head = _head(path, is_compressed=is_compressed)
    text = _decoded(head)
    if not text.strip():
        raise RefusedFileError("the file is empty", remedy="Export it again", line=1)
    encoding = "UTF-8 with BOM" if head.startswith(codecs.BOM_UTF8) else "UTF-8"
    if found == "jsonl":
        return replace(export, columns=_first_keys(text), encoding=encoding)
    delimiter, columns = _header(text)
    return replace(export, delimiter=delimiter, columns=columns, encoding=encoding)


def _head(path: Path, *, is_compressed: bool) -> bytes:
    with path.open("rb") as file:
        if not is_compressed:
            return file.read(HEAD_BYTES)
        try:
            return gzip.GzipFile(fileobj=file).read(HEAD_BYTES)
        except GZIP_ERRORS as error:
            raise _bad_gzip(error) from error


def _bad_gzip(error: Exception) -> RefusedFileError:
    return RefusedFileError(
        f"the gzip cannot be unpacked: {error}",
        remedy="The transfer was probably cut short; land the file again",
    )


def _decoded(head: bytes) -> str:
    remedy = "Export it as CSV in UTF-8"
    if b"\0" in head:
        line = head[: head.index(b"\0")].count(b"\n") + 1
        raise RefusedFileError(
            "a NUL byte: this is a binary or UTF-16 file", remedy=remedy, line=line
        )
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError as error:
        line = head[: error.start].count(b"\n") + 1
        raise RefusedFileError(
            f"byte 0x{head[error.start]:02x} is not UTF-8", remedy=remedy, line=line
        ) from error


def _header(text: str) -> tuple[str, tuple[str, ...]]:
    """The delimiter that gives the most columns, and the names in the first record."""
    headers: dict[str, list[str]] = {}
    for delimiter in DELIMITERS:
        try:
            headers[delimiter] = next(
                csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            )
        except csv.Error as error:
            raise RefusedFileError(
                f"the header cannot be read: {error}", remedy="Export it again as CSV", line=1
            ) from error
    delimiter = max(DELIMITERS, key=lambda candidate: len(headers[candidate]))
    names = [name.strip() for name in headers[delimiter]]
    if not any(names):
        raise RefusedFileError(
            "the first line is blank", remedy="The first line must name the columns", line=1
        )
    given = [name for name in names if name]
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        raise RefusedFileError(
            f"the header names {', '.join(map(repr, twice))} more than once",
            remedy="Rename or drop the second one in the export",
            line=1,
        )
    return delimiter, tuple(
        name or f"column_{position}" for position, name in enumerate(names, start=1)
    )


def _first_keys(text: str) -> tuple[str, ...]:
    keys: dict[str, None] = {}
    for line in text.splitlines()[:100]:
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(row, dict):
            keys.update(dict.fromkeys(str(key) for key in row))
    if not keys:
        raise RefusedFileError(
            "no line holds a JSON object", remedy="Export one JSON object per line", line=1
        )
    return tuple(keys)


def _parquet_columns(path: Path) -> tuple[str, ...]:
    with duckdb.connect() as connection:
        try:
            described = connection.execute(
                f"describe select * from read_parquet({literal(path)})"
            ).fetchall()
        except duckdb.Error as error:
            raise RefusedFileError(
                f"it is not a Parquet file: {str(error).splitlines()[0]}", remedy="Export it again"
            ) from error
    return tuple(str(row[0]) for row in described)


def unpack(export: Export, *, scratch: Path) -> Export:
    """The same export, readable by DuckDB: decompressed below `scratch`, with all columns.

    Raises:
        RefusedFileError: the gzip is cut short or damaged.
    """
    if export.is_compressed:
        plain = scratch / export.path.name.removesuffix(".gz")
        try:
            with gzip.open(export.path) as packed, plain.open("wb") as file:
                shutil.copyfileobj(packed, file, 1024 * 1024)
        except GZIP_ERRORS as error:
            raise _bad_gzip(error) from error
        export = replace(export, path=plain)
    return export


def with_all_columns(export: Export, *, connection: duckdb.DuckDBPyConnection) -> Export:
    """The export with every key that occurs in a jsonl, the first lines' keys first."""
    if export.format != "jsonl":
        return export
    rows = connection.execute(
        f"select distinct unnest(json_keys(line)) as name from {_json_lines(export)} "
        "where json_valid(line) order by name"
    ).fetchall()
    later = [str(row[0]) for row in rows if row[0] not in export.columns]
    return replace(export, columns=(*export.columns, *later))


def with_one_line_end(export: Export, *, scratch: Path) -> Export:
    """A copy of a CSV in which every line ends with a line feed alone; lines keep their number."""
    path = scratch / f"one_line_end_{export.path.name}"
    with (
        export.path.open(encoding="utf-8", errors="surrogateescape") as original,
        path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as copy,
    ):
        shutil.copyfileobj(original, copy, 1024 * 1024)
    return replace(export, path=path)


def _json_lines(export: Export) -> str:
    return (
        f"read_csv({literal(export.path)}, auto_detect => false, header => false, "
        f"delim => '{NO_DELIMITER}', quote => '', escape => '', columns => {{'line': 'VARCHAR'}}, "
        f"max_line_size => {LONGEST_LINE_BYTES})"
    )


def rows_select(
    export: Export, *, connection: duckdb.DuckDBPyConnection, is_strict: bool = False
) -> str:
    """A select of the rows in file order: every column as text, by its raw name, and `_broken`.

    `_broken` is the reason why a line is no row, or NULL. A line of a CSV that is no row is kept
    for `broken_lines`; when `is_strict`, it stops the query.
    """
    if export.format == "csv":
        return _csv_select(export, is_strict=is_strict)
    if export.format == "jsonl":
        return _jsonl_select(export)
    return _parquet_select(export, connection=connection)


def delivered(export: Export) -> str:
    """SQL over those rows: the row as it was delivered, as JSON text. Made only where needed."""
    if export.format == "jsonl":
        return "_line_text"
    pairs = ", ".join(f"{literal(header)}, {name}" for header, name in export.raw.items())
    return f"cast(json_object({pairs}) as varchar)"


def _csv_select(export: Export, *, is_strict: bool) -> str:
    rejects = "" if is_strict else "store_rejects => true, rejects_limit => 0, "
    types = ", ".join(f"'{name}': 'VARCHAR'" for name in export.raw.values())
    return (
        "select *, cast(null as varchar) as _broken "
        f"from read_csv({literal(export.path)}, auto_detect => false, header => true, "
        f"delim => {literal(export.delimiter)}, quote => '\"', escape => '\"', "
        f"columns => {{{types}}}, {rejects}max_line_size => {LONGEST_LINE_BYTES}, "
        f"buffer_size => {BUFFER_BYTES})"
    )


def _jsonl_select(export: Export) -> str:
    escaped = [name.replace("~", "~0").replace("/", "~1") for name in export.columns]
    paths = ", ".join(literal(f"/{name}") for name in escaped)
    columns = ", ".join(
        f"_values[{place}] as {name}" for place, name in enumerate(export.raw.values(), start=1)
    )
    return (
        f"select {columns}, line as _line_text, "
        "case when not _is_object and trim(line) <> '' then 'the line is not a JSON object' end "
        "as _broken from (select line, _is_object, case when _is_object then "
        f"json_extract_string(line, [{paths}]) end as _values from (select line, "
        "coalesce(case when json_valid(line) then json_type(line) = 'OBJECT' end, false) "
        f"as _is_object from {_json_lines(export)}))"
    )


def _parquet_select(export: Export, *, connection: duckdb.DuckDBPyConnection) -> str:
    described = connection.execute(
        f"describe select * from read_parquet({literal(export.path)})"
    ).fetchall()
    columns = ", ".join(
        _as_text(str(header), str(kind), name=export.raw[str(header)])
        for header, kind, *_ in described
    )
    return (
        "select *, cast(null as varchar) as _broken "
        f"from (select {columns} from read_parquet({literal(export.path)}))"
    )


def _as_text(header: str, sql_type: str, *, name: str) -> str:
    """The column as text; a double without exponent, because plain numbers have none."""
    plain = f"cast({quoted(header)} as varchar)"
    if sql_type in ("DOUBLE", "FLOAT"):
        exact = f"cast(try_cast({quoted(header)} as decimal(38, 9)) as varchar)"
        plain = f"coalesce({exact}, {plain})"
    return f"{plain} as {name}"


def broken_lines(export: Export, *, connection: duckdb.DuckDBPyConnection) -> list[BrokenLine]:
    """The lines of a CSV that the last read found to be no rows, in file order."""
    if export.format != "csv":
        return []
    found = connection.execute(
        "select min(line_byte_position), first(error_message order by byte_position), "
        "first(csv_line) from reject_errors group by line_byte_position order by 1"
    ).fetchall()
    if not found:
        return []
    content = np.fromfile(export.path, dtype=np.uint8)
    newlines = np.flatnonzero(content == ord("\n"))
    return [
        BrokenLine(
            line=_line_at(content, newlines, int(position) - 1),
            reason=str(message).splitlines()[0].rstrip("."),
            text=str(text).strip("\r\n"),
        )
        for position, message, text in found
    ]


def _line_at(content: npt.NDArray[np.uint8], newlines: npt.NDArray[np.intp], offset: int) -> int:
    """The line of the first text at or after the offset: DuckDB counts line ends as its start."""
    while offset < len(content) and content[offset] in b"\r\n":
        offset += 1
    return int(np.searchsorted(newlines, offset)) + 1


def _text_lines(path: Path) -> int:
    with path.open("rb") as file:
        blocks = iter(lambda: file.read(1024 * 1024), b"")
        return _count_lines(blocks)


def _count_lines(blocks: Iterator[bytes]) -> int:
    ended, last = 0, b"\n"
    for block in blocks:
        ended += block.count(b"\n")
        last = block
    return ended + (not last.endswith(b"\n"))


def regular_lines(export: Export) -> Lines | None:
    """The lines of the data rows by another way than DuckDB's; None where a CSV is not regular.

    Such a file may hold what DuckDB cannot read. The rows of a Parquet have no lines: numbers.
    """
    if export.format == "csv":
        return records.regular_lines(
            export.path, delimiter=export.delimiter, columns=len(export.columns)
        )
    count = _text_lines(export.path) if export.format == "jsonl" else _parquet_rows(export.path)
    return np.arange(1, count + 1)


def independent_lines(export: Export) -> tuple[Lines, Lines]:
    """The lines of the data rows, whatever the file is like, and the rows that are too wide."""
    lines = regular_lines(export) if export.format != "csv" else None
    if lines is not None:
        return lines, np.array([], dtype=np.int64)
    return records.record_lines(
        export.path, delimiter=export.delimiter, columns=len(export.columns)
    )


def _parquet_rows(path: Path) -> int:
    with duckdb.connect() as connection:
        query = f"select sum(num_rows) from parquet_file_metadata({literal(path)})"
        return int(one_row(connection, query)[0])
