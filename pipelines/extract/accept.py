"""A person's decision to apply a held batch; the next extraction carries it out."""

from pathlib import Path

import duckdb

from pipelines import journal
from pipelines.errors import ConfigError
from pipelines.extract import ledger
from pipelines.settings import Settings


def accept(settings: Settings, batch: str, *, reason: str) -> None:
    """The journal says who accepted the batch, when and why.

    Raises:
        ConfigError: no such batch is held, or there is no reason; lists those that are.
    """
    held = ledger.read(settings.lake_dir).held_batches()
    if batch not in {entry.batch for entry in held}:
        listed = "".join(
            f"\n  {entry.batch}: {entry.source}/{entry.file_name}: {entry.reason}" for entry in held
        )
        raise ConfigError(
            f"{batch!r} is not a held batch. "
            + (f"Held are:{listed}" if held else "No batch is held.")
        )
    if not reason.strip():
        raise ConfigError(f"accepting {batch} needs a reason: it is kept in the journal")
    decision = {
        "decision": "accept",
        "batch": batch,
        "reason": reason.strip(),
        "decided_by": journal.author(),
        "decided_at": ledger.now(),
    }
    journal.append_rows(settings.lake_dir, "decisions", [decision])


def accepted_batches(lake_dir: Path) -> dict[str, str]:
    """Who accepted a batch and why, by batch."""
    if not journal.files(lake_dir, "decisions"):
        return {}
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select batch, 'accepted by ' || decided_by || ': ' || reason "
            f"from ({journal.select(lake_dir, 'decisions')}) where decision = 'accept'"
        ).fetchall()
    return {str(batch): str(why) for batch, why in rows}
