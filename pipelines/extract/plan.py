"""What an extraction will do: every file judged, every load numbered and placed; nothing written.

`run` commits a plan, `inspect` only shows it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from pipelines import progress
from pipelines.extract import accept, landing, ledger, originals
from pipelines.extract.batch import rows_of
from pipelines.extract.changes import Load, Placed, Timeline
from pipelines.extract.delivered import Delivered
from pipelines.extract.folders import Folder
from pipelines.extract.intake import UNNUMBERED, Intake, Pending
from pipelines.extract.ledger import Ledger
from pipelines.extract.outcome import Again, FileOutcome
from pipelines.settings import Settings
from pipelines.sources import Source


@dataclass(kw_only=True)
class Plan:
    """What became of the files, with the loads in their order; `notes`: what else was seen."""

    intake: Intake
    loads: list[Pending]
    notes: list[str] = field(default_factory=list)

    @property
    def known(self) -> Ledger:
        """The ledger as it was before."""
        return self.intake.known


def make(
    settings: Settings,
    known: Ledger,
    folder: Folder,
    *,
    scratch: Path,
    connection: duckdb.DuckDBPyConnection,
    packing: originals.Packing | None = None,
    unfinished: frozenset[tuple[str, str]] = frozenset(),
    again: Again = "",
) -> Plan:
    """The plan for everything that lies in landing, and for every accepted batch.

    `packing`: what packs the files of which something is new, if they are to be kept.
    `unfinished`: files (source and name) that changed while they were read. `again`: which files
    that have left landing are read from the originals: those of which a row was quarantined or
    that were refused, or all.

    Raises:
        ConfigError: an `as_of` that is neither a moment nor a pattern.
    """
    intake = Intake(
        settings=settings,
        folder=folder,
        known=known,
        accepted=accept.accepted_batches(settings.lake_dir),
        scratch=scratch,
        connection=connection,
        packing=packing,
        unfinished=unfinished,
    )
    notes = [
        f"{folder}/{name}: belongs to no source of the config; ignored"
        for name in landing.strays(folder.names(), settings.sources)
    ]
    for source in settings.sources:
        files = list(folder.files(source.name))
        if not files:
            notes.append(f"{folder}/{source.name}: no file of this source")
        for found in files:
            intake.take(source, found)
        landed = {found.name for found in files}
        for delivered in _to_read_again(settings, known, source, again=again):
            if delivered.name not in landed:
                intake.take_again(source, delivered)
    plan = Plan(intake=intake, loads=intake.loads, notes=notes)
    _add_accepted(settings, plan)
    _number(settings, plan)
    _place(settings, plan, connection=connection)
    return plan


def _to_read_again(
    settings: Settings, known: Ledger, source: Source, *, again: Again
) -> Iterator[Delivered]:
    """The kept originals of a source that are wanted, each once, in the order of their delivery."""
    seen: set[str] = set()
    for entry in known.offered_files():
        delivered = entry.delivered
        is_of_use = known.state(entry) != "superseded" and (
            again == "all" or entry.state == "refused" or entry.counts.quarantined_rows > 0
        )
        if not again or delivered is None or entry.source != source.name or not is_of_use:
            continue
        if delivered.content not in seen and originals.is_kept(settings, delivered.content):
            seen.add(delivered.content)
            yield delivered


def _add_accepted(settings: Settings, plan: Plan) -> None:
    """Held batches that somebody has accepted become loads, read from where they are kept."""
    objects = {(source.name, name) for source in settings.sources for name in source.objects}
    replaced = {batch for pending in plan.loads for batch in pending.load.supersedes}
    for held in plan.known.held_batches():
        is_wanted = (held.source, str(held.object)) in objects and held.batch not in replaced
        if not is_wanted or held.batch not in plan.intake.accepted or held.as_of is None:
            continue
        kept = rows_of(settings.lake_dir, [held])
        counts = held.counts
        load = Load(
            batch=UNNUMBERED,
            mode=held.mode,
            as_of=held.as_of,
            rows=f"select * exclude (_source, _as_of, _batch, _op) from ({kept})",
            good_rows=counts.new_rows + counts.changed_rows + counts.unchanged_rows,
            extra=held.extra,
            counts=held.counts,
            supersedes=(str(held.batch),),
            is_accepted=True,
        )
        entry = replace(
            held,
            state="applied",
            recorded_at=ledger.now(),
            reason=plan.intake.accepted[str(held.batch)],
        )
        outcome = FileOutcome(
            source=held.source,
            object=held.object,
            file_name=held.file_name,
            state="applied",
            is_news=True,
            as_of=held.as_of,
            as_of_basis=held.as_of_basis,
            reason=entry.reason,
            problems=list(held.problems),
        )
        plan.loads.append(Pending(load=load, entry=entry, outcome=outcome))


def _number(settings: Settings, plan: Plan) -> None:
    """Batches are numbered by their moment; at one moment in the order of config and name."""
    places = {
        (source.name, name): (position, place)
        for position, source in enumerate(settings.sources)
        for place, name in enumerate(source.objects)
    }
    plan.loads.sort(
        key=lambda pending: (
            pending.load.as_of,
            places[pending.entry.source, str(pending.entry.object)],
            pending.entry.file_name,
        )
    )
    first = plan.known.next_number
    plan.loads = [
        replace(pending, load=replace(pending.load, batch=ledger.batch_id(first + position)))
        for position, pending in enumerate(plan.loads)
    ]


def _place(settings: Settings, plan: Plan, *, connection: duckdb.DuckDBPyConnection) -> None:
    shapes = {source.name: source.shapes for source in settings.sources}
    groups: dict[tuple[str, str], list[Load]] = {}
    for pending in plan.loads:
        key = (pending.entry.source, str(pending.entry.object))
        groups.setdefault(key, []).append(pending.load)
    placed: dict[str, Placed] = {}
    for number, ((source, name), loads) in enumerate(groups.items(), start=1):
        with progress.step(f"compare {source}/{name}"):
            timeline = Timeline(
                connection,
                name=f"t{number}",
                source=source,
                shape=shapes[source][name],
                lake_dir=settings.lake_dir,
                applied=plan.known.applied_batches(source, of_object=name),
                max_vanished_share=settings.guards.max_vanished_share,
            )
            placed |= {result.load.batch: result for result in timeline.place(loads)}
    plan.loads = [_decided(pending, placed[pending.load.batch]) for pending in plan.loads]


def _decided(pending: Pending, placed: Placed) -> Pending:
    batch, state = placed.load.batch, "held" if placed.hold else "applied"
    reason = placed.hold or pending.entry.reason
    entry = replace(
        pending.entry,
        batch=batch,
        state=state,
        supersedes=placed.load.supersedes,
        counts=placed.counts,
        rows_at=placed.rows_at,
        is_as_read=placed.whole is not None,
        extra=placed.extra,
        reason=reason,
    )
    hint = f". Apply it with: kpimart accept {batch} --reason TEXT" if placed.hold else ""
    outcome = replace(
        pending.outcome, batch=batch, state=state, counts=placed.counts, reason=reason + hint
    )
    return replace(pending, entry=entry, outcome=outcome, placed=placed)
