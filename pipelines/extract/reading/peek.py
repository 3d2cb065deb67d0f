"""What a part of a delivered file is, before its rows are read: encoding, layout, columns.

A CSV and a Parquet are looked at where they lie. A workbook and a JSON have to be read whole to
know their columns; what was made of them on the way lies in the scratch folder, for `prepare`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.extract.reading import encodings, json_lines, layout, workbooks
from pipelines.extract.reading.encodings import Encoding
from pipelines.extract.reading.export import Export
from pipelines.extract.reading.limits import Limits
from pipelines.extract.reading.parts import Part
from pipelines.extract.refusal import RefusedFileError
from pipelines.sql import literal

BLOCK_CHARACTERS = 1024 * 1024
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # no JSON holds these as they are
FIRST_LINES_BYTES = 2 * encodings.HEAD_BYTES


@dataclass(frozen=True, kw_only=True)
class Hints:
    """What the config says of a source's files, and the names (folded) that columns may have."""

    vocabulary: frozenset[str] = frozenset()
    encoding: str | None = None
    delimiter: str | None = None


def peek(
    part: Part,
    *,
    hints: Hints,
    limits: Limits,
    scratch: Path,
    connection: duckdb.DuckDBPyConnection,
) -> Export:
    """The part with its columns.

    Raises:
        RefusedFileError: not a format that is read, empty, damaged, or without a usable header.
    """
    found = part.format
    if part.path.stat().st_size == 0:
        raise RefusedFileError("the file is empty", remedy="Export it again", line=1)
    if found == "workbook":
        return _of_workbook(part, hints=hints, limits=limits, scratch=scratch)
    if found == "parquet":
        return _of_parquet(part, limits=limits, scratch=scratch)
    encoding = _encoding(part, hints)
    first = _first_text(part, encoding)
    if not first.strip():
        raise RefusedFileError("the file is empty", remedy="Export it again", line=1)
    if found == "csv":
        return _of_csv(part, part.path, first, encoding=encoding, hints=hints)
    return _of_json(part, first, encoding=encoding, limits=limits, scratch=scratch, on=connection)


def _encoding(part: Part, hints: Hints) -> Encoding:
    with part.opened() as stream:
        found = encodings.of_stream(stream)
    if hints.encoding and not found.mark:
        return encodings.named(hints.encoding)
    return found


def _first_text(part: Part, encoding: Encoding) -> str:
    with part.opened() as stream:
        head = stream.read(FIRST_LINES_BYTES)
    return encodings.decoded_head(head, encoding)


def _of_csv(part: Part, path: Path, first: str, *, encoding: Encoding, hints: Hints) -> Export:
    found = layout.found(first, vocabulary=hints.vocabulary, delimiter=hints.delimiter)
    return Export(
        path=path,
        format="csv",
        kind=part.kind,
        columns=found.columns,
        layout=found,
        encoding=encoding,
    )


def _of_workbook(part: Part, *, hints: Hints, limits: Limits, scratch: Path) -> Export:
    path = scratch / "sheet.csv"
    workbooks.write_csv(part, path, limits=limits)
    with path.open("rb") as file:
        first = encodings.decoded_head(file.read(FIRST_LINES_BYTES), encodings.UTF8)
    unpacked = Hints(vocabulary=hints.vocabulary, delimiter=",")
    return _of_csv(part, path, first, encoding=encodings.UTF8, hints=unpacked)


def _of_parquet(part: Part, *, limits: Limits, scratch: Path) -> Export:
    path = part.path
    if part.packing:
        path = scratch / "unpacked.parquet"
        part.unpack(path, limits=limits)
    with duckdb.connect() as connection:
        try:
            described = connection.execute(
                f"describe select * from read_parquet({literal(path)})"
            ).fetchall()
        except duckdb.Error as error:
            raise RefusedFileError(
                f"it is not a Parquet file: {str(error).splitlines()[0]}", remedy="Export it again"
            ) from error
    columns = tuple(str(row[0]) for row in described)
    return Export(path=path, format="parquet", kind=part.kind, columns=columns)


def _of_json(
    part: Part,
    first: str,
    *,
    encoding: Encoding,
    limits: Limits,
    scratch: Path,
    on: duckdb.DuckDBPyConnection,
) -> Export:
    """JSON Lines, whatever it was: a document that holds many records has them as lines then."""
    path = part.path
    if part.packing:
        path = scratch / "unpacked.json"
        part.unpack(path, limits=limits)
    path, encoding = _as_utf8(path, encoding, scratch=scratch)
    if part.format == "json" and not json_lines.begins_as_lines(first):
        document, path = path, scratch / "records.jsonl"
        json_lines.write_lines(document, path, limits=limits, connection=on)
    places = json_lines.columns_of(path, connection=on)
    return Export(
        path=path,
        format="jsonl",
        kind=part.kind,
        columns=tuple(places),
        places=tuple(places.values()),
        encoding=encoding,
    )


def _as_utf8(path: Path, encoding: Encoding, *, scratch: Path) -> tuple[Path, Encoding]:
    """The text in UTF-8 with plain line ends, as no line end is part of a JSON value.

    Bytes that are no character are written out, so that their line is no JSON.
    """
    if encoding.is_utf8 and not encoding.mark:
        if encodings.is_plain(path):
            return path, encoding
        with path.open("rb") as file:
            encoding = encodings.of_whole(file)
    target = scratch / "utf8.json"
    errors = "backslashreplace" if encoding.is_utf8 else encoding.errors
    with (
        path.open(encoding=encoding.codec, errors=errors) as original,
        target.open("w", encoding="utf-8", newline="") as copy,
    ):
        if encoding.mark:
            original.read(1)
        while block := original.read(BLOCK_CHARACTERS):
            copy.write(CONTROL.sub(_written_out, block))
    return target, encoding


def _written_out(control: re.Match[str]) -> str:
    return f"\\x{ord(control[0]):02x}"
