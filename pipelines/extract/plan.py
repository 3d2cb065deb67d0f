"""What an extraction will do: every file judged, every load numbered and placed; nothing written.

`run` commits a plan, `inspect` only shows it.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from pipelines import progress
from pipelines.extract import accept, judge, landing, ledger
from pipelines.extract.batch import rows_of
from pipelines.extract.changes import Load, Placed, Timeline
from pipelines.extract.ledger import Counts, Entry, Ledger
from pipelines.extract.outcome import FileOutcome
from pipelines.extract.refusal import RefusedFileError
from pipelines.settings import Settings

Identity = tuple[str, str, str, str]
UNNUMBERED = ""


@dataclass(frozen=True, kw_only=True)
class Pending:
    """One load with what its ledger entry and its outcome will say; `placed` when it is decided."""

    load: Load
    entry: Entry
    outcome: FileOutcome
    placed: Placed | None = None

    @property
    def decided(self) -> Placed:
        """What was decided.

        Raises:
            ValueError: nothing was yet.
        """
        if self.placed is None:
            raise ValueError(f"{self.entry.file_name}: the load was not placed")
        return self.placed


@dataclass(kw_only=True)
class Plan:
    """Outcomes that are settled, refusals not yet in the ledger, and loads."""

    known: Ledger
    accepted: dict[str, str]
    outcomes: list[FileOutcome] = field(default_factory=list)
    refusals: list[Entry] = field(default_factory=list)
    loads: list[Pending] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seen: dict[Identity, str] = field(default_factory=dict)


def make(
    settings: Settings, known: Ledger, *, scratch: Path, connection: duckdb.DuckDBPyConnection
) -> Plan:
    """The plan for everything that lies in landing, and for every accepted batch.

    Raises:
        ConfigError: an `as_of` that is neither a moment nor a pattern.
    """
    plan = Plan(known=known, accepted=accept.accepted_batches(settings.lake_dir))
    plan.notes += [
        f"{settings.landing_dir / name}: belongs to no source of the config; ignored"
        for name in landing.strays(settings)
    ]
    number = 0
    for source in settings.sources:
        offers = list(landing.offers(settings, source))
        if not offers:
            plan.notes.append(f"{settings.landing_dir / source.name}: no file of this source")
        for offer in offers:
            content = landing.content_hash(offer.path)
            for table in _tables(settings, plan, offer, content=content):
                number += 1
                folder = scratch / f"f{number}"
                folder.mkdir(parents=True)
                sha256 = table.sha256_of(content)
                _judge(settings, plan, table, sha256=sha256, scratch=folder, connection=connection)
    _add_accepted(settings, plan)
    _number(settings, plan)
    _place(settings, plan, connection=connection)
    return plan


def _tables(
    settings: Settings, plan: Plan, offer: landing.Offer, *, content: str
) -> list[landing.Offer]:
    """The tables of a file; of one that cannot be looked into, none: it is refused."""
    try:
        return landing.tables(offer, limits=settings.limits)
    except RefusedFileError as error:
        _refuse(plan, offer, error, sha256=content, object_name=None)
        return []


def _judge(
    settings: Settings,
    plan: Plan,
    offer: landing.Offer,
    *,
    sha256: str,
    scratch: Path,
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """The file becomes a settled outcome or a load."""
    file = None
    try:
        file = judge.recognised(
            offer, sha256=sha256, settings=settings, scratch=scratch, connection=connection
        )
        if _is_known(plan, file):
            return
        with progress.step(f"read {offer.source.name}/{offer.name}"):
            judged = judge.judged(
                file,
                settings=settings,
                ledger=plan.known,
                scratch=scratch,
                name=scratch.name,
                connection=connection,
            )
    except RefusedFileError as error:
        _refuse(plan, offer, error, sha256=sha256, object_name=file.object if file else None)
        return
    plan.seen[_identity(file)] = offer.name
    plan.loads.append(_pending(judged))


def _identity(file: judge.Recognised) -> Identity:
    return (file.offer.source.name, file.object, file.sha256, file.identity)


def _is_known(plan: Plan, file: judge.Recognised) -> bool:
    """True when the file's fate is settled without reading it."""
    entry = judge.known_as(file, plan.known)
    if entry is None and _identity(file) not in plan.seen:
        return False
    about = judge.described(file)
    if entry is None:
        reason = f"the same content as {plan.seen[_identity(file)]}"
        plan.outcomes.append(FileOutcome(state="unchanged", reason=reason, **about))
    elif plan.known.state(entry) == "applied":
        plan.outcomes.append(_unchanged(file, entry, about))
    elif entry.batch not in plan.accepted:
        plan.outcomes.append(_still_held(entry, about))
    return True


