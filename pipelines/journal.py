"""The journal: what a night decided and published, append-only, beside the exports in the lake.

State that no export can give back: publishes, check results, decisions of people, values published,
the rows behind them, and which past values were restated.
Each kind is a folder of numbered Parquet files; a file, once there, never changes.
"""

import os
import pwd
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import duckdb

from pipelines import durable
from pipelines.sql import literal, quoted

Kind = Literal[
    "publishes", "check_results", "decisions", "published_values", "published_rows", "restatements"
]

# What the account of published rows keeps of a record, by type; a fact gives those that it has.
# What a measure reads has to be among it: else any change of a record is taken for one of it.
ACCOUNT_COLUMNS = {
    "stage": "varchar",
    "outcome": "varchar",
    "status": "varchar",
    "lead_kind": "varchar",
    "revenue_class": "varchar",
    "exclusion": "varchar",
    "source_currency": "varchar",
    "rep_at_close": "varchar",
    "team_at_close": "varchar",
    "region_at_close": "varchar",
    "segment_at_close": "varchar",
    "rep_at_creation": "varchar",
    "team_at_creation": "varchar",
    "region_at_creation": "varchar",
    "segment_at_creation": "varchar",
    "rep": "varchar",
    "team": "varchar",
    "region": "varchar",
    "source_amount": "decimal(18,2)",
    "amount": "decimal(18,2)",
    "plan_amount": "decimal(18,2)",
    "created_amount": "decimal(18,2)",
    "decided_amount": "decimal(18,2)",
    "given_share": "double",
    "share": "decimal(18,9)",
    "quantity": "decimal(28,9)",
    "response_minutes": "double",
    "response_business_minutes": "double",
    "sales_cycle_days": "integer",
    "is_converted": "boolean",
    "is_creation_converted": "boolean",
    "is_deleted": "boolean",
    "is_merged": "boolean",
    "is_renewal": "boolean",
    "is_counted_creation": "boolean",
    "is_counted_win": "boolean",
    "is_counted_loss": "boolean",
    "is_credited_win": "boolean",
    "is_priced_win": "boolean",
    "is_win_rate_eligible": "boolean",
    "is_cohort_eligible": "boolean",
    "is_won_within_window": "boolean",
    "is_cycle_counted": "boolean",
    "is_first_win_of_customer": "boolean",
    "is_class_provisional": "boolean",
    "is_new_lead": "boolean",
    "is_re_inquiry": "boolean",
    "is_qualified_lead": "boolean",
    "is_opportunity_within_window": "boolean",
    "is_response_counted": "boolean",
    "is_response_due": "boolean",
    "is_response_within_target": "boolean",
    "is_unanswered": "boolean",
    "created_on": "date",
    "closed_on": "date",
    "qualified_on": "date",
}

