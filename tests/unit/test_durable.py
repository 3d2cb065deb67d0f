"""Durable steps: whole or not at all, synced in order, with a named point between two effects."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import durable


class Stopped(BaseException):
    """Stands for an interrupt: no handler of the product catches it."""


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The inodes that were synced, in order."""
    found: list[int] = []
    fsync = os.fsync

    def noted(handle: int) -> None:
        found.append(os.fstat(handle).st_ino)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A company's folder, which holds a config at least."""
    (tmp_path / "kpimart.yml").touch()
    return tmp_path


def _held(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.suffix != ".yml"}


def _points(folder: Path, step) -> list[str]:
    points: list[str] = []
    with durable.watched(points.append, below=folder):
        step()
    return points


def test_a_file_is_synced_before_it_is_renamed_and_its_folder_after(folder, synced):
    path, temporary = folder / "a.txt", folder / ".a.txt.tmp"
    path.write_text("old")
    seen = {}

    def look(point):
        inode = temporary.stat().st_ino if temporary.exists() else path.stat().st_ino
        seen[point] = (path.read_text(), inode in synced, folder.stat().st_ino in synced)

    with durable.watched(look, below=folder):
        durable.write_text(path, "new")
    assert seen == {
        "file begun: a.txt": ("old", False, False),
        "file written: a.txt": ("old", True, False),
        "file renamed: a.txt": ("new", True, False),
        "folder synced: .": ("new", True, True),
    }


def test_a_link_is_replaced_in_one_step(folder, synced):
    path = folder / "link"
    seen = []
    with durable.watched(
        lambda point: seen.append((point, path.is_symlink() and str(path.readlink()))),
        below=folder,
    ):
        durable.link(path, Path("a"))
        durable.link(path, Path("b"))
    assert seen == [
        ("link begun: link", False),
        ("link made: link", False),
        ("link replaced: link", "a"),
        ("folder synced: .", "a"),
        ("link begun: link", "a"),
        ("link made: link", "a"),
        ("link replaced: link", "b"),
        ("folder synced: .", "b"),
    ]
    assert synced == [folder.stat().st_ino] * 2


def test_what_is_removed_stays_removed(folder, synced):
    (folder / "a").touch()
    (folder / "b").mkdir()
    (folder / "b" / "c").touch()
    assert _points(folder, lambda: durable.remove(folder / "a")) == [
        "removal begun: a",
        "file removed: a",
        "folder synced: .",
    ]
    assert _points(folder, lambda: durable.remove_folder(folder / "b")) == [
        "removal begun: b",
        "folder removed: b",
        "folder synced: .",
    ]
    assert _held(folder) == {}
    assert synced == [folder.stat().st_ino] * 2


def test_a_new_folder_is_synced_before_anything_is_in_it(folder):
    assert _points(folder, lambda: durable.write_text(folder / "a" / "b" / "c", ""))[:5] == [
        "folder made: a",
        "folder synced: .",
        "folder made: a/b",
        "folder synced: a",
        "file begun: a/b/c",
    ]


def test_an_empty_folder_may_be_what_a_kill_left_unsynced(folder):
    (folder / "a").mkdir()
    assert "folder synced: ." in _points(folder, lambda: durable.write_text(folder / "a" / "b", ""))
    assert "folder synced: ." not in _points(
        folder, lambda: durable.write_text(folder / "a" / "c", "")
    )


def test_what_an_earlier_attempt_left_is_gone_before_the_next(folder):
    path = folder / "a.duckdb"
    for name in (".a.duckdb.tmp", ".a.duckdb.tmp.wal"):
        (folder / name).write_text("half")
    with durable.replacing(path) as temporary:
        assert _held(folder) == {}
        temporary.write_text("whole")
    assert _held(folder) == {"a.duckdb": "whole"}


def test_a_block_that_fails_leaves_the_old_file_alone(folder):
    path = folder / "a.duckdb"
    path.write_text("old")

    def write_half():
        with durable.replacing(path) as temporary:
            temporary.write_text("half")
            temporary.with_name(temporary.name + ".wal").write_text("half")
            raise Stopped

    with pytest.raises(Stopped):
        write_half()
    assert _held(folder) == {"a.duckdb": "old"}


@pytest.mark.parametrize("at", ["file begun", "file written", "file renamed", "folder synced"])
def test_an_interrupt_at_any_point_leaves_a_whole_file_and_no_other(folder, at):
    path = folder / "a.txt"
    path.write_text("old")

    def interrupt(point):
        if point.startswith(at):
            raise Stopped

    with pytest.raises(Stopped), durable.watched(interrupt, below=folder):
        durable.write_text(path, "new")
    is_done = at in ("file renamed", "folder synced")
    assert _held(folder) == {"a.txt": "new" if is_done else "old"}
    assert _points(folder, lambda: None) == []
