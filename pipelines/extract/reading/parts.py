"""The tables within a delivered file: the file itself, the members of an archive, packed or not.

Says what a file is by its name's ending and gives its bytes unpacked; nothing here reads a table.
A member is never written under its own name, and no more is unpacked than the config allows.
"""

import gzip
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal, cast

import zstandard

from pipelines.extract.reading.limits import Limits
from pipelines.extract.refusal import RefusedFileError

Format = Literal["csv", "json", "jsonl", "parquet", "workbook"]
Packing = Literal["", "gz", "zst", "zip"]

FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".xlsx": "workbook",
    ".xlsm": "workbook",
    ".xlsb": "workbook",
    ".xls": "workbook",
    ".ods": "workbook",
}
WORKBOOKS = tuple(ending for ending, found in FORMATS.items() if found == "workbook")
PACKED: dict[str, Packing] = {".gz": "gz", ".zst": "zst"}
READ = ".csv, .txt, .json, .jsonl, .parquet, .xlsx or .xls, packed as .gz, .zst or .zip or not"
BLOCK_BYTES = 1024 * 1024
UNPACKING_ERRORS = (
    EOFError,
    gzip.BadGzipFile,
    zlib.error,
    zstandard.ZstdError,
    zipfile.BadZipFile,
    NotImplementedError,
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One table of a delivered file.

    `member`: its name in an archive; `sheet`: that of its sheet, in a workbook; else empty.
    """

    path: Path
    packing: Packing = ""
    member: str = ""
    sheet: str = ""

    @property
    def place(self) -> str:
        """Where in the file it is; empty for the file itself."""
        return "/".join(filter(None, (self.member, self.sheet)))

    @property
    def ending(self) -> str:
        """The ending of its name once it is unpacked, as .csv."""
        name = self.member or self.path.name[: -len(self.packing) - 1 if self.packing else None]
        return PurePosixPath(name).suffix.lower()

    @property
    def format(self) -> Format:
        """What it is by that ending.

        Raises:
            RefusedFileError: nothing that is read.
        """
        if self.ending not in FORMATS:
            raise RefusedFileError(
                f"{self.ending or 'no extension'!r} is not a format that is read",
                remedy=f"Export it as {READ}; or take it out of landing",
            )
        return FORMATS[self.ending]

    @property
    def kind(self) -> str:
        """The ending and the packing to show, as csv.gz."""
        return ".".join(filter(None, (self.ending.removeprefix("."), self.packing)))

    @contextmanager
    def opened(self) -> Generator[BinaryIO]:
        """Its bytes, unpacked, as a stream.

        Raises:
            RefusedFileError: it cannot be unpacked.
        """
        try:
            with self.path.open("rb") as file, self._unpacked(file) as stream:
                yield stream
        except UNPACKING_ERRORS as error:
            raise _damaged(self.packing, error) from error

    @contextmanager
    def _unpacked(self, file: BinaryIO) -> Generator[BinaryIO]:
        if self.packing == "gz":
            yield cast("BinaryIO", gzip.GzipFile(fileobj=file))
        elif self.packing == "zst":
            yield zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        elif self.packing == "zip":
            with zipfile.ZipFile(file) as archive, archive.open(self.member) as stream:
                yield cast("BinaryIO", stream)
        else:
            yield file

    def unpack(self, target: Path, *, limits: Limits) -> None:
        """Its bytes lie in a file of their own.

        Raises:
            RefusedFileError: it cannot be unpacked, or is larger than allowed.
        """
        written = 0
        with self.opened() as stream, target.open("wb") as file:
            while block := stream.read(BLOCK_BYTES):
                written += len(block)
                if written > limits.unpacked_bytes:
                    raise _too_large(limits.unpacked_bytes)
                file.write(block)


def _damaged(packing: str, error: Exception) -> RefusedFileError:
    return RefusedFileError(
        f"the .{packing} cannot be unpacked: {error}",
        remedy="The transfer was probably cut short; land the file again",
    )


def _too_large(allowed: int) -> RefusedFileError:
    return RefusedFileError(
        f"unpacked it is larger than {allowed:,} bytes",
        remedy="Split it, or allow more with limits.unpacked_bytes in the config",
    )


def parts_of(path: Path, *, limits: Limits) -> list[Part]:
    """The tables of a delivered file: itself, or of an archive the members, by name.

    Raises:
        RefusedFileError: the archive is damaged, empty, locked, larger than allowed, or has a
            member whose name leads elsewhere.
    """
    if path.suffix.lower() == ".zip":
        return _members(path, limits=limits)
    return [file_of(path)]


def file_of(path: Path) -> Part:
    """A delivered file that is no archive."""
    return Part(path=path, packing=PACKED.get(path.suffix.lower(), ""))


def _members(path: Path, *, limits: Limits) -> list[Part]:
    try:
        with zipfile.ZipFile(path) as archive:
            listed = [info for info in archive.infolist() if not _is_left_out(info)]
    except zipfile.BadZipFile as error:
        raise _damaged("zip", error) from error
    if len(listed) > limits.members:
        raise RefusedFileError(
            f"the zip has {len(listed):,} members, more than {limits.members:,}",
            remedy="Split it, or allow more with limits.members in the config",
        )
    if sum(info.file_size for info in listed) > limits.unpacked_bytes:
        raise _too_large(limits.unpacked_bytes)
    if not listed:
        raise RefusedFileError("the zip is empty", remedy="Export it again")
    return [_member(path, info) for info in sorted(listed, key=lambda info: info.filename)]


def _is_left_out(info: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(info.filename)
    is_hidden = any(part.startswith(".") and part != ".." for part in name.parts)
    return info.is_dir() or is_hidden or name.parts[0] == "__MACOSX"


def _member(path: Path, info: zipfile.ZipInfo) -> Part:
    name = PurePosixPath(info.filename)
    if name.is_absolute() or ".." in name.parts or "\\" in info.filename or ":" in name.parts[0]:
        raise RefusedFileError(
            f"the zip's member {info.filename!r} leads out of its folder",
            remedy="Make the zip again, with plain names",
        )
    if info.flag_bits & 1:
        raise RefusedFileError(
            f"the zip's member {info.filename!r} is locked by a password",
            remedy="Land it unlocked",
        )
    return Part(path=path, packing="zip", member=info.filename)
