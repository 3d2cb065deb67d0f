"""What publishes and rollbacks write into the journal, and read back from it, in order.

The journal keeps files and their order; the columns that a publish adds to them are named here.
"""

import json
import os
import pwd
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines import journal
from pipelines.report import CheckResult
from pipelines.sql import literal

COLUMNS: dict[journal.Kind, dict[str, str]] = {
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
    },
}


@dataclass(frozen=True, kw_only=True)
class Publish:
    """What is known of a publish before its file is closed; moments are naive UTC."""

    version: str
    as_of: datetime
    published_at: datetime
    code_version: str
    spec_version: str
    inputs_digest: str


def relation(lake_dir: Path, kind: journal.Kind) -> str:
    """A select of all rows of a kind, typed also when there are none.

    `journal_file` is the path of the row's file: its order is the order of the appends.
    """
    columns = {**COLUMNS[kind], "journal_file": "varchar"}
    listed = ", ".join(f'cast(null as {type_}) as "{name}"' for name, type_ in columns.items())
    nothing = f"select {listed} where false"
    paths = ", ".join(literal(path) for path in journal.files(lake_dir, kind))
    if not paths:
        return nothing
    options = "union_by_name => true, filename => 'journal_file'"
    return f"{nothing} union all by name select * from read_parquet([{paths}], {options})"


def read(lake_dir: Path, kind: journal.Kind) -> list[dict[str, Any]]:
    """All rows of a kind, oldest first; for the kinds that stay small."""
    names = list(COLUMNS[kind])
    listed = ", ".join(f'"{name}"' for name in names)
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select {listed} from ({relation(lake_dir, kind)}) order by journal_file"
        ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]


def _append(lake_dir: Path, kind: journal.Kind, rows: list[dict[str, object]]) -> None:
    columns = COLUMNS[kind]
    declared = ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
    with duckdb.connect() as connection:
        connection.execute(f"create table given ({declared})")
        insert(connection, "given", [list(row.values()) for row in rows])
        journal.append(lake_dir, kind, "select * from given", connection=connection)


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[list[object]]) -> None:
    """The rows, a few, are in the table."""
    if rows:
        marks = ", ".join("?" for _ in rows[0])
        connection.executemany(f"insert into {table} values ({marks})", rows)


def check_rows(publish: Publish, check_results: list[CheckResult]) -> list[dict[str, object]]:
    """The night's check results as the journal holds them."""
    return [
        {
            "version": publish.version,
            "as_of": publish.as_of,
            "check": result.check,
            "table": result.table,
            "severity": result.severity,
            "passed": result.passed,
            "rows": result.rows,
            "kpis": ", ".join(result.kpis),
            "reason": result.reason,
            "examples": json.dumps(result.examples, default=str),
        }
        for result in check_results
    ]


def append_check_results(
    lake_dir: Path, publish: Publish, check_results: list[CheckResult]
) -> None:
    """The night's check results are in the journal."""
    _append(lake_dir, "check_results", check_rows(publish, check_results))


def append_publish(
    lake_dir: Path, publish: Publish, *, tables: int, rows: int, size: int, file_sha256: str
) -> None:
    """The publish is in the journal: it counts from here on."""
    counts = {"tables": tables, "rows": rows, "bytes": size, "file_sha256": file_sha256}
    _append(lake_dir, "publishes", [{**asdict(publish), **counts}])


def append_decision(
    lake_dir: Path, decision: str, *, version: str, newest_version: str, reason: str
) -> None:
    """A decision about the link is in the journal, with who and when."""
    row: dict[str, object] = {
        "decision": decision,
        "version": version,
        "newest_version": newest_version,
        "reason": reason,
        "decided_by": _user(),
        "decided_at": datetime.now(UTC).replace(tzinfo=None),
    }
    _append(lake_dir, "decisions", [row])


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def drop_uncommitted(lake_dir: Path, kind: journal.Kind, recorded: list[str]) -> None:
    """The newest file of a kind belongs to a recorded publish; one that does not is removed.

    The only deletion in the journal: rows of a publish that was killed before it counted.
    """
    files = journal.files(lake_dir, kind)
    if not files:
        return
    with duckdb.connect() as connection:
        found = connection.execute(
            "select any_value(version) from read_parquet(?)", [str(files[-1])]
        ).fetchall()
    version = found[0][0]
    if version is not None and version not in recorded:
        files[-1].unlink()
