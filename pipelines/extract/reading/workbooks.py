"""Spreadsheets as CSV: which sheets a workbook has, and one of them as lines of text.

Cells come typed from the file, so dates have one reading: they are written year first.
"""

import csv
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from pipelines.extract.reading.limits import Limits
from pipelines.extract.reading.parts import Part
from pipelines.extract.refusal import RefusedFileError

LARGEST_EXACT = 2**53
WEB_PAGE = (b"<html", b"<!doc", b"<tabl", b"<?xml", b"<meta")


def sheets_of(part: Part, *, limits: Limits) -> list[Part]:
    """The visible sheets of a workbook that hold anything; one that is alone needs no name.

    Raises:
        RefusedFileError: no workbook, locked, too large, or empty.
    """
    workbook = _opened(part, limits=limits)
    names = _names(workbook)
    if not names:
        raise RefusedFileError("the workbook has no cell", remedy="Export it again")
    if len(names) == 1:
        return [part]
    return [replace(part, sheet=name) for name in names]


def write_csv(part: Part, target: Path, *, limits: Limits) -> None:
    """The sheet's rows are lines of a CSV, blank ones too: the line is the row of the sheet.

    Raises:
        RefusedFileError: no workbook, locked or too large.
    """
    workbook = _opened(part, limits=limits)
    name = part.sheet or _names(workbook)[0]
    sheet = workbook.get_sheet_by_name(name)
    first_row = sheet.start[0] if sheet.start else 0
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([] for _ in range(first_row))
        writer.writerows(map(_texts, sheet.iter_rows()))


def _names(workbook: CalamineWorkbook) -> list[str]:
    return [
        meta.name
        for meta in workbook.sheets_metadata
        if meta.typ == SheetTypeEnum.WorkSheet
        and meta.visible == SheetVisibleEnum.Visible
        and workbook.get_sheet_by_name(meta.name).height
    ]


def _opened(part: Part, *, limits: Limits) -> CalamineWorkbook:
    with part.opened() as stream:
        content = stream.read(limits.workbook_bytes + 1)
    if len(content) > limits.workbook_bytes or _unpacked_bytes(content) > limits.workbook_bytes:
        raise RefusedFileError(
            f"the workbook holds more than {limits.workbook_bytes:,} bytes",
            remedy="Export it as CSV, or allow more with limits.workbook_bytes in the config",
        )
    if content.lstrip()[:5].lower() in WEB_PAGE:
        raise RefusedFileError(
            f"it is a web page named {part.ending}",
            remedy="Export it as .csv, or open it in a spreadsheet and save it as .xlsx",
        )
    try:
        return CalamineWorkbook.from_filelike(BytesIO(content))
    except PasswordError as error:
        raise RefusedFileError(
            "the workbook is locked by a password", remedy="Land it unlocked"
        ) from error
    except CalamineError as error:
        raise RefusedFileError(
            f"it cannot be read as a workbook: {error}", remedy="Export it again, or as .csv"
        ) from error


def _unpacked_bytes(content: bytes) -> int:
    """What a workbook that is a zip says that it unpacks to."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return sum(info.file_size for info in archive.infolist())
    except zipfile.BadZipFile:
        return 0


def _texts(cells: list[Any]) -> Iterator[str]:
    return (_TEXTS.get(type(cell), str)(cell) for cell in cells)


def _number(value: float) -> str:
    """Without exponent; of a number that lost digits as it was typed, with it, to be seen."""
    if abs(value) > LARGEST_EXACT:
        return repr(value)
    if value.is_integer():
        return str(int(value))
    return format(Decimal(repr(value)), "f")


def _duration(value: timedelta) -> str:
    hours, rest = divmod(round(value.total_seconds()), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"


_TEXTS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "true" if value else "false",
    float: _number,
    datetime: lambda value: value.isoformat(sep=" "),
    date: date.isoformat,
    time: time.isoformat,
    timedelta: _duration,
}
