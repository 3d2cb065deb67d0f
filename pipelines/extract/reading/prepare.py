"""A delivered CSV as one that DuckDB opens: UTF-8, the header in its first line, rows to its end.

A file that is one already is read where it lies. Of any other, a copy is made in the scratch
folder, once through and line by line as delivered, so that lines keep their numbers.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from pipelines.extract.reading import encodings, layout
from pipelines.extract.reading.encodings import Encoding
from pipelines.extract.reading.export import Export
from pipelines.extract.reading.limits import Limits
from pipelines.extract.reading.parts import Part
from pipelines.extract.reading.records import LONGEST_LINE_BYTES
from pipelines.extract.refusal import RefusedFileError

BLOCK_CHARACTERS = 1024 * 1024
TAIL_BYTES = 64 * 1024


def prepared(export: Export, part: Part, *, limits: Limits, scratch: Path) -> Export:
    """The export, readable by DuckDB.

    Raises:
        RefusedFileError: it cannot be unpacked, or is larger than allowed.
    """
    found = export.layout
    if found is None:
        return export
    path = export.path
    if part.packing and path == part.path:
        path = scratch / "unpacked.csv"
        part.unpack(path, limits=limits)
    is_plain = export.encoding.is_utf8 and found.header_line == 1 and not found.is_wrapped
    if not is_plain or _has_returns_only(path, export.encoding):
        path = _clean_copy(path, scratch / "clean.csv", export)
    path, remarks = _without_remarks(path, export, scratch=scratch)
    return replace(export, path=path, lines_before=found.header_line - 1, remarks=remarks)


def transcoded(export: Export, encoding: Encoding, *, scratch: Path) -> Export:
    """A prepared export whose text turned out not to be UTF-8, as UTF-8."""
    path = encodings.transcoded(export.path, scratch / "utf8.csv", encoding)
    return replace(export, path=path, encoding=encoding)


def rewritten(export: Export, *, scratch: Path) -> Export:
    """A prepared CSV as Python's reader sees it, every cell quoted; lines keep their number."""
    target = scratch / f"rewritten_{export.path.name}"
    limit = csv.field_size_limit(LONGEST_LINE_BYTES)
    try:
        with (
            export.path.open(
                encoding="utf-8-sig", errors="surrogateescape", newline=""
            ) as original,
            target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as copy,
        ):
            writer = csv.writer(
                copy, delimiter=export.delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n"
            )
            writer.writerows(csv.reader(original, delimiter=export.delimiter))
    except csv.Error as error:
        raise RefusedFileError(
            f"a cell cannot be read: {error}", remedy="Export it again"
        ) from error
    finally:
        csv.field_size_limit(limit)
    return replace(export, path=target)


def _has_returns_only(path: Path, encoding: Encoding) -> bool:
    """True of a text whose lines end as on an old Mac."""
    with path.open("rb") as file:
        head = file.read(encodings.HEAD_BYTES)
    text = encodings.decoded_head(head, encoding)
    return "\r" in text and "\n" not in text


def _clean_copy(path: Path, target: Path, export: Export) -> Path:
    """From the header on, in UTF-8, each line as it was before a spreadsheet wrapped it."""
    found, encoding = export.layout, export.encoding
    assert found is not None
    newline = None if _has_returns_only(path, encoding) else ""
    with (
        path.open(encoding=encoding.codec, errors=encoding.errors, newline=newline) as original,
        target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as copy,
    ):
        if encoding.mark:
            original.read(1)
        for _ in range(found.header_line - 1):
            original.readline()
        if found.is_wrapped:
            copy.writelines(_unwrapped(original))
        else:
            while block := original.read(BLOCK_CHARACTERS):
                copy.write(block)
    return target


def _unwrapped(original: TextIO) -> Iterator[str]:
    """What each cell holds that is a line; a line of several cells is one already."""
    limit = csv.field_size_limit(LONGEST_LINE_BYTES)
    try:
        for cells in csv.reader(original, delimiter="\x01"):
            yield f"{cells[0] if cells else ''}\n"
    except csv.Error as error:
        raise RefusedFileError(
            f"a line cannot be unwrapped: {error}", remedy="Export it again as CSV"
        ) from error
    finally:
        csv.field_size_limit(limit)


def _without_remarks(path: Path, export: Export, *, scratch: Path) -> tuple[Path, tuple[str, ...]]:
    """The file without what follows its rows; what that says."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - TAIL_BYTES))
        tail = file.read()
    text = tail.decode("utf-8", errors="surrogateescape")
    taken, remarks = layout.footer(text, delimiter=export.delimiter, columns=len(export.columns))
    if not remarks or taken == len(text):
        return path, ()
    kept = size - len(text[-taken:].encode("utf-8", errors="surrogateescape"))
    target = scratch / "rows.csv"
    with path.open("rb") as original, target.open("wb") as copy:
        left = kept
        while left and (block := original.read(min(left, io.DEFAULT_BUFFER_SIZE * 64))):
            copy.write(block)
            left -= len(block)
    return target, remarks
