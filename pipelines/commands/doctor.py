"""Whether this machine and this company's folders are fit for a night; each finding has a remedy.

Leaves nothing behind: what it writes to try a folder out is removed again.
"""

import importlib.metadata
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zoneinfo import available_timezones

from rich.console import Console
from rich.markup import escape

from pipelines import durable
from pipelines.commands import console, figures
from pipelines.errors import ConfigError, KpimartError
from pipelines.extract.folders import landing_of
from pipelines.lock import single_run
from pipelines.settings import PROJECT_DIR, Settings, load_settings

State = Literal["ok", "warn", "fail"]

LOCK_FILE = PROJECT_DIR / "requirements.lock"
OLDEST_PYTHON, FIRST_UNTRIED_PYTHON = (3, 11), (3, 14)
LEAST_FREE_BYTES = 1_000_000_000
FAIL_EXIT_CODE = 2
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*([^\\]+?))?\s*\\?$", re.MULTILINE)
_SIGNS = {"ok": "[ok]✓[/]", "warn": "[warn]![/]", "fail": "[fail]✗[/]"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at; the remedy says what to do where it is not ok."""

    state: State
    subject: str
    found: str
    remedy: str = ""


def doctor(explicit: Path | None, *, as_json: bool) -> int:
    """The exit code: 0 where a night can run, 2 where something prevents it; findings printed."""
    findings = list(examine(explicit))
    if as_json:
        console.print_json(findings)
    else:
        render(findings, to=console.out())
    return FAIL_EXIT_CODE if any(one.state == "fail" for one in findings) else 0


def render(findings: list[Finding], *, to: Console) -> None:
    """A line per finding, its remedy below."""
    to.print()
    width = max(len(one.subject) for one in findings)
    for one in findings:
        to.print(f" {_SIGNS[one.state]} {one.subject:<{width}}  [quiet]{escape(one.found)}[/]")
        if one.remedy:
            to.print(f"   {'':<{width}}  {escape(one.remedy)}")
    to.print()


def examine(explicit: Path | None) -> Iterator[Finding]:
    """Everything there is to look at; without a config, the machine alone."""
    yield _python()
    yield _packages()
    yield _timezones()
    try:
        settings = load_settings(explicit)
    except ConfigError as error:
        yield Finding(
            state="fail",
            subject="config",
            found=str(error),
            remedy="Mend it, then run doctor again",
        )
        return
    yield Finding(state="ok", subject="config", found=str(settings.config_path))
    yield _landing(settings)
    for subject, folder in (("var", settings.var_dir), ("mart", settings.mart_path.parent)):
        yield _writable(subject, folder)
        yield _space(settings, subject, folder)
    yield _links(settings.mart_path.parent)
    yield _lock(settings)
    yield _manifest(settings)


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    lowest, first = (".".join(map(str, v)) for v in (OLDEST_PYTHON, FIRST_UNTRIED_PYTHON))
    is_fit = OLDEST_PYTHON <= sys.version_info[:2] < FIRST_UNTRIED_PYTHON
    return Finding(
        state="ok" if is_fit else "fail",
        subject="python",
        found=found,
        remedy=""
        if is_fit
        else f"Make the environment with Python {lowest} or later, below {first}",
    )


def _packages() -> Finding:
    """The packages of the lock file, at its versions."""
    if not LOCK_FILE.is_file():
        return Finding(
            state="warn",
            subject="packages",
            found=f"{LOCK_FILE} is missing",
            remedy="Restore it: it says which versions were tested together",
        )
    pinned = _pinned(LOCK_FILE.read_text(encoding="utf-8"))
    wrong: list[str] = []
    for name, version in pinned.items():
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{name} is missing")
            continue
        if installed != version:
            wrong.append(f"{name} is {installed}, locked is {version}")
    if wrong:
        return Finding(
            state="fail",
            subject="packages",
            found="; ".join(wrong),
            remedy=f"pip install --require-hashes -r {LOCK_FILE}",
        )
    return Finding(state="ok", subject="packages", found=f"{len(pinned)} at their locked versions")


def _pinned(lock: str) -> dict[str, str]:
    """Name and version of what the lock file wants on this machine."""
    from packaging.markers import Marker

    return {
        name: version
        for name, version, marker in _PINNED.findall(lock)
        if not marker or Marker(marker).evaluate()
    }


def _timezones() -> Finding:
    count = len(available_timezones())
    return Finding(
        state="ok" if count else "fail",
        subject="time zones",
        found=f"{count} known",
        remedy="" if count else "pip install tzdata",
    )


def _landing(settings: Settings) -> Finding:
    try:
        folder = landing_of(settings)
        names = folder.names()
    except KpimartError as error:
        found, _, remedy = str(error).partition(". ")
        return Finding(state="fail", subject="landing", found=found, remedy=remedy)
    missing = [source.name for source in settings.sources if source.name not in names]
    if missing:
        return Finding(
            state="warn",
            subject="landing",
            found=f"no folder of {', '.join(missing)} in {folder}",
            remedy="Make it, and have the exports delivered there",
        )
    return Finding(state="ok", subject="landing", found=str(folder))


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def _writable(subject: str, folder: Path) -> Finding:
    where = _existing(folder)
    is_fit = where.is_dir() and os.access(where, os.W_OK | os.X_OK)
    return Finding(
        state="ok" if is_fit else "fail",
        subject=f"{subject} folder",
        found=str(folder) if is_fit else f"{where} cannot be written to",
        remedy=""
        if is_fit
        else f"Give this user the right to write there, or mend paths.{subject}",
    )


def _space(settings: Settings, subject: str, folder: Path) -> Finding:
    """What a night may need: two marts, and a copy of the last build beside what comes of it."""
    files = (settings.mart_path, settings.base_path)
    needed = max(LEAST_FREE_BYTES, 2 * sum(one.stat().st_size for one in files if one.exists()))
    free = shutil.disk_usage(_existing(folder)).free
    is_fit = free >= needed
    return Finding(
        state="ok" if is_fit else "warn",
        subject=f"{subject} disk",
        found=f"{figures.size(free)} free",
        remedy="" if is_fit else f"Make room: a night may need {figures.size(needed)}",
    )


def _links(folder: Path) -> Finding:
    """The two steps that publishing rests on, tried where it will take them."""
    where = _existing(folder)
    try:
        with tempfile.TemporaryDirectory(prefix=".kpimart-doctor-", dir=where) as name:
            tried = Path(name)
            durable.write_text(tried / "versions" / "a", "a")
            durable.write_text(tried / "versions" / "b", "b")
            for target in ("a", "b"):
                durable.link(tried / "link", Path("versions") / target)
            is_fit = (tried / "link").read_text(encoding="utf-8") == "b"
    except OSError as error:
        return Finding(
            state="fail",
            subject="links and fsync",
            found=f"{where}: {error}",
            remedy="Put the mart on a local POSIX disk (Linux, macOS, WSL), writable for this user",
        )
    return Finding(
        state="ok" if is_fit else "fail",
        subject="links and fsync",
        found="replaced in one step"
        if is_fit
        else f"{where}: a replaced link shows its old target",
        remedy="" if is_fit else "Put the mart on a local POSIX disk",
    )


def _lock(settings: Settings) -> Finding:
    if not settings.lock_path.exists():
        return Finding(state="ok", subject="lock", found="free; nothing has run yet")
    try:
        with single_run(settings, purpose="doctor", wait_seconds=0):
            return Finding(state="ok", subject="lock", found="free")
    except ConfigError as error:
        return Finding(
            state="warn", subject="lock", found=str(error), remedy="A run is under way: let it end"
        )
    except KpimartError as error:
        return Finding(
            state="fail",
            subject="lock",
            found=str(error),
            remedy=f"Give this user the right to write {settings.lock_path}",
        )


def _manifest(settings: Settings) -> Finding:
    from pipelines.transform import manifest_path

    path = manifest_path(settings)
    if path.is_file():
        return Finding(state="ok", subject="dbt manifest", found=str(path))
    return Finding(
        state="ok", subject="dbt manifest", found="not yet there; the first run makes it"
    )
