"""One extraction: everything that landed is judged, placed and committed in one ledger file.

Batch folders are written first; the ledger file is the commit. A run that is killed before it
leaves folders that the ledger does not know, which the next one removes.
"""

import shutil
import tempfile
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import duckdb

from pipelines import durable
from pipelines.database import in_memory
from pipelines.errors import KpimartError, NothingReadableError
from pipelines.extract import batch, ledger, plan
from pipelines.extract.ledger import Ledger
from pipelines.extract.outcome import Extraction, FileOutcome
from pipelines.extract.reading.parts import READ
from pipelines.settings import Settings
from pipelines.sql import literal, one_row

WRITTEN_AT_ONCE = 2


def extract(settings: Settings) -> Extraction:
    """Everything landed and every accepted batch is in the lake, each file accounted for.

    Raises:
        NothingReadableError: no landing folder, or no readable file and an empty lake.
        ConfigError: an `as_of` that is neither a moment nor a pattern.
        KpimartError: a file changed while it was read; nothing is committed.
    """
    _check_landing(settings)
    known = ledger.read(settings.lake_dir)
    _remove_orphans(settings.lake_dir, known)
    with _scratch(settings) as folder, _connected(settings, folder) as connection:
        made = plan.make(settings, known, scratch=folder, connection=connection)
        _commit(settings, made, connection=connection)
    extraction = _told(made)
    if not known.applied_batches() and not extraction.has_news:
        raise _nothing_readable(settings, extraction.files)
    return extraction


def inspect(settings: Settings) -> list[FileOutcome]:
    """What `extract` would make of every file; the company's folders stay as they are.

    Raises:
        NothingReadableError: no landing folder.
        ConfigError: an `as_of` that is neither a moment nor a pattern.
    """
    _check_landing(settings)
    known = ledger.read(settings.lake_dir)
    with tempfile.TemporaryDirectory(prefix="kpimart-") as name:
        folder = Path(name)
        with _connected(settings, folder) as connection:
            made = plan.make(settings, known, scratch=folder, connection=connection)
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


def _check_landing(settings: Settings) -> None:
    if not settings.landing_dir.is_dir():
        raise NothingReadableError(
            f"{settings.landing_dir}: there is no landing folder. Make it, with one folder per "
            "source of the config, and put exports there; or mend paths.landing in "
            f"{settings.config_path}"
        )


def _nothing_readable(settings: Settings, files: list[FileOutcome]) -> NothingReadableError:
    folders = ", ".join(source.name for source in settings.sources)
    reasons = "".join(f"\n  {file.source}/{file.file_name}: {file.reason}" for file in files)
    return NothingReadableError(
        f"{settings.landing_dir}: no file below {folders} that can be read, and nothing was loaded "
        f"before. Put exports there ({READ}); kpimart inspect shows what "
        f"each is taken for{reasons}"
    )


def _remove_orphans(lake_dir: Path, known: Ledger) -> None:
    """Batch folders of a run that was killed before its commit are gone."""
    committed = {ledger.batch_dir(lake_dir, entry) for entry in known.entries if entry.batch}
    for folder in lake_dir.glob("[!_]*/*/b*"):
        if folder not in committed:
            durable.remove_folder(folder)


def _commit(settings: Settings, made: plan.Plan, *, connection: duckdb.DuckDBPyConnection) -> None:
    """All batches are written, then named, then known.

    What has to be sorted or numbered is written by one thread; so several batches are written at
    once, the longest first, each over a cursor of its own.
    """
    with ExitStack() as naming, ThreadPoolExecutor(max_workers=WRITTEN_AT_ONCE) as writers:
        tasks = [
            (pending, naming.enter_context(_replaced(settings, pending))) for pending in made.loads
        ]
        tasks.sort(key=lambda task: task[0].entry.counts.rows_read, reverse=True)
        for task in [writers.submit(_write, *task, connection) for task in tasks]:
            task.result()
    entries = [*made.refusals, *(pending.entry for pending in made.loads)]
    if entries:
        ledger.append(settings.lake_dir, entries)


def _replaced(settings: Settings, pending: plan.Pending) -> AbstractContextManager[Path]:
    return durable.replacing(ledger.batch_file(settings.lake_dir, pending.entry))


def _write(pending: plan.Pending, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    placed = pending.decided
    with connection.cursor() as cursor:
        copy = f"copy ({placed.select}) to {literal(path)} {batch.FORMAT}"
        (written,) = one_row(cursor, copy)
    if written != placed.rows:
        raise KpimartError(
            f"{pending.entry.source}/{pending.entry.file_name}: {placed.rows} rows were "
            f"judged and {written} read again: it changed meanwhile. Nothing was loaded; when the "
            "transfer has ended, run: kpimart run"
        )


def _told(made: plan.Plan) -> Extraction:
    files = [*made.outcomes, *(pending.outcome for pending in made.loads)]
    return Extraction(
        files=sorted(files, key=lambda file: (file.source, file.file_name)), notes=made.notes
    )
