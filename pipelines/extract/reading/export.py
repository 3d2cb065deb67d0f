"""An export as rows of text: a DuckDB select of them, what is broken, and how many there are.

Knows files that DuckDB can open, not objects: what a column means and what type it has is decided
elsewhere. How a delivered file becomes one is in `peek` and `prepare`.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from pipelines.extract.delivered import Header
from pipelines.extract.reading import json_lines, records
from pipelines.extract.reading.encodings import UTF8, Encoding
from pipelines.extract.reading.layout import Layout
from pipelines.extract.reading.parts import Format
from pipelines.extract.reading.records import LONGEST_LINE_BYTES, Lines
from pipelines.sql import literal, one_row, quoted

BUFFER_BYTES = 2 * LONGEST_LINE_BYTES


@dataclass(frozen=True, kw_only=True)
class Export:
    """One table as rows of text; DuckDB opens `path`, once the export is prepared.

    `kind`: the format to show. `layout`: of a CSV. `places`: of JSON Lines, the pointer of each
    column. `lines_before`: lines of the delivered file that come before the first one of `path`.
    `remarks`: what stood after the rows, and is no row.
    """

    path: Path
    format: Format
    kind: str
    columns: tuple[str, ...]
    layout: Layout | None = None
    places: tuple[str, ...] = ()
    encoding: Encoding = UTF8
    lines_before: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def raw(self) -> dict[str, str]:
        """The name of each column in SQL: by position, because a header may be any text."""
        return {header: f"_c{place}" for place, header in enumerate(self.columns, start=1)}

    @property
    def delimiter(self) -> str:
        """What is between two cells of a CSV; else empty."""
        return self.layout.delimiter if self.layout else ""

    @property
    def header(self) -> Header:
        """What is kept of it to know it again."""
        return Header(
            columns=self.columns,
            kind=self.kind,
            delimiter=self.delimiter,
            encoding=self.encoding.name,
        )


@dataclass(frozen=True, kw_only=True)
class BrokenLine:
    """A line that is no row: where it is, why, and its text."""

    line: int
    reason: str
    text: str


def with_one_line_end(export: Export, *, scratch: Path) -> Export:
    """A copy of a CSV in which every line ends with a line feed alone; lines keep their number."""
    path = scratch / f"one_line_end_{export.path.name}"
    with (
        export.path.open(encoding="utf-8", errors="surrogateescape") as original,
        path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as copy,
    ):
        shutil.copyfileobj(original, copy, 1024 * 1024)
    return replace(export, path=path)


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
    paths = ", ".join(map(literal, export.places))
    columns = ", ".join(
        f"_values[{place}] as {name}" for place, name in enumerate(export.raw.values(), start=1)
    )
    return (
        f"select {columns}, line as _line_text, "
        "case when not _is_object and trim(line) <> '' then 'the line is not a JSON object' end "
        "as _broken from (select line, _is_object, case when _is_object then "
        f"json_extract_string(line, [{paths}]) end as _values from (select line, "
        "coalesce(case when json_valid(line) then json_type(line) = 'OBJECT' end, false) "
        f"as _is_object from {json_lines.lines(export.path)}))"
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
            line=_line_at(content, newlines, int(position) - 1) + export.lines_before,
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
        lines = records.regular_lines(
            export.path, delimiter=export.delimiter, columns=len(export.columns)
        )
        return None if lines is None else lines + export.lines_before
    count = _text_lines(export.path) if export.format == "jsonl" else _parquet_rows(export.path)
    return np.arange(1, count + 1)


def independent_lines(export: Export) -> tuple[Lines, Lines]:
    """The lines of the data rows, whatever the file is like, and the rows that are too wide."""
    lines = regular_lines(export) if export.format != "csv" else None
    if lines is not None:
        return lines, np.array([], dtype=np.int64)
    records.check_line_lengths(export.path)
    lines, wide = records.record_lines(
        export.path, delimiter=export.delimiter, columns=len(export.columns)
    )
    return lines + export.lines_before, wide


def _parquet_rows(path: Path) -> int:
    with duckdb.connect() as connection:
        query = f"select sum(num_rows) from parquet_file_metadata({literal(path)})"
        return int(one_row(connection, query)[0])
