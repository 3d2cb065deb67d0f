"""The published versions: which there are, which one the link names, and going back to one.

The journal decides, the link follows: a publish or a decision counts from its journal record on,
and `recover` brings link and files to what the journal says. Everything but `versions` changes
files: the caller holds the lock.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines import durable, journal, progress
from pipelines.errors import ConfigError, KpimartError
from pipelines.publish import records
from pipelines.settings import Settings

_NAME = re.compile(r"v(\d{6,})")


@dataclass(frozen=True, kw_only=True)
class Version:
    """One published version, as the journal has it, and what became of its file."""

    version: str
    as_of: datetime
    published_at: datetime
    code_version: str
    spec_version: str
    inputs_digest: str
    rows: int
    bytes: int
    is_current: bool
    is_pinned: bool
    is_kept: bool


@contextmanager
def clear_errors(settings: Settings) -> Generator[None]:
    """Trouble with disk or permissions says what, where and what to do."""
    try:
        yield
    except (OSError, duckdb.IOException) as error:
        raise KpimartError(
            f"{settings.mart_path.parent}: the mart cannot be written: {error}. Readers keep a "
            f"whole version. Check that this user may write there and in {settings.lake_dir}, and "
            "that the disk has room, then run again"
        ) from error


def number_of(version: str) -> int:
    """The running number of a version's name."""
    found = _NAME.fullmatch(version)
    if found is None:
        raise ValueError(f"{version!r} is not the name of a version")
    return int(found.group(1))


def version_path(settings: Settings, version: str) -> Path:
    """The file of a version."""
    return settings.versions_dir / f"{version}.duckdb"


def linked_version(settings: Settings) -> str | None:
    """The version that readers get now; None before the first publish."""
    link = settings.mart_path
    if link.is_symlink():
        return link.readlink().stem
    if link.exists():
        raise KpimartError(
            f"{link}: this is a file, where the link to the published version belongs. Move it "
            "away, then run again"
        )
    return None


def _kept(settings: Settings) -> list[str]:
    """The versions whose file exists, oldest first."""
    names = [path.stem for path in settings.versions_dir.glob("v*.duckdb")]
    return sorted((name for name in names if _NAME.fullmatch(name)), key=number_of)


def _recorded(settings: Settings) -> list[dict[str, Any]]:
    rows = journal.read(settings.lake_dir, "publishes")
    return sorted(rows, key=lambda row: number_of(row["version"]))


def _link_decision(settings: Settings) -> dict[str, Any] | None:
    """The last decision about the link."""
    decisions = journal.read(settings.lake_dir, "decisions")
    about_link = [row for row in decisions if row["decision"] in ("rollback", "pin", "unpin")]
    return about_link[-1] if about_link else None


def _pinned(decision: dict[str, Any] | None) -> str | None:
    return decision["version"] if decision and decision["decision"] == "pin" else None


def _due_version(settings: Settings) -> str | None:
    """The version that the journal wants the link to name; None where it knows none."""
    recorded = [row["version"] for row in _recorded(settings)]
    kept = [version for version in recorded if version_path(settings, version).exists()]
    if not kept:
        return None
    decision = _link_decision(settings)
    wanted = recorded[-1]
    if decision and (
        decision["decision"] == "pin"
        or (decision["decision"] == "rollback" and decision["newest_version"] == wanted)
    ):
        wanted = decision["version"]
    if wanted not in kept:
        progress.note(f"{version_path(settings, wanted)} is gone; the mart is {kept[-1]} instead")
        return kept[-1]
    return wanted


def next_version(settings: Settings) -> str:
    """One more than the highest in the journal and in the folder."""
    known = [*(row["version"] for row in _recorded(settings)), *_kept(settings)]
    return f"v{max(map(number_of, known), default=0) + 1:06d}"


def settle_link(settings: Settings) -> None:
    """The link names the version that the journal wants."""
    due = _due_version(settings)
    if due is not None and linked_version(settings) != due:
        path = version_path(settings, due)
        target = path.relative_to(settings.mart_path.parent)
        durable.link(settings.mart_path, target)


def prune(settings: Settings) -> None:
    """Only the newest versions are kept, and the linked one, though the link may be about to move.

    A reader follows the link first and opens the file then: what it was led to must still exist.
    """
    kept = _kept(settings)
    stays = {*kept[-settings.retention.versions :], linked_version(settings)}
    for version in kept:
        if version not in stays:
            durable.remove(version_path(settings, version))


def recover(settings: Settings) -> None:
    """What a killed publish or rollback left is finished or gone; otherwise nothing changes."""
    with clear_errors(settings):
        linked_version(settings)
        for path in settings.versions_dir.glob("*.tmp*"):
            durable.remove(path)
        recorded = [row["version"] for row in _recorded(settings)]
        for kind in records.OF_A_PUBLISH:
            records.drop_uncommitted(settings.lake_dir, kind, recorded)
        _remove_unrecorded(settings, recorded)
        settle_link(settings)


def _remove_unrecorded(settings: Settings, recorded: list[str]) -> None:
    """The file of a publish that ended before its record; only the next number can be one."""
    number = number_of(recorded[-1]) + 1 if recorded else 1
    version = f"v{number:06d}"
    if version_path(settings, version).exists() and linked_version(settings) != version:
        durable.remove(version_path(settings, version))
        progress.note(f"{version} was never published: its file is removed")


def versions(settings: Settings) -> list[Version]:
    """Every version ever published, the newest first; changes nothing, so it needs no lock."""
    current = linked_version(settings)
    pinned = _pinned(_link_decision(settings))
    taken = {field.name for field in fields(Version)} - {"is_current", "is_pinned", "is_kept"}
    return [
        Version(
            **{name: row[name] for name in taken},
            is_current=row["version"] == current,
            is_pinned=row["version"] == pinned,
            is_kept=version_path(settings, row["version"]).exists(),
        )
        for row in reversed(_recorded(settings))
    ]


def _current(settings: Settings) -> Version:
    return next(version for version in versions(settings) if version.is_current)


def rollback(settings: Settings, version: str, *, pin: bool = False, reason: str) -> Version:
    """Readers get this version until the next publish, or with `pin` until `unpin`.

    Raises:
        ConfigError: there is no such version, or its file is no longer kept; lists the kept ones.
    """
    recover(settings)
    known = versions(settings)
    kept = [one.version for one in known if one.is_kept]
    if version not in kept:
        raise ConfigError(
            f"{version!r} is not a kept version; kept are: {', '.join(kept) or '(none)'}"
        )
    with clear_errors(settings):
        records.append_decision(
            settings.lake_dir,
            "pin" if pin else "rollback",
            version=version,
            newest_version=known[0].version,
            reason=reason,
        )
        settle_link(settings)
    return _current(settings)


def unpin(settings: Settings, *, reason: str = "") -> Version:
    """Readers get the newest version, and again every later one.

    Raises:
        ConfigError: no version is pinned.
    """
    recover(settings)
    pinned = _pinned(_link_decision(settings))
    if pinned is None:
        raise ConfigError("no version is pinned; see: kpimart versions")
    with clear_errors(settings):
        newest = _recorded(settings)[-1]["version"]
        records.append_decision(
            settings.lake_dir, "unpin", version=pinned, newest_version=newest, reason=reason
        )
        settle_link(settings)
    return _current(settings)
