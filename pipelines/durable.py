"""The durable steps of everything that must survive a power cut: write, replace, link.

A step is done when it returns: file and folder are synced. No other module calls fsync.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_dirs(path: Path) -> None:
    """The folder exists, and so does every name above it, after a power cut too."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        _sync(folder.parent)


@contextmanager
def replacing(path: Path) -> Generator[Path]:
    """A temporary path to write to, which takes the place of `path` when the block ends well.

    Readers see the old file or the whole new one, never a part.
    """
    make_dirs(path.parent)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(path.parent)


def write_text(path: Path, text: str) -> None:
    """The file holds exactly this text."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def link(path: Path, target: Path) -> None:
    """`path` is a symlink to `target`, replaced in one step; `target` may be relative."""
    make_dirs(path.parent)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(path)
    _sync(path.parent)
