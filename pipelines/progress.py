"""Tells whoever watches how far a run is: the work reports here, a command line listens."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol


class Listener(Protocol):
    """Receives the beginning and end of steps, and notes in between."""

    def started(self, step: str) -> None:
        """A step has begun."""

    def finished(self, step: str, *, seconds: float, detail: str) -> None:
        """A step has ended well."""

    def note(self, text: str) -> None:
        """Something worth a line has happened."""


class _Silent:
    def started(self, step: str) -> None:
        pass

    def finished(self, step: str, *, seconds: float, detail: str) -> None:
        pass

    def note(self, text: str) -> None:
        pass


class Step:
    """A running step; what `detail` holds at its end is shown beside its time."""

    def __init__(self) -> None:
        self.detail = ""


_listener: Listener = _Silent()


def listen(listener: Listener) -> None:
    """From now on, report to this listener."""
    global _listener
    _listener = listener


@contextmanager
def step(name: str) -> Generator[Step]:
    """A named step of a run; its end is reported only when it ends well."""
    _listener.started(name)
    running, begun = Step(), time.perf_counter()
    yield running
    _listener.finished(name, seconds=time.perf_counter() - begun, detail=running.detail)


def finished(step: str, *, seconds: float, detail: str = "") -> None:
    """Report a step that ended, where its beginning was of no interest."""
    _listener.finished(step, seconds=seconds, detail=detail)


def note(text: str) -> None:
    """Report one line."""
    _listener.note(text)
