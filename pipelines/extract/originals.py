"""Delivered files as they were, by their content: what a mended contract is read again from.

`originals/<first two>/<sha256>.zst`. A file is kept once, however often and by whatever name it was
delivered, for as long as `retention.originals_days` says.
"""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import zstandard

from pipelines import durable
from pipelines.errors import KpimartError
from pipelines.extract import ledger
from pipelines.extract.landing import content_hash
from pipelines.extract.ledger import Ledger
from pipelines.settings import Settings

LEVEL = 1  # the fastest: exports shrink to a fifth by it already
BLOCK_BYTES = 1024 * 1024


def path_of(settings: Settings, content: str) -> Path:
    """Where the file of this content is kept, if it is."""
    return settings.originals_dir / content[:2] / f"{content}.zst"


def is_kept(settings: Settings, content: str) -> bool:
    """True when the file of this content can be read again."""
    return path_of(settings, content).is_file()


class Packing:
    """Files that are packed aside, one after the other, while others are read."""

    def __init__(self, settings: Settings, *, scratch: Path) -> None:
        self._settings = settings
        self._scratch = scratch
        self._packer = ThreadPoolExecutor(max_workers=1)
        self._packed: dict[str, tuple[Path, Future[None]]] = {}

    def add(self, path: Path, *, content: str) -> None:
        """The file is to be kept, unless it is, or the config wants none."""
        is_wanted = self._settings.retention.originals_days and content not in self._packed
        if is_wanted and not is_kept(self._settings, content):
            packed = self._scratch / f"{content}.zst"
            self._packed[content] = (packed, self._packer.submit(_pack, path, packed))

    def keep(self) -> None:
        """What was added is among the originals from now on."""
        for content, (packed, packing) in self._packed.items():
            packing.result()
            with durable.replacing(path_of(self._settings, content)) as place:
                durable.move(packed, place)

    def close(self) -> None:
        """Nothing is packed any longer; what was not kept is forgotten."""
        self._packer.shutdown(cancel_futures=True)


def _pack(path: Path, packed: Path) -> None:
    packer = zstandard.ZstdCompressor(level=LEVEL)
    with path.open("rb") as file, packed.open("wb") as target:
        packer.copy_stream(file, target, read_size=BLOCK_BYTES, write_size=BLOCK_BYTES)


def unpack(settings: Settings, content: str, target: Path) -> None:
    """The original, as it was delivered.

    Raises:
        KpimartError: what is kept is damaged.
    """
    path = path_of(settings, content)
    with path.open("rb") as file, target.open("wb") as unpacked:
        try:
            zstandard.ZstdDecompressor().copy_stream(file, unpacked)
        except zstandard.ZstdError as error:
            raise _damaged(path) from error
    if content_hash(target) != content:
        raise _damaged(path)


def _damaged(path: Path) -> KpimartError:
    return KpimartError(
        f"{path}: the original is damaged. Take it from a backup, or remove it and put the export "
        "into landing again"
    )


def remove_old(settings: Settings, known: Ledger) -> None:
    """Originals whose file was last recorded longer ago than the config allows are gone."""
    since = ledger.now() - timedelta(days=settings.retention.originals_days)
    recent = {e.delivered.content for e in known.entries if e.delivered and e.recorded_at > since}
    for path in _kept(settings):
        if path.stem not in recent:
            durable.remove(path)


def _kept(settings: Settings) -> Iterable[Path]:
    return sorted(settings.originals_dir.glob("*/*.zst"))
