"""The delivered files, one after the other: each is known already, refused, or gives loads.

A file that was not written since it became batches is not opened again: its name, its stamp and its
header are in the ledger, and tell whether the config still reads it as it did.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from pipelines import progress
from pipelines.extract import judge, landing, ledger, originals
from pipelines.extract.changes import Load, Placed
from pipelines.extract.delivered import Delivered
from pipelines.extract.folders import Folder, Found
from pipelines.extract.ledger import Counts, Entry, Ledger
from pipelines.extract.outcome import FileOutcome
from pipelines.extract.refusal import RefusedFileError
from pipelines.settings import Settings
from pipelines.sources import Source

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
class Intake:
    """What became of the files so far: outcomes that are settled, refusals to record, loads.

    `unfinished`: files (source and name) that changed while they were read before, to be refused.
    """

    settings: Settings
    folder: Folder
    known: Ledger
    accepted: dict[str, str]
    scratch: Path
    connection: duckdb.DuckDBPyConnection
    packing: originals.Packing | None = None
    unfinished: frozenset[tuple[str, str]] = frozenset()
    outcomes: list[FileOutcome] = field(default_factory=list)
    refusals: list[Entry] = field(default_factory=list)
    loads: list[Pending] = field(default_factory=list)
    _opened: list[tuple[Source, Found]] = field(default_factory=list)
    _seen: dict[Identity, str] = field(default_factory=dict)
    _folders: int = 0

    def take(self, source: Source, found: Found) -> None:
        """A file of the landing folder."""
        if self._is_settled(source, found):
            return
        try:
            self._open(source, found)
        except RefusedFileError as error:
            self._refuse(source, found.name, error)
        except (duckdb.Error, OSError):
            if not self._is_changed(source, found):
                raise
            self._refuse(source, found.name, landing.still_written(), is_recorded=False)

    def take_again(self, source: Source, delivered: Delivered) -> None:
        """A file that is no longer in landing, from the originals."""
        found = Found(name=delivered.name, stamp=delivered.stamp, written_at=delivered.written_at)
        if self._is_settled(source, found):
            return
        path = self._new_folder() / Path(delivered.name).name
        originals.unpack(self.settings, delivered.content, path)
        self._read(source, delivered, path=path)

    @property
    def changed(self) -> frozenset[tuple[str, str]]:
        """The files (source and name) that are no longer as they were when they were opened."""
        return frozenset(
            (source.name, found.name)
            for source, found in self._opened
            if self._is_changed(source, found)
        )

    def _is_changed(self, source: Source, found: Found) -> bool:
        return self.folder.stamp(source.name, found.name) != found.stamp

    def _new_folder(self) -> Path:
        self._folders += 1
        folder = self.scratch / f"f{self._folders}"
        folder.mkdir(parents=True)
        return folder

    def _is_settled(self, source: Source, found: Found) -> bool:
        """True when the file is known, and would become what it is: it is not opened."""
        files: list[judge.Recognised] = []
        for entry in self.known.batches_of(source.name, found.name, found.stamp):
            if entry.delivered is None or entry.header is None:
                return False
            offer = landing.known_offer(
                source, entry.file_name, sha256=entry.sha256, delivered=entry.delivered
            )
            try:
                file = judge.recognised(offer, entry.header, settings=self.settings)
            except RefusedFileError:
                return False
            if judge.known_as(file, self.known) is None:
                return False
            files.append(file)
        return bool(files) and all(self._is_known(file) for file in files)

    def _open(self, source: Source, found: Found) -> None:
        if (source.name, found.name) in self.unfinished:
            self._refuse(source, found.name, landing.still_written(), is_recorded=False)
            return
        path = self.folder.fetched(source.name, found.name, scratch=self._new_folder())
        delivered = Delivered(
            name=found.name,
            content=landing.content_hash(path),
            stamp=found.stamp,
            written_at=found.written_at,
        )
        self._opened.append((source, found))
        if self.packing and not self.known.has_content(delivered.content):
            self.packing.add(path, content=delivered.content)
        self._read(source, delivered, path=path)

    def _read(self, source: Source, delivered: Delivered, *, path: Path) -> None:
        """Each table of the file is settled, refused, or a load; none of one that stays closed."""
        try:
            parts = landing.tables(path, limits=self.settings.limits)
        except RefusedFileError as error:
            self._refuse(source, delivered.name, error, delivered=delivered)
            return
        delivered = replace(delivered, tables=len(parts))
        for part in parts:
            self._judge(landing.offer_of(source, part, delivered))

    def _judge(self, offer: landing.Offer) -> None:
        """The table becomes a settled outcome or a load."""
        scratch, file = self._new_folder(), None
        try:
            export = judge.opened(
                offer, settings=self.settings, scratch=scratch, connection=self.connection
            )
            file = judge.recognised(offer, export.header, settings=self.settings)
            if self._is_known(file):
                return
            with progress.step(f"read {offer.source.name}/{offer.name}"):
                judged = judge.judged(
                    file,
                    export,
                    settings=self.settings,
                    ledger=self.known,
                    scratch=scratch,
                    name=scratch.name,
                    connection=self.connection,
                )
        except RefusedFileError as error:
            self._refuse(
                offer.source,
                offer.name,
                error,
                object_name=file.object if file else None,
                sha256=offer.sha256,
                delivered=offer.delivered,
            )
            return
        self._seen[_identity(file)] = offer.name
        self.loads.append(_pending(judged))

    def _is_known(self, file: judge.Recognised) -> bool:
        """True when the table's fate is settled without reading it."""
        entry = judge.known_as(file, self.known)
        if entry is None and _identity(file) not in self._seen:
            return False
        about = judge.described(file)
        if entry is None:
            reason = f"the same content as {self._seen[_identity(file)]}"
            self.outcomes.append(FileOutcome(state="unchanged", reason=reason, **about))
        elif self.known.state(entry) == "applied":
            self.outcomes.append(_unchanged(file, entry, about))
        elif entry.batch not in self.accepted:
            self.outcomes.append(_still_held(entry, about))
        return True

    def _refuse(
        self,
        source: Source,
        name: str,
        error: RefusedFileError,
        *,
        object_name: str | None = None,
        sha256: str = "",
        delivered: Delivered | None = None,
        is_recorded: bool = True,
    ) -> None:
        """The refusal is told every night, but kept in the ledger once."""
        reason = str(error)
        entry = Entry(
            source=source.name,
            object=object_name,
            file_name=name,
            sha256=sha256 or (delivered.content if delivered else ""),
            delivered=delivered,
            state="refused",
            recorded_at=ledger.now(),
            reason=reason,
        )
        told_at = entry.recorded_at
        is_told = any(replace(old, recorded_at=told_at) == entry for old in self.known.entries)
        if is_recorded and not is_told:
            self.refusals.append(entry)
        self.outcomes.append(
            FileOutcome(
                source=source.name,
                object=object_name,
                file_name=name,
                state="refused",
                reason=reason,
                problems=[reason],
                is_news=not is_told,
            )
        )


def _identity(file: judge.Recognised) -> Identity:
    return (file.offer.source.name, file.object, file.offer.sha256, file.identity)


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
        whole=found.whole,
        extra=found.extra,
        counts=counts,
        supersedes=judged.supersedes,
        hold=judged.hold,
    )
    entry = Entry(
        source=file.offer.source.name,
        object=file.object,
        file_name=file.offer.name,
        sha256=file.offer.sha256,
        delivered=file.offer.delivered,
        header=judged.header,
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
