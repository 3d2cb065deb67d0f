"""What lies in the landing folder, and the content of each file as a hash; nothing is opened here.

Extraction never writes, moves or deletes below landing.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.settings import Settings
from pipelines.sources import Source

UNFINISHED = (".tmp", ".part")
NOT_EXPORTS = ("truth.json",)  # what the simulation knows of its own exports


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One file offered by a source; `name` is its path below the source's folder."""

    source: Source
    path: Path
    name: str

    @property
    def names(self) -> tuple[str, ...]:
        """What patterns are matched against: path and bare name, each also without .gz."""
        both = (self.name, self.path.name)
        return (*both, *(name.removesuffix(".gz") for name in both))

    def sha256(self) -> str:
        """The hash of the content."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def offers(settings: Settings, source: Source) -> Iterator[Offer]:
    """The finished, visible files of one source, by name."""
    folder = settings.landing_dir / source.name
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not hidden and not path.name.endswith(UNFINISHED):
            yield Offer(source=source, path=path, name=inside.as_posix())


def strays(settings: Settings) -> list[str]:
    """Names in landing that belong to no source of the config."""
    known = {source.name for source in settings.sources}
    return sorted(
        path.name
        for path in settings.landing_dir.iterdir()
        if path.name not in (*known, *NOT_EXPORTS) and not path.name.startswith(".")
    )
