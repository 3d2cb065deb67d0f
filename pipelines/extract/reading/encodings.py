"""In which encoding a text was written, told from its bytes alone.

Marks and zero bytes tell UTF-16 and UTF-8; what is no UTF-8 was written with one byte a character,
and of the encodings that exports are found in, the one whose characters make words is taken.
"""

import codecs
import io
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipelines.extract.refusal import RefusedFileError

HEAD_BYTES = 64 * 1024
BLOCK_BYTES = 1024 * 1024
EVIDENCE_BYTES = 4 * 1024 * 1024
LEAST_ZERO_SHARE, MOST_ZERO_SHARE = 0.3, 0.02
MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8 with BOM"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16 LE"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16 BE"),
)
SINGLE_BYTE = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "latin_1": "Latin-1"}
NAMES = {"utf-8": "UTF-8", "utf-16-le": "UTF-16 LE", "utf-16-be": "UTF-16 BE", **SINGLE_BYTE}

FREQUENT_LETTERS = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüßœÄÅÆÇÉÑÖØÜ")
WITHIN_WORDS = frozenset("\u2019")
BESIDE_WORDS = frozenset("\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u2022\u00a0€£¥§©®™°²³½¼«»¿¡·")
UNDECODED = re.compile("[\udc80-\udcff]")
CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f]")
BEYOND_ASCII = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
IN_CONTEXT = re.compile("(?s)(?<=(.))([^\x00-\x7f])(?=(.))")


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """A codec of Python, with the bytes of the mark before the text, and the name to show."""

    codec: str
    name: str
    mark: bytes = b""

    @property
    def errors(self) -> str:
        """What becomes of bytes that are no character: in UTF-8 they stay, and are found later."""
        return "surrogateescape" if self.is_utf8 else "replace"

    @property
    def is_utf8(self) -> bool:
        """True where DuckDB reads the text as it lies."""
        return self.codec == "utf-8"


UTF8 = Encoding(codec="utf-8", name="UTF-8")


def named(name: str) -> Encoding:
    """The encoding that the config names, by Python's name of it.

    Raises:
        LookupError: there is none of this name.
    """
    codec = codecs.lookup(name).name.replace("-", "_")
    folded = {known.replace("-", "_"): known for known in NAMES}
    aliases = {"iso8859_1": "latin_1", "utf_8_sig": "utf_8"}
    found = folded.get(aliases.get(codec, codec), codecs.lookup(name).name)
    return Encoding(codec=found, name=NAMES.get(found, found))


def of_stream(stream: BinaryIO) -> Encoding:
    """The encoding of a text, from its first bytes; where these are UTF-8, the text is.

    Raises:
        RefusedFileError: it holds zero bytes that no UTF-16 has: it is no text.
    """
    head = stream.read(HEAD_BYTES)
    for mark, codec, name in MARKS:
        if head.startswith(mark):
            return Encoding(codec=codec, name=name, mark=mark)
    if b"\0" in head:
        return _wide(head)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return of_whole(io.BytesIO(head), stream)
    return UTF8


def of_whole(*streams: BinaryIO) -> Encoding:
    """The encoding of a text without mark and zeros, from all its lines beyond ASCII.

    UTF-8 with faults stays UTF-8, and its faulty rows are told one by one: where more characters
    are well written than not, somebody wrote UTF-8.
    """
    evidence = b"\n".join(_lines_beyond_ascii(*streams))
    text = evidence.decode("utf-8", errors="surrogateescape")
    faults = len(UNDECODED.findall(text))
    if len(text) - len(text.encode("ascii", errors="ignore")) >= 2 * faults:
        return UTF8
    scores = {codec: _score(evidence, codec) for codec in SINGLE_BYTE}
    best = max(scores, key=lambda codec: scores[codec])
    return Encoding(codec=best, name=SINGLE_BYTE[best])


def is_plain(path: Path) -> bool:
    """True where all of a file is UTF-8 without control characters but line feeds and tabs."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                decoder.decode(block)
                if CONTROL.search(block):
                    return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _lines_beyond_ascii(*streams: BinaryIO) -> Iterator[bytes]:
    """The lines with a byte beyond ASCII, up to so much of them that more would tell no more."""
    found = 0
    for stream in streams:
        while block := stream.read(BLOCK_BYTES):
            if block.isascii():
                continue
            for line in BEYOND_ASCII.findall(block):
                yield line
                found += len(line)
            if found > EVIDENCE_BYTES:
                return


def decoded_head(head: bytes, encoding: Encoding) -> str:
    """The text of a file's first bytes, without the mark; a last character that is cut is left."""
    decoder = codecs.getincrementaldecoder(encoding.codec)(errors="replace")
    return decoder.decode(head.removeprefix(encoding.mark))


def transcoded(path: Path, target: Path, encoding: Encoding) -> Path:
    """The text in UTF-8, without a mark, line ends as they were."""
    with (
        path.open(encoding=encoding.codec, errors=encoding.errors, newline="") as original,
        target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as copy,
    ):
        if encoding.mark:
            original.read(1)
        shutil.copyfileobj(original, copy, BLOCK_BYTES)
    return target


def _wide(head: bytes) -> Encoding:
    """UTF-16 without a mark: every other byte of western text is zero."""
    odd, even = (head[place::2].count(0) / max(1, len(head) // 2) for place in (1, 0))
    if odd >= LEAST_ZERO_SHARE and even <= MOST_ZERO_SHARE:
        return Encoding(codec="utf-16-le", name="UTF-16 LE")
    if even >= LEAST_ZERO_SHARE and odd <= MOST_ZERO_SHARE:
        return Encoding(codec="utf-16-be", name="UTF-16 BE")
    raise RefusedFileError(
        "a zero byte: this is no text",
        remedy="Export it as CSV, or give it the ending that its format has",
        line=head[: head.index(b"\0")].count(b"\n") + 1,
    )


def _score(content: bytes, codec: str) -> float:
    """How well the characters beyond ASCII fit between their neighbours, read with this codec."""
    text = f" {content.decode(codec, errors='replace')} "
    contexts = Counter(match.groups() for match in IN_CONTEXT.finditer(text))
    return sum(_fit(*context) * times for context, times in contexts.items())


def _fit(before: str, character: str, after: str) -> float:
    is_between = before.isalpha() and after.isalpha()
    if character in WITHIN_WORDS and is_between:
        return 2
    if character.isalpha():
        is_alone = not (before.isalpha() or after.isalpha())
        is_misplaced = character.isupper() and before.islower()
        if is_alone or is_misplaced:
            return -1
        return 2 if character in FREQUENT_LETTERS else 1
    if character in BESIDE_WORDS:
        return -0.5 if is_between else 1
    return -2 if not character.isprintable() or character == "\ufffd" else -1
