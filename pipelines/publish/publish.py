"""From an audited build to the file that readers open: all of it in one atomic step, or nothing.

The order of the durable steps is what makes it safe: file, then journal, then link. The journal's
`publishes` record is the commit point. Of a publish killed before it `recover` removes all, and the
next run does it again; after it only the link is due. So old versions go before it.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipelines import durable, journal
from pipelines.database import in_memory
from pipelines.errors import BlockedError, KpimartError
from pipelines.extract import ledger
from pipelines.publish.contents import (
    STORAGE_VERSION,
    Contents,
    add_own_tables,
    contents,
    copy_build,
)
from pipelines.publish.records import Publish, append_check_results, append_publish
from pipelines.publish.restatements import add_restatements
from pipelines.publish.rows import add_compared_rows, changed_rows
from pipelines.publish.values import changed_values, compared_values
from pipelines.publish.verify import verify
from pipelines.publish.versions import (
    clear_errors,
    linked_version,
    next_version,
    prune,
    recover,
    settle_link,
    version_path,
)
from pipelines.report import CheckResult
from pipelines.settings import Settings
from pipelines.sql import literal

_STATISTICS = '"kpis"."kpi_statistics"'


@dataclass(frozen=True, kw_only=True)
class Publication:
    """A published version; `is_current` is False while another version is pinned."""

    version: str
    path: Path
    tables: int
    rows: int
    bytes: int
    seconds: float
    is_current: bool


def publish(
    settings: Settings,
    *,
    build: Path,
    as_of: datetime,
    code_version: str,
    spec_version: str,
    inputs_digest: str,
    check_results: list[CheckResult],
) -> Publication:
    """The build is published: verified, on disk, in the journal, and what readers get next.

    The caller holds the lock, and has closed the build.

    Raises:
        BlockedError: a critical check failed, or the copy does not equal the build.
        KpimartError: the disk or its permissions; readers keep a whole version.
    """
    begun = time.perf_counter()
    _assert_audited(check_results)
    recover(settings)
    with clear_errors(settings):
        mine = Publish(
            version=next_version(settings),
            as_of=_naive_utc(as_of),
            published_at=_naive_utc(datetime.now(UTC)),
            code_version=code_version,
            spec_version=spec_version,
            inputs_digest=inputs_digest,
            ledger_entries=len(ledger.read(settings.lake_dir).entries),
        )
        final = version_path(settings, mine.version)
        with in_memory(settings, spill=build.parent / "spill") as connection:
            connection.execute(f"attach {literal(build)} as build (read_only)")
            _compare(connection, settings, mine)
            tables, rows = _write_version(connection, settings, build, final, mine, check_results)
            prune(settings)
            _record_changes(connection, settings.lake_dir, mine)
        append_check_results(settings.lake_dir, mine, check_results)
        _record(settings, mine, final, tables=tables, rows=rows)
        settle_link(settings)
    return Publication(
        version=mine.version,
        path=final,
        tables=tables,
        rows=rows,
        bytes=final.stat().st_size,
        seconds=time.perf_counter() - begun,
        is_current=linked_version(settings) == mine.version,
    )


def _naive_utc(moment: datetime) -> datetime:
    """The moment as databases hold it; one without a zone is UTC already."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _assert_audited(check_results: list[CheckResult]) -> None:
    blocking = [result for result in check_results if result.blocks]
    if blocking:
        named = "; ".join(f"{one.check} on {one.table}: {one.rows} rows" for one in blocking)
        raise BlockedError(f"a critical check failed, nothing was published: {named}")


def _compare(connection: duckdb.DuckDBPyConnection, settings: Settings, mine: Publish) -> None:
    """Tables `compared_values`, `compared_rows`, `restatements`: what is not as published last."""
    found = contents(connection)
    if _STATISTICS not in (*found.tables, *found.views):
        raise KpimartError("kpis.kpi_statistics is not in the build; build the KPI models first")
    compared = compared_values(settings.lake_dir, statistics=f"build.{_STATISTICS}")
    connection.execute(f"create temporary table compared_values as {compared}")
    add_compared_rows(connection, settings.lake_dir)
    add_restatements(connection, settings, mine)


def _write_version(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    build: Path,
    final: Path,
    mine: Publish,
    check_results: list[CheckResult],
) -> tuple[int, int]:
    """The version's file is on disk, verified; gives the number of tables and rows copied."""
    with durable.replacing(final) as tmp:
        copied, rows = _fill(connection, tmp, settings.lake_dir, mine, check_results)
        # Read again from the closed file: what is verified is what is on disk.
        connection.execute(f"attach {literal(tmp)} as mart (read_only)")
        if verify(connection, copied) != rows:
            raise BlockedError(f"{build}: the build changed while it was published")
        connection.execute("use memory")
        connection.execute("detach mart")
    return len(copied.tables), rows


def _fill(
    connection: duckdb.DuckDBPyConnection,
    tmp: Path,
    lake_dir: Path,
    mine: Publish,
    check_results: list[CheckResult],
) -> tuple[Contents, int]:
    """The new file has everything, and is closed."""
    connection.execute(
        f"attach {literal(tmp)} as mart (storage_version {literal(STORAGE_VERSION)})"
    )
    copied = copy_build(connection)
    rows = sum(
        connection.execute(f"select count(*) from build.{table}").fetchall()[0][0]
        for table in copied.tables
    )
    add_own_tables(
        connection,
        lake_dir,
        publish=mine,
        tables=len(copied.tables),
        rows=rows,
        check_results=check_results,
    )
    connection.execute("use memory")
    connection.execute("detach mart")
    return copied, rows


def _record_changes(connection: duckdb.DuckDBPyConnection, lake_dir: Path, mine: Publish) -> None:
    """The journal has what differs from the last publish; nothing is written where nothing does."""
    selects: dict[journal.Kind, str] = {
        "published_values": changed_values(mine, compared="compared_values"),
        "published_rows": changed_rows(mine),
        "restatements": "select * from restatements",
    }
    for kind, select in selects.items():
        if connection.execute(f"select 1 from ({select}) limit 1").fetchall():
            journal.append(lake_dir, kind, select, connection=connection)


def _record(settings: Settings, mine: Publish, final: Path, *, tables: int, rows: int) -> None:
    """The journal has the publish; this append is the commit point."""
    with final.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    size = final.stat().st_size
    append_publish(settings.lake_dir, mine, tables=tables, rows=rows, size=size, file_sha256=sha256)