COLUMNS: dict[Kind, dict[str, str]] = {
    "publishes": {
        "version": "varchar",
        "as_of": "timestamp",
        "published_at": "timestamp",
        "code_version": "varchar",
        "spec_version": "varchar",
        "inputs_digest": "varchar",
        "tables": "bigint",
        "rows": "bigint",
        "bytes": "bigint",
        "file_sha256": "varchar",
        "ledger_entries": "bigint",
    },
    "check_results": {
        "version": "varchar",
        "as_of": "timestamp",
        "check": "varchar",
        "table": "varchar",
        "severity": "varchar",
        "passed": "boolean",
        "rows": "bigint",
        "kpis": "varchar",
        "reason": "varchar",
        "examples": "varchar",
    },
    "decisions": {
        "decision": "varchar",
        "batch": "varchar",
        "version": "varchar",
        "newest_version": "varchar",
        "reason": "varchar",
        "decided_by": "varchar",
        "decided_at": "timestamp",
    },
    "published_values": {
        "version": "varchar",
        "as_of": "timestamp",
        "kpi": "varchar",
        "statistic": "varchar",
        "grain": "varchar",
        "period_start": "date",
        "scope": "varchar",
        "member": "varchar",
        "value": "double",
        "is_removed": "boolean",
        "period_end": "date",
        "is_settled": "boolean",
    },
    "published_rows": {
        "version": "varchar",
        "as_of": "timestamp",
        "object": "varchar",
        "row_key": "varchar",
        "record_key": "varchar",
        "is_removed": "boolean",
        "digest": "ubigint",
        **ACCOUNT_COLUMNS,
    },
    "restatements": {
        "version": "varchar",
        "as_of": "timestamp",
        "previous_version": "varchar",
        "kpi": "varchar",
        "statistic": "varchar",
        "grain": "varchar",
        "period_start": "date",
        "scope": "varchar",
        "member": "varchar",
        "value_before": "double",
        "value_after": "double",
        "reason": "varchar",
        "object": "varchar",
        "record_key": "varchar",
        "amount_before": "decimal(18,2)",
        "amount_after": "decimal(18,2)",
        "on_before": "date",
        "on_after": "date",
        "effect": "double",
        "detail": "varchar",
    },
}


def files(lake_dir: Path, kind: Kind) -> list[Path]:
    """The files of one kind, oldest first."""
    return sorted((lake_dir / "_journal" / kind).glob("[0-9]*.parquet"))


def append(
    lake_dir: Path, kind: Kind, select: str, *, connection: duckdb.DuckDBPyConnection
) -> Path:
    """One more file of this kind, with the rows of a select; columns beyond the kind's are kept."""
    present = files(lake_dir, kind)
    number = int(present[-1].stem) + 1 if present else 1
    path = lake_dir / "_journal" / kind / f"{number:06d}.parquet"
    with durable.replacing(path) as temporary:
        connection.execute(f"copy ({select}) to {literal(temporary)} (format parquet)")
    return path


def append_rows(lake_dir: Path, kind: Kind, rows: Sequence[Mapping[str, object]]) -> Path:
    """One more file of this kind, with these rows; a column that is not given is NULL.

    Raises:
        ValueError: a row has a column that the kind does not have.
    """
    types = COLUMNS[kind]
    unknown = sorted({name for row in rows for name in row} - set(types))
    if unknown:
        raise ValueError(f"journal {kind}: no column {', '.join(unknown)}")
    declared = ", ".join(f"{quoted(name)} {sql_type}" for name, sql_type in types.items())
    with duckdb.connect() as connection:
        connection.execute(f"create table given ({declared})")
        if rows:
            marks = ", ".join("?" for _ in types)
            connection.executemany(
                f"insert into given values ({marks})",
                [[row.get(name) for name in types] for row in rows],
            )
        return append(lake_dir, kind, "select * from given", connection=connection)


def select(lake_dir: Path, kind: Kind) -> str:
    """SQL that yields every row of this kind: its columns, typed, also when there is no file.

    `journal_file` is the path of the row's file: its order is the order of the appends.
    """
    types = {**COLUMNS[kind], "journal_file": "varchar"}.items()
    empty = ", ".join(f"cast(null as {sql_type}) as {quoted(name)}" for name, sql_type in types)
    nothing = f"select {empty} where false"
    paths = files(lake_dir, kind)
    if not paths:
        return nothing
    listed = ", ".join(literal(path) for path in paths)
    options = "union_by_name => true, filename => 'journal_file'"
    return f"{nothing} union all by name select * from read_parquet([{listed}], {options})"


def read(lake_dir: Path, kind: Kind) -> list[dict[str, Any]]:
    """All rows of a kind, oldest first; for the kinds that stay small."""
    names = list(COLUMNS[kind])
    listed = ", ".join(quoted(name) for name in names)
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select {listed} from ({select(lake_dir, kind)}) order by journal_file"
        ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]


def author() -> str:
    """Who decides: the user of this process."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
