"""The build that a night starts from: a copy of the last published night's, or an empty one.

`var/base/build.duckdb` is the build of the last night that was published. A night works on a copy
(`var/run/build.duckdb`) and keeps it only after publishing: killed or blocked, it is dropped. In
`var/run/before.duckdb` models see what it was before, to tell what is new; where that is an empty
database, everything is built anew.
"""

import shutil
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines import durable
from pipelines.extract import ledger
from pipelines.extract.relations import register
from pipelines.extract.run_tables import configured, create_table
from pipelines.extract.systems import shapes_of
from pipelines.settings import Settings


def begin_build(
    settings: Settings,
    *,
    definitions: str,
    afresh: bool = False,
    as_of_limit: datetime | None = None,
) -> None:
    """The lake is registered in a build that the models have to change as little as possible.

    It starts from the last published one if that was made with the same `definitions` (code,
    config, override files: see `night.definitions_digest`) from batches that all still count.

    Raises:
        NothingReadableError: no batch is applied.
    """
    settings.build_path.parent.mkdir(parents=True, exist_ok=True)
    for left in settings.build_path.parent.glob("*.duckdb*"):
        left.unlink()
    base = settings.base_path
    is_whole = afresh or as_of_limit is not None or not base.is_file()
    if not is_whole and _still_holds(settings, base, definitions):
        shutil.copyfile(base, settings.build_path)
        durable.share(settings.before_path, base)
    else:
        make_empty(settings.before_path)
    with duckdb.connect(str(settings.build_path)) as connection:
        register(settings, connection, as_of_limit=as_of_limit)
        create_table(connection, "definitions", {"digest": "varchar"}, [(definitions,)])


def keep_build(settings: Settings) -> None:
    """The next night starts from this build; to be called once it is published, and closed."""
    durable.share(settings.base_path, settings.build_path)
    make_empty(settings.before_path)


def is_changed_in_place(settings: Settings) -> bool:
    """True where the build began as a copy of the last published one, and is not published yet."""
    before, base = settings.before_path, settings.base_path
    return before.is_file() and base.is_file() and before.samefile(base)


def make_empty(path: Path) -> None:
    """An empty database is there, and nothing else."""
    path.unlink(missing_ok=True)
    duckdb.connect(str(path)).close()


def _still_holds(settings: Settings, base: Path, definitions: str) -> bool:
    """True when all that a build would be made of now is what it was made of, or comes on top."""
    try:
        with duckdb.connect(str(base), read_only=True) as connection:
            made_with = connection.execute("select digest from run.definitions").fetchall()
            of_base = connection.execute("select batch from run.applied_batches").fetchall()
    except duckdb.Error:
        return False
    applied = {
        entry.batch: entry
        for entry in configured(settings, ledger.read(settings.lake_dir).applied_batches())
    }
    batches_of_base = {batch for (batch,) in of_base}
    added = [entry for batch, entry in applied.items() if batch not in batches_of_base]
    systems = {source.name: source.system for source in settings.sources}
    return (
        made_with == [(definitions,)]
        and batches_of_base <= applied.keys()
        # a tool's own list explains values of any record: nobody knows of which
        and not any(
            any(entry.rows_at.values())
            and not shapes_of(systems[entry.source])[str(entry.object)].feeds
            for entry in added
        )
    )
