"""The one lock of command line, schedule and UI: one run of a company at a time."""

import json
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.errors import ConfigError, KpimartError
from pipelines.settings import Settings

WAIT_SECONDS = 2.0


@contextmanager
def single_run(
    settings: Settings, *, purpose: str = "run", wait_seconds: float = WAIT_SECONDS
) -> Generator[None]:
    """Nobody else runs, publishes or rolls back this company's mart inside the block.

    The operating system drops the lock with its process, so a killed run never blocks the next.

    Raises:
        ConfigError: another run holds the lock; says which process, since when, doing what.
    """
    path = settings.lock_path
    lock = FileLock(path, timeout=wait_seconds, is_singleton=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise ConfigError(
            f"{path}: another run holds the lock: {_holder(path)}. Wait for its end, or end it, "
            "then try again"
        ) from error
    except OSError as error:
        raise KpimartError(
            f"{path}: the lock cannot be taken: {error}. Make the folder writable for this user"
        ) from error
    try:
        _holder_path(path).write_text(json.dumps(_myself(purpose)), encoding="utf-8")
        yield
    finally:
        _holder_path(path).unlink(missing_ok=True)
        lock.release()


def _holder_path(lock_path: Path) -> Path:
    return lock_path.with_name(lock_path.name + ".holder.json")


def _myself(purpose: str) -> dict[str, object]:
    return {
        "purpose": purpose,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _holder(lock_path: Path) -> str:
    try:
        holder = json.loads(_holder_path(lock_path).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return "a process that has just begun or is just ending"
    return (
        f"kpimart {holder['purpose']}, process {holder['pid']} on {holder['host']}, "
        f"since {holder['since']}"
    )
