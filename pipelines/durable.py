"""The durable steps of everything that must survive a power cut: write, link, remove.

A step is done when it returns: file and folder are synced. No other module syncs, renames, links.
Between any two effects lies a named point, as `file renamed: mart/versions/v000002.duckdb`: what a
process killed there leaves is every effect before it, and none after it.
"""

import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

_at_point: Callable[[str, Path], None] | None = None


def _pass(effect: str, path: Path) -> None:
    """The point after an effect, or before a step's first one; of note to tests only."""
    if _at_point is not None:
        _at_point(effect, path)


@contextmanager
def watched(at_point: Callable[[str], None], *, below: Path) -> Generator[None]:
    """For tests: inside the block, each point that this process passes calls `at_point`.

    Args:
        at_point: gets the point's name; what it raises ends the step there.
        below: the company's folder; a name tells the path below it.
    """

    def named(effect: str, path: Path) -> None:
        at_point(f"{effect}: {path.relative_to(below)}")

    global _at_point
    _at_point = named
    try:
        yield
    finally:
        _at_point = None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(path: Path) -> None:
    _sync(path)
    _pass("folder synced", path)


def _make_dirs(path: Path) -> None:
    """The folder exists, and so does every name above it, after a power cut too.

    A folder gets its first content when it is synced; one without may be what a kill left.
    """
    new = takewhile(lambda folder: not folder.exists() or not any(folder.iterdir()), _up(path))
    for folder in reversed(list(new)):
        folder.mkdir(exist_ok=True)
        _pass("folder made", folder)
        _sync_folder(folder.parent)


def _up(path: Path) -> tuple[Path, ...]:
    return path, *path.parents


def _temporary(path: Path) -> Path:
    """Where the successor of a path is made; what an earlier attempt left there is gone.

    A database leaves its log beside it.
    """
    _make_dirs(path.parent)
    temporary = path.with_name(f".{path.name}.tmp")
    _clear(temporary)
    return temporary


def _clear(temporary: Path) -> None:
    for left in temporary.parent.glob(f"{temporary.name}*"):
        left.unlink()


@contextmanager
def replacing(path: Path) -> Generator[Path]:
    """A temporary path to write to, which takes the place of `path` when the block ends well.

    Readers see the old file or the whole new one, never a part.
    """
    temporary = _temporary(path)
    _pass("file begun", path)
    try:
        yield temporary
        _sync(temporary)
        _pass("file written", path)
        temporary.replace(path)
    finally:
        _clear(temporary)
    _pass("file renamed", path)
    _sync_folder(path.parent)


def move(source: Path, temporary: Path) -> None:
    """A file that was written elsewhere is what a `replacing` puts in its place."""
    shutil.move(source, temporary)


def write_text(path: Path, text: str) -> None:
    """The file holds exactly this text."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def share(path: Path, source: Path) -> None:
    """`path` is another name of the file `source`; what had this name before has lost it."""
    with replacing(path) as temporary:
        temporary.hardlink_to(source)


def link(path: Path, target: Path) -> None:
    """`path` is a symlink to `target`, replaced in one step; `target` may be relative."""
    temporary = _temporary(path)
    _pass("link begun", path)
    temporary.symlink_to(target)
    _pass("link made", path)
    temporary.replace(path)
    _pass("link replaced", path)
    _sync_folder(path.parent)


def remove(path: Path) -> None:
    """The file is gone."""
    _pass("removal begun", path)
    path.unlink()
    _pass("file removed", path)
    _sync_folder(path.parent)


def remove_folder(path: Path) -> None:
    """The folder is gone; a kill on the way leaves a part of it."""
    _pass("removal begun", path)
    shutil.rmtree(path)
    _pass("folder removed", path)
    _sync_folder(path.parent)
