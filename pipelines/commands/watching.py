"""Shows a run's progress: a live line on a terminal, plain lines in a log; on standard error."""

from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from pipelines import progress
from pipelines.commands import figures
from pipelines.commands.console import err

WORTH_A_LINE_SECONDS = 1.0


class Terminal:
    """The step that runs, live; a line for each finished outer step, and for slow inner ones."""

    def __init__(self, console: Console, status: Status) -> None:
        self.console, self.status = console, status
        self.running: list[str] = []

    def started(self, step: str) -> None:
        """The live line names the step."""
        self.running.append(step)
        self._refresh()

    def finished(self, step: str, *, seconds: float, detail: str) -> None:
        """The step becomes a line above the live one."""
        self._leave(step)
        depth = len(self.running)
        if depth == 0 or seconds >= WORTH_A_LINE_SECONDS:
            told = f"  [quiet]{escape(detail)}[/]" if detail else ""
            took = f"[quiet]{figures.seconds(seconds):>8}[/]"
            self.console.print(f" [ok]✓[/] {took}  {'  ' * depth}{escape(step)}{told}")
        self._refresh()

    def note(self, text: str) -> None:
        """A line above the live one."""
        self.console.print(f" [warn]![/] {escape(text)}")

    def _leave(self, step: str) -> None:
        # a step that failed never ends; it leaves with the one around it
        if step in self.running:
            del self.running[self.running.index(step) :]

    def _refresh(self) -> None:
        self.status.update(escape(" / ".join(self.running)) if self.running else "…")


class Log:
    """A plain line per finished step and per note."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def started(self, step: str) -> None:
        """Nothing: a log has the line of its end."""

    def finished(self, step: str, *, seconds: float, detail: str) -> None:
        """A line with the step, its time and its detail."""
        told = f": {detail}" if detail else ""
        self._print(f"{step}{told} ({figures.seconds(seconds)})")

    def note(self, text: str) -> None:
        """A line with the note."""
        self._print(f"note: {text}")

    def _print(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)


@contextmanager
def watching() -> Generator[None]:
    """Whoever started the command sees its steps while the block runs."""
    console = err()
    if not console.is_terminal:
        progress.listen(Log(console))
        yield
        return
    with console.status("…", spinner="dots") as status:
        progress.listen(Terminal(console, status))
        yield
