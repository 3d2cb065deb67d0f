"""Shows a run's progress: a live line on a terminal, plain lines in a log; on standard error."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from pipelines import progress
from pipelines.commands import figures
from pipelines.commands.console import THEME, err

WORTH_A_LINE_SECONDS = 1.0


class Watcher:
    """Knows which steps run; outer steps and slow inner ones are worth a line when they end."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.running: list[str] = []

    def started(self, step: str) -> None:
        """The step runs, within those that run already."""
        self.running.append(step)
        self.moved()

    def finished(self, step: str, *, seconds: float, detail: str) -> None:
        """The step no longer runs."""
        # a step that failed never ends: it leaves with the one around it
        if step in self.running:
            del self.running[self.running.index(step) :]
        if not self.running or seconds >= WORTH_A_LINE_SECONDS:
            self.ended(step, took=figures.seconds(seconds), detail=detail)
        self.moved()

    def moved(self) -> None:
        """Other steps run now."""

    def ended(self, step: str, *, took: str, detail: str) -> None:
        """A step that is worth a line has ended."""
        raise NotImplementedError


class Terminal(Watcher):
    """The steps that run, live, below a line for each that has ended."""

    def __init__(self, console: Console, status: Status) -> None:
        super().__init__(console)
        self.status = status

    def moved(self) -> None:
        """The live line names the steps that run."""
        self.status.update(escape(" / ".join(self.running) or "working"))

    def ended(self, step: str, *, took: str, detail: str) -> None:
        """A line above the live one."""
        name = "  " * len(self.running) + escape(step)
        self.console.print(f" [ok]✓[/] [quiet]{took:>8}[/]  {name}  [quiet]{escape(detail)}[/]")

    def note(self, text: str) -> None:
        """A line above the live one."""
        self.console.print(f" [warn]![/] {escape(text)}")


class Log(Watcher):
    """Plain lines, without anything that only a terminal understands."""

    def ended(self, step: str, *, took: str, detail: str) -> None:
        """A line with the step, its detail and its time."""
        name = "  " * len(self.running) + step
        self.note(f"{name}: {detail} ({took})" if detail else f"{name} ({took})")

    def note(self, text: str) -> None:
        """A line."""
        self.console.print(text, markup=False, soft_wrap=True)


@contextmanager
def watching() -> Generator[None]:
    """Whoever started the command sees its steps while the block runs."""
    if not err().is_terminal:
        progress.listen(Log(err()))
        yield
        return
    # Dagster puts pipes in the place of the standard streams while a step runs: without a way of
    # its own to the terminal, the live line would end up in the step's log, and never be cleared.
    with os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding=sys.stderr.encoding) as terminal:
        console = Console(file=terminal, theme=THEME, highlight=False, force_terminal=True)
        with console.status("starting", spinner="dots") as status:
            progress.listen(Terminal(console, status))
            yield
