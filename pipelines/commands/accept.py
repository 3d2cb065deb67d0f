"""Takes a person's decision to apply a held batch."""

from pipelines.commands import console
from pipelines.extract.accept import accept as decide
from pipelines.lock import single_run
from pipelines.settings import Settings


def accept(settings: Settings, batch: str, *, reason: str) -> None:
    """The batch is accepted, and the command that applies it is named.

    Raises:
        ConfigError: no such batch is held, or the reason is empty.
    """
    with single_run(settings, purpose="accept"):
        decide(settings, batch, reason=reason)
    console.done(
        console.out(), f"{batch} is accepted; the next run applies it: [command]kpimart run[/]"
    )
