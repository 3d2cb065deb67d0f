"""What a source delivered: files, each with its content's hash, and the tables within them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipelines.extract.delivered import Delivered
from pipelines.extract.reading import workbooks
from pipelines.extract.reading.limits import Limits
from pipelines.extract.reading.parts import WORKBOOKS, Part, file_of, parts_of
from pipelines.extract.refusal import RefusedFileError
from pipelines.sources import Source

NOT_EXPORTS = ("truth.json",)  # what the simulation knows of its own exports


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One table offered by a source; `name` is its path below the source's folder, and within.

    `sha256`: the hash of the table: of the file, or of a place in it.
    """

    source: Source
    part: Part
    name: str
    sha256: str
    delivered: Delivered

    @property
    def path(self) -> Path:
        """The delivered file."""
        return self.part.path

    @property
    def names(self) -> tuple[str, ...]:
        """What patterns are matched against: path and bare name, each also unpacked."""
        both = (self.name, PurePosixPath(self.name).name)
        packing = f".{self.part.packing}"
        return (*both, *(name.removesuffix(packing) for name in both))


def still_written() -> RefusedFileError:
    """A file that was not the same at the end of its reading as at the beginning."""
    return RefusedFileError(
        "it changed while it was read: probably its transfer has not ended",
        remedy="The next run takes it up; a name that ends in .part is left alone until then",
    )


def content_hash(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tables(path: Path, *, limits: Limits) -> list[Part]:
    """The tables of a delivered file.

    Raises:
        RefusedFileError: it cannot be looked into.
    """
    found: list[Part] = []
    for part in parts_of(path, limits=limits):
        is_workbook = part.ending in WORKBOOKS
        found += workbooks.sheets_of(part, limits=limits) if is_workbook else [part]
    return found


def offer_of(source: Source, part: Part, delivered: Delivered) -> Offer:
    """The table as an offer; one that is alone in its file has the file's own name."""
    name = "/".join(filter(None, (delivered.name, part.place)))
    content = delivered.content
    sha256 = hashlib.sha256(f"{content}/{part.place}".encode()).hexdigest()
    return Offer(
        source=source,
        part=part,
        name=name,
        sha256=sha256 if part.place else content,
        delivered=delivered,
    )


def known_offer(source: Source, name: str, *, sha256: str, delivered: Delivered) -> Offer:
    """A table that was read before, of a file that is not opened."""
    part = file_of(Path(PurePosixPath(delivered.name).name))
    return Offer(source=source, part=part, name=name, sha256=sha256, delivered=delivered)


def strays(names: Iterable[str], sources: Iterable[Source]) -> list[str]:
    """The names in landing that belong to no source of the config."""
    known = {*(source.name for source in sources), *NOT_EXPORTS}
    return [name for name in names if name not in known and not name.startswith(".")]
