"""What became of every file, batch and row: tables of schema `run` for checks and readers."""

from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from pipelines.extract import ledger
from pipelines.extract.ledger import Entry, Ledger
from pipelines.extract.run_tables import configured, create_table, relation_of
from pipelines.extract.systems import shapes_of
from pipelines.settings import Settings
from pipelines.sql import path_list


def row_accounting(connection: duckdb.DuckDBPyConnection, known: Ledger) -> None:
    """Table `run.row_accounting`: one row per file ever offered, with what became of its rows."""
    counted = (
        "rows_read",
        "new_rows",
        "changed_rows",
        "unchanged_rows",
        "quarantined_rows",
        "skipped_rows",
        "deleted_rows",
        "restored_rows",
    )
    texts = ("batch", "source", "object", "file_name", "sha256", "state")
    columns = dict.fromkeys(texts, "varchar")
    columns |= {"as_of": "timestamp", "as_of_basis": "varchar"}
    columns |= dict.fromkeys(counted, "bigint")
    columns |= {"reason": "varchar", "seconds": "double"}
    rows = [
        (
            entry.batch,
            entry.source,
            entry.object,
            entry.file_name,
            entry.sha256,
            known.state(entry),
            entry.as_of,
            entry.as_of_basis or None,
            *(getattr(entry.counts, name) for name in counted),
            entry.reason or None,
            entry.seconds,
        )
        for entry in known.offered_files()
    ]
    create_table(connection, "row_accounting", columns, rows)


def object_rows(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    within: list[Entry],
    applied: list[Entry],
    *,
    as_of_limit: datetime | None,
) -> None:
    """Versions as the ledger counted them when they were stored; the rest as the relations say.

    So the balance fails when the lake's files and the ledger disagree.
    """
    versions: dict[tuple[str, str], int] = {}
    for entry in within:
        versions.setdefault((entry.source, str(entry.object)), 0)
    for entry in applied:
        for at, rows in entry.rows_at.items():
            key = (entry.source, str(entry.object))
            if as_of_limit is None or datetime.fromisoformat(at) <= as_of_limit:
                versions[key] = versions.get(key, 0) + rows
    columns = {"source": "varchar", "object": "varchar", "versions": "bigint"}
    create_table(
        connection, "stored_rows", columns, [(*key, count) for key, count in versions.items()]
    )
    systems = {source.name: source.system for source in settings.sources}
    folded = " union all ".join(
        f"""
        select
            _source as source,
            '{name}' as object,
            count(*) filter (where is_last and _op = 'upsert' and not is_merged) as current_rows,
            count(*) filter (where not is_last) as superseded_rows,
            count(*) filter (where is_last and _op = 'delete' and not is_merged) as deleted_rows,
            count(*) filter (where is_last and is_merged) as merged_rows,
        from (
            select
                _source,
                _op,
                {_is_merged(system, name)} as is_merged,
                row_number() over (
                    partition by _source, _key order by _as_of desc, _batch desc
                ) = 1 as is_last,
            from {relation_of(system, name)}
        )
        group by all
        """
        for system, name in sorted({(systems[source], name) for source, name in versions})
    )
    connection.execute(f"""
        create or replace table run.object_rows as
        select
            source,
            object,
            versions,
            coalesce(current_rows, 0) as current_rows,
            coalesce(superseded_rows, 0) as superseded_rows,
            coalesce(deleted_rows, 0) as deleted_rows,
            coalesce(merged_rows, 0) as merged_rows,
        from run.stored_rows
        left join ({folded}) using (source, object)
    """)
    connection.execute("drop table run.stored_rows")


def _is_merged(system: str, object_name: str) -> str:
    """SQL that is true of a record that was merged into another one."""
    is_known = "merged_into_id" in shapes_of(system)[object_name].columns
    return "merged_into_id is not null" if is_known else "false"


def held_batches(settings: Settings, connection: duckdb.DuckDBPyConnection, known: Ledger) -> None:
    """Table `run.held_batches`: one row per batch that waits to be accepted."""
    columns = {
        "batch": "varchar",
        "source": "varchar",
        "object": "varchar",
        "file_name": "varchar",
        "as_of": "timestamp",
        "held_at": "timestamp",
        "rows_read": "bigint",
        "reason": "varchar",
        "is_overdue": "boolean",
    }
    rows = [
        (
            entry.batch,
            entry.source,
            entry.object,
            entry.file_name,
            entry.as_of,
            entry.recorded_at,
            entry.counts.rows_read,
            entry.reason,
            _is_overdue(settings, known, entry),
        )
        for entry in configured(settings, known.held_batches())
    ]
    create_table(connection, "held_batches", columns, rows)


def _is_overdue(settings: Settings, known: Ledger, held: Entry) -> bool:
    """True when the object has been waiting too long; a later export that was applied ends that."""
    if known.is_overtaken(held):
        return False
    reached = known.offered_as_of
    if reached is None or held.as_of is None:
        return True
    is_first = not known.applied_batches(held.source, of_object=held.object)
    return is_first or reached - held.as_of > timedelta(days=settings.hold_days)


def quarantined_rows(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    known: Ledger,
    within: list[Entry],
) -> None:
    """Table `run.quarantined_rows`: one row per row that could not be used, as delivered."""
    held = configured(settings, known.held_batches())
    files = [(entry.batch, entry.file_name) for entry in (*within, *held)]
    create_table(connection, "batch_files", {"batch": "varchar", "file_name": "varchar"}, files)
    rejecting: dict[tuple[str, str], list[Path]] = {}
    for entry in (*within, *held):
        if entry.counts.quarantined_rows:
            files_of = rejecting.setdefault((entry.source, str(entry.object)), [])
            files_of.append(ledger.batch_file(settings.lake_dir, entry))
    selects = [
        f"""
        select
            _batch as batch,
            _source as source,
            '{name}' as object,
            _row as row_number,
            _line as line,
            array_to_string(_reject, '; ') as reasons,
            _raw as raw,
            cast({_amount_of(settings, source, name)} as decimal(18, 2)) as amount,
        from read_parquet({path_list(paths)}, union_by_name => true)
        where _reject is not null
        """
        for (source, name), paths in rejecting.items()
    ]
    columns = {
        "batch": "varchar",
        "source": "varchar",
        "object": "varchar",
        "file_name": "varchar",
        "row_number": "bigint",
        "line": "bigint",
        "reasons": "varchar",
        "raw": "varchar",
        "amount": "decimal(18, 2)",
    }
    create_table(connection, "quarantined_rows", columns, [])
    if selects:
        listed = ", ".join(columns)
        connection.execute(
            f"insert into run.quarantined_rows select {listed} "
            f"from ({' union all '.join(selects)}) inner join run.batch_files using (batch)"
        )
    connection.execute("drop table run.batch_files")


def _amount_of(settings: Settings, source: str, object_name: str) -> str:
    """SQL for the money on a row of an object, as delivered; NULL where it has none."""
    shape = settings.shape(source, object_name)
    return "amount" if shape and "amount" in shape.columns else "null"
