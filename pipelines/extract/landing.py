"""What lies in the landing folder, and the content of each file as a hash; nothing is opened here.

Extraction never writes, moves or deletes below landing.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipelines.extract.reading import workbooks
from pipelines.extract.reading.limits import Limits
from pipelines.extract.reading.parts import WORKBOOKS, Part, file_of, parts_of
from pipelines.extract.refusal import RefusedFileError
from pipelines.settings import Settings
from pipelines.sources import Source

UNFINISHED = (".tmp", ".part")
NOT_EXPORTS = ("truth.json",)  # what the simulation knows of its own exports


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One table offered by a source; `name` is its path below the source's folder, and within."""

    source: Source
    part: Part
    name: str

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

    def sha256_of(self, content: str) -> str:
        """The hash of this table, given that of the delivered file."""
        if not self.part.place:
            return content
        return hashlib.sha256(f"{content}/{self.part.place}".encode()).hexdigest()


def content_hash(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def offers(settings: Settings, source: Source) -> Iterator[Offer]:
    """The finished, visible files of one source, by name."""
    folder = settings.landing_dir / source.name
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not hidden and not path.name.endswith(UNFINISHED):
            yield Offer(source=source, part=file_of(path), name=inside.as_posix())


def tables(offer: Offer, *, limits: Limits) -> list[Offer]:
    """The tables of an offered file; one that is alone has the file's own name.

    Raises:
        RefusedFileError: the file is outside landing, or cannot be looked into.
    """
    folder = offer.path.parents[offer.name.count("/")]
    if not offer.path.resolve().is_relative_to(folder.resolve()):
        raise RefusedFileError(
            f"it is a link to {offer.path.resolve()}, outside of the source's folder",
            remedy="Put the file itself there",
        )
    found: list[Part] = []
    for part in parts_of(offer.path, limits=limits):
        is_workbook = part.ending in WORKBOOKS
        found += workbooks.sheets_of(part, limits=limits) if is_workbook else [part]
    return [
        Offer(source=offer.source, part=part, name="/".join(filter(None, (offer.name, part.place))))
        for part in found
    ]


def strays(settings: Settings) -> list[str]:
    """Names in landing that belong to no source of the config."""
    known = {source.name for source in settings.sources}
    return sorted(
        path.name
        for path in settings.landing_dir.iterdir()
        if path.name not in (*known, *NOT_EXPORTS) and not path.name.startswith(".")
    )
