"""One extraction: everything that landed is judged, placed and committed in one ledger file.

Batch folders are written first; the ledger file is the commit. A run that is killed before it
leaves folders that the ledger does not know, which the next one removes.
"""

import shutil
import tempfile
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path

import duckdb

from pipelines import durable
from pipelines.database import in_memory
from pipelines.errors import KpimartError, NothingReadableError
from pipelines.extract import batch, ledger, originals, plan
from pipelines.extract.folders import Folder, landing_of
from pipelines.extract.ledger import Ledger
from pipelines.extract.outcome import Again, Extraction, FileOutcome
from pipelines.extract.reading.parts import READ
from pipelines.settings import Settings
from pipelines.sql import literal, one_row

WRITTEN_AT_ONCE = 2


class _StillWrittenError(Exception):
    """Files (source and name) changed between the beginning and the end of an extraction."""

    def __init__(self, files: frozenset[tuple[str, str]]) -> None:
        self.files = files
        super().__init__(", ".join("/".join(file) for file in sorted(files)))


def extract(settings: Settings, *, again: Again = "") -> Extraction:
    """Everything landed and every accepted batch is in the lake, each file accounted for.

    `again`: see `plan.make`.

    Raises:
        NothingReadableError: no landing folder, or no readable file and an empty lake.
        ConfigError: an `as_of` that is neither a moment nor a pattern.
    """
    landing = landing_of(settings)
    known = ledger.read(settings.lake_dir)
    _remove_orphans(settings.lake_dir, known)
    unfinished: frozenset[tuple[str, str]] = frozenset()
    while True:
        try:
            made = _extracted(settings, known, landing, unfinished=unfinished, again=again)
            break
        except _StillWrittenError as error:
            unfinished |= error.files
    extraction = _told(made)
    if not known.applied_batches() and not extraction.has_news:
        raise _nothing_readable(settings, extraction.files)
    return extraction


def _extracted(
    settings: Settings,
    known: Ledger,
    landing: Folder,
    *,
    unfinished: frozenset[tuple[str, str]],
    again: Again,
) -> plan.Plan:
    """The plan that was made and carried out.

    Raises:
        _StillWrittenError: a file is not what it was when it was judged; nothing was committed.
    """
    with (
        _scratch(settings) as folder,
        _connected(settings, folder) as connection,
        closing(originals.Packing(settings, scratch=folder)) as packing,
    ):
        made = plan.make(
            settings,
            known,
            landing,
            scratch=folder,
            connection=connection,
            packing=packing,
            unfinished=unfinished,
            again=again,
        )
        try:
            _commit(settings, made, packing=packing, connection=connection)
        except (KpimartError, duckdb.Error) as error:
            if changed := made.intake.changed:
                raise _StillWrittenError(changed) from error
            raise
    return made


def inspect(settings: Settings) -> list[FileOutcome]:
    """What `extract` would make of every file; the company's folders stay as they are.

    Raises:
        NothingReadableError: no landing folder.
        ConfigError: an `as_of` that is neither a moment nor a pattern.
    """
    landing = landing_of(settings)
    known = ledger.read(settings.lake_dir)
    with tempfile.TemporaryDirectory(prefix="kpimart-") as name:
        folder = Path(name)
        with _connected(settings, folder) as connection:
            made = plan.make(settings, known, landing, scratch=folder, connection=connection)
    return _told(made).files


@contextmanager
def _scratch(settings: Settings) -> Generator[Path]:
    folder = settings.var_dir / "run" / "extract"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _connected(settings: Settings, scratch: Path) -> Generator[duckdb.DuckDBPyConnection]:
    with in_memory(settings, spill=scratch / "spill") as connection:
        connection.execute("set global TimeZone = 'UTC'")
        yield connection


def _nothing_readable(settings: Settings, files: list[FileOutcome]) -> NothingReadableError:
    folders = ", ".join(source.name for source in settings.sources)
    reasons = "".join(f"\n  {file.source}/{file.file_name}: {file.reason}" for file in files)
    return NothingReadableError(
        f"{settings.landing}: no file below {folders} that can be read, and nothing was loaded "
        f"before. Put exports there ({READ}); kpimart inspect shows what "
        f"each is taken for{reasons}"
    )


def _remove_orphans(lake_dir: Path, known: Ledger) -> None:
    """Batch folders of a run that was killed before its commit are gone."""
    committed = {ledger.batch_dir(lake_dir, entry) for entry in known.entries if entry.batch}
    for folder in lake_dir.glob("[!_]*/*/b*"):
        if folder not in committed:
            durable.remove_folder(folder)


def _commit(
    settings: Settings,
    made: plan.Plan,
    *,
    packing: originals.Packing,
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """All batches and originals are written, then named, then known.

    What has to be sorted or numbered is written by one thread; so several batches are written at
    once, the longest first, each over a cursor of its own.

    Raises:
        _StillWrittenError: a file changed meanwhile.
    """
    entries = [*made.intake.refusals, *(pending.entry for pending in made.loads)]
    with ExitStack() as naming, ThreadPoolExecutor(max_workers=WRITTEN_AT_ONCE) as writers:
        tasks = [
            (pending, naming.enter_context(_replaced(settings, pending))) for pending in made.loads
        ]
        tasks.sort(key=lambda task: task[0].entry.counts.rows_read, reverse=True)
        for task in [writers.submit(_write, *task, connection) for task in tasks]:
            task.result()
        if changed := made.intake.changed:
            raise _StillWrittenError(changed)
        packing.keep()
    if entries:
        ledger.append(settings.lake_dir, entries)
        originals.remove_old(settings, ledger.read(settings.lake_dir))


def _replaced(settings: Settings, pending: plan.Pending) -> AbstractContextManager[Path]:
    return durable.replacing(ledger.batch_file(settings.lake_dir, pending.entry))


def _write(pending: plan.Pending, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    placed = pending.decided
    if placed.whole:
        durable.move(placed.whole, path)
        return
    with connection.cursor() as cursor:
        copy = f"copy ({placed.select}) to {literal(path)} {batch.FORMAT}"
        (written,) = one_row(cursor, copy)
    if written != placed.rows:
        raise KpimartError(
            f"{pending.entry.source}/{pending.entry.file_name}: {placed.rows} rows were "
            f"judged and {written} read again. Nothing was loaded; run again, and if it stays so, "
            "report it as a fault of kpimart"
        )


def _told(made: plan.Plan) -> Extraction:
    files = [*made.intake.outcomes, *(pending.outcome for pending in made.loads)]
    return Extraction(
        files=sorted(files, key=lambda file: (file.source, file.file_name)), notes=made.notes
    )