def _unchanged(file: judge.Recognised, entry: Entry, about: judge.Description) -> FileOutcome:
    problems: list[str] = []
    if file.given and file.given.at != entry.as_of:
        problems.append(
            f"as_of in the config is now {file.given.at} (UTC), but this content was loaded as of "
            f"{entry.as_of}; it keeps that"
        )
    return FileOutcome(
        state="unchanged",
        batch=entry.batch,
        counts=entry.counts,
        as_of=entry.as_of,
        as_of_basis=entry.as_of_basis,
        reason=f"already known as {entry.batch}",
        problems=problems,
        **about,
    )


def _still_held(entry: Entry, about: judge.Description) -> FileOutcome:
    return FileOutcome(
        state="held",
        batch=entry.batch,
        counts=entry.counts,
        as_of=entry.as_of,
        as_of_basis=entry.as_of_basis,
        reason=entry.reason,
        problems=list(entry.problems),
        **about,
    )


def _refuse(
    plan: Plan,
    offer: landing.Offer,
    error: RefusedFileError,
    *,
    sha256: str,
    object_name: str | None,
) -> None:
    """The refusal is told every night, but kept in the ledger once."""
    reason = str(error)
    entry = Entry(
        source=offer.source.name,
        object=object_name,
        file_name=offer.name,
        sha256=sha256,
        state="refused",
        recorded_at=ledger.now(),
        reason=reason,
    )
    told_at = entry.recorded_at
    is_told = any(replace(old, recorded_at=told_at) == entry for old in plan.known.entries)
    if not is_told:
        plan.refusals.append(entry)
    plan.outcomes.append(
        FileOutcome(
            source=offer.source.name,
            object=object_name,
            file_name=offer.name,
            state="refused",
            reason=reason,
            problems=[reason],
            is_news=not is_told,
        )
    )


def _pending(judged: judge.Judged) -> Pending:
    file, found, as_of = judged.file, judged.content, judged.as_of
    counts = Counts(
        rows_read=found.rows_read,
        quarantined_rows=found.quarantined_rows,
        skipped_rows=found.skipped_rows,
    )
    load = Load(
        batch=UNNUMBERED,
        mode=file.config.mode,
        as_of=as_of.at,
        rows=found.rows,
        good_rows=found.good_rows,
        as_read=found.as_read,
        extra=found.extra,
        counts=counts,
        supersedes=judged.supersedes,
        hold=judged.hold,
    )
    entry = Entry(
        source=file.offer.source.name,
        object=file.object,
        file_name=file.offer.name,
        sha256=file.sha256,
        state="applied",
        recorded_at=ledger.now(),
        identity=file.identity,
        mode=file.config.mode,
        as_of=as_of.at,
        as_of_basis=as_of.basis,
        problems=judged.problems,
        seconds=judged.seconds,
    )
    outcome = FileOutcome(
        state="applied",
        is_news=True,
        as_of=as_of.at,
        as_of_basis=as_of.basis,
        problems=list(judged.problems),
        date_order=found.date_order,
        **judge.described(file, encoding=found.encoding),
    )
    return Pending(load=load, entry=entry, outcome=outcome)


def _add_accepted(settings: Settings, plan: Plan) -> None:
    """Held batches that somebody has accepted become loads, read from where they are kept."""
    objects = {(source.name, name) for source in settings.sources for name in source.objects}
    replaced = {batch for pending in plan.loads for batch in pending.load.supersedes}
    for held in plan.known.held_batches():
        is_wanted = (held.source, str(held.object)) in objects and held.batch not in replaced
        if not is_wanted or held.batch not in plan.accepted or held.as_of is None:
            continue
        kept = rows_of([ledger.batch_file(settings.lake_dir, held)])
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
            held, state="applied", recorded_at=ledger.now(), reason=plan.accepted[str(held.batch)]
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
        extra=placed.extra,
        reason=reason,
    )
    hint = f". Apply it with: kpimart accept {batch} --reason TEXT" if placed.hold else ""
    outcome = replace(
        pending.outcome, batch=batch, state=state, counts=placed.counts, reason=reason + hint
    )
    return replace(pending, entry=entry, outcome=outcome, placed=placed)
