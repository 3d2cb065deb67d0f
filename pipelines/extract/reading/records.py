"""Where the records of a CSV begin, counted without DuckDB: the second opinion of the accounting.

Knows quotes, delimiters and line ends, not columns. A file that is regular in all three is counted
from its bytes, 64 of them at a time: 0.1 s for 100 MB, a tenth of what Python's CSV reader takes,
which counts every other file.
"""

import codecs
import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipelines.extract.refusal import RefusedFileError

Lines = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]

BLOCK_BYTES = 1024 * 1024
DOUBLINGS = (1, 2, 4, 8, 16, 32)
LONGEST_LINE_BYTES = 16 * 1024 * 1024


def regular_lines(path: Path, *, delimiter: str, columns: int) -> Lines | None:
    """The line on which each data row of a CSV begins; None when the file is not regular.

    Regular is UTF-8 with quotes around whole fields only, line feeds, with or without a carriage
    return before each, no line too long, and as many delimiters in all as its rows should have. Too
    wide and too narrow rows can make up for each other: DuckDB's reader rejects the narrow ones.
    """
    if columns == 1:
        return None
    found: list[Lines] = []
    scan = _Scan(delimiter=ord(delimiter))
    with path.open("rb") as file:
        if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            file.seek(0)
        while block := file.read(BLOCK_BYTES):
            rest = file.readline(LONGEST_LINE_BYTES)
            if len(rest) == LONGEST_LINE_BYTES:
                return None
            block += rest
            lines = scan.record_lines(block if block.endswith(b"\n") else block + b"\n")
            if lines is None:
                return None
            found.append(lines)
    lines = np.concatenate(found) if found else np.array([], dtype=np.int64)
    if scan.is_inside or scan.delimiters != (columns - 1) * len(lines):
        return None
    return lines[1:]


def check_line_lengths(path: Path) -> None:
    """No line is longer than what is read at once.

    Raises:
        RefusedFileError: one is.
    """
    line, length = 1, 0
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            first = block.find(b"\n")
            length += len(block) if first < 0 else first
            if length > LONGEST_LINE_BYTES:
                raise RefusedFileError(
                    f"the line is longer than {LONGEST_LINE_BYTES:,} bytes",
                    remedy="Export it again: a line end or a closing quote is probably missing",
                    line=line,
                )
            if first >= 0:
                line += block.count(b"\n")
                length = len(block) - block.rfind(b"\n") - 1


def record_lines(path: Path, *, delimiter: str, columns: int) -> tuple[Lines, Lines]:
    """The line on which each data row of a CSV begins, broken ones too, whatever the file is like.

    Also the rows, from 1, with one field too many, an empty one at the end, which DuckDB reads as
    if it were not there: the sign of an unquoted delimiter. Where every row has one, none is named:
    such exports end every line with a delimiter.
    """
    starts: list[int] = []
    wide: list[int] = []
    line = 0
    limit = csv.field_size_limit(LONGEST_LINE_BYTES)
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter)
            for record in reader:
                if record or columns == 1:
                    if len(record) == columns + 1 and not record[-1]:
                        wide.append(len(starts))
                    starts.append(line + 1)
                line = reader.line_num
    finally:
        csv.field_size_limit(limit)
    lines = np.array(starts[1:], dtype=np.int64)
    return lines, np.array(wide if len(wide) < len(lines) else [], dtype=np.int64)


class _Scan:
    """A walk over the blocks of a CSV, each of which ends with a line feed."""

    def __init__(self, *, delimiter: int) -> None:
        self._delimiter = delimiter
        self._lines = 0
        self._record_line = 1
        self.delimiters = 0
        self.is_inside = False

    def record_lines(self, block: bytes) -> Lines | None:
        """The lines on which this block's records begin; None when the block is not regular."""
        if b"\0" in block or not _is_utf8(block):
            return None
        data = np.frombuffer(block, dtype=np.uint8)
        at_start = not self.is_inside
        quote = _where(data, ord('"'))
        inside = _inside(quote, is_inside=self.is_inside)
        delimiter = _where(data, self._delimiter) & ~inside
        line_end = _where(data, ord("\n"))
        feed = line_end & ~inside
        returned = _where(data, ord("\r")) if b"\r" in block else np.zeros_like(feed)
        opening, closing = quote & inside, quote & ~inside
        starts = _after(feed, first=at_start)
        is_regular = not (
            (opening & ~(starts | _after(delimiter | closing))).any()
            or (_after(closing) & ~(delimiter | feed | returned | opening)).any()
            or (_after(returned) & ~line_end).any()
        )
        if not is_regular:
            return None
        self.is_inside = bool(inside[-1] >> np.uint64(63))
        self.delimiters += int(np.bitwise_count(delimiter).sum())
        return self._begun(data, feed=feed, empty=feed & (starts | _after(returned & starts)))

    def _begun(self, data: Bytes, *, feed: Bits, empty: Bits) -> Lines:
        """The line on which each record begins; blank lines are none."""
        places = np.flatnonzero(data == ord("\n"))
        numbers = np.arange(self._lines + 1, self._lines + 1 + len(places), dtype=np.int64)
        self._lines += len(places)
        is_end = _bits_at(feed, places)
        starts = np.concatenate(([self._record_line], numbers[is_end] + 1))
        self._record_line = int(starts[-1])
        return starts[:-1][~_bits_at(empty, places[is_end])]


def _is_utf8(block: bytes) -> bool:
    if block.isascii():
        return True
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _where(data: Bytes, byte: int) -> Bits:
    """One bit per byte, in words of 64: set where the byte is this one."""
    packed = np.packbits(data == byte, bitorder="little")
    return np.pad(packed, (0, -len(packed) % 8)).view(np.uint64)


def _inside(quote: Bits, *, is_inside: bool) -> Bits:
    """Set from an opening quote up to the byte before the closing one: the parity of the quotes.

    Within a word by doubling, from word to word by the parity that the words before have.
    """
    inside = quote.copy()
    for shift in DOUBLINGS:
        inside ^= inside << np.uint64(shift)
    odd = np.bitwise_xor.accumulate(inside >> np.uint64(63))
    before = np.concatenate(([np.uint64(0)], odd[:-1]))
    inside ^= np.uint64(0) - (before ^ np.uint64(is_inside))
    return inside


def _after(bits: Bits, *, first: bool = False) -> Bits:
    """Set on the byte that follows a set one; `first` is for the first byte."""
    shifted = bits << np.uint64(1)
    shifted[1:] |= bits[:-1] >> np.uint64(63)
    shifted[0] |= np.uint64(first)
    return shifted


def _bits_at(bits: Bits, places: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    found = bits[places >> 6] >> (places & 63).astype(np.uint64)
    return (found & np.uint64(1)).astype(np.bool_)
