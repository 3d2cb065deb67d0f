"""What publishes and rollbacks write into the journal."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipelines import durable, journal
from pipelines.report import CheckResult

# What a publish appends before its record, which alone makes it count.
OF_A_PUBLISH: tuple[journal.Kind, ...] = (
    "published_values",
    "published_rows",
    "restatements",
    "check_results",
)


@dataclass(frozen=True, kw_only=True)
class Publish:
    """What is known of a publish before its file is closed; moments are naive UTC."""

    version: str
    as_of: datetime
    published_at: datetime
    code_version: str
    spec_version: str
    inputs_digest: str
    ledger_entries: int


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
    journal.append_rows(lake_dir, "check_results", check_rows(publish, check_results))


def append_publish(
    lake_dir: Path, publish: Publish, *, tables: int, rows: int, size: int, file_sha256: str
) -> None:
    """The publish is in the journal: it counts from here on."""
    counts = {"tables": tables, "rows": rows, "bytes": size, "file_sha256": file_sha256}
    journal.append_rows(lake_dir, "publishes", [{**asdict(publish), **counts}])


def append_decision(
    lake_dir: Path, decision: str, *, version: str, newest_version: str, reason: str
) -> None:
    """A decision about the link is in the journal, with who and when."""
    row: dict[str, object] = {
        "decision": decision,
        "version": version,
        "newest_version": newest_version,
        "reason": reason,
        "decided_by": journal.author(),
        "decided_at": datetime.now(UTC).replace(tzinfo=None),
    }
    journal.append_rows(lake_dir, "decisions", [row])


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
        durable.remove(files[-1])
