"""The account of the rows behind the published numbers: what of a record they rest on.

Kept in the journal as changes against the last account, so that a restatement can name the records
that moved it, also when the files of earlier versions are gone. `journal.ACCOUNT_COLUMNS` says what
is kept; reasons are found in `restatements`.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines import journal
from pipelines.journal import ACCOUNT_COLUMNS
from pipelines.publish.records import Publish
from pipelines.sql import literal, moment


@dataclass(frozen=True, kw_only=True)
class Account:
    """A fact whose rows are kept: `key` is a row's, `record` that of the record it belongs to.

    `explained_by`: the object whose account holds that record, and so why it changed. `only`: which
    rows are kept, where measures need no others.
    """

    object: str
    fact: str
    key: str
    record: str
    explained_by: str
    only: str = "true"


ACCOUNTS = (
    Account(
        object="opportunities",
        fact="fct_opportunities",
        key="opportunity_key",
        record="opportunity_key",
        explained_by="opportunities",
    ),
    Account(
        object="opportunity_credits",
        fact="fct_opportunity_credits",
        key="credit_key",
        record="opportunity_key",
        explained_by="opportunities",
    ),
    Account(
        object="opportunity_lines",
        fact="fct_opportunity_lines",
        key="line_key",
        record="opportunity_key",
        explained_by="opportunities",
        only="is_counted_win",
    ),
    Account(
        object="leads",
        fact="fct_leads",
        key="lead_key",
        record="lead_key",
        explained_by="leads",
    ),
)


def fact_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """The columns of each fact of the build, by the fact's name."""
    rows = connection.execute(
        "select table_name, list(column_name) from duckdb_columns() "
        "where database_name = 'build' and schema_name = 'marts' group by table_name"
    ).fetchall()
    return {table: set(columns) for table, columns in rows}


def add_compared_rows(connection: duckdb.DuckDBPyConnection, lake_dir: Path) -> None:
    """Table `compared_rows`: one row per row of a fact that is not what the last account holds.

    `was` and `now` are what is kept of it, before and after; NULL where it was not, or is not. Rows
    are compared by a digest, so that a night reads whole only what changed; where a later DuckDB
    has another one, the account is written anew, and no part of a number differs.
    """
    columns = fact_columns(connection)
    present = [one for one in ACCOUNTS if {one.key, one.record} <= columns.get(one.fact, set())]
    objects = ", ".join(literal(one.object) for one in present) or "null"
    journaled = journal.select(lake_dir, "published_rows")
    connection.execute(f"""
        create temporary table last_rows as
        with latest as (
            select object, row_key, max(journal_file) as journal_file
            from ({journaled}) where object in ({objects}) group by object, row_key
        )

        select object, row_key, journal_file, digest
        from ({journaled}) inner join latest using (object, row_key, journal_file)
        where not is_removed
    """)
    connection.execute("""
        create temporary table changed_keys (
            object varchar, row_key varchar, journal_file varchar, is_there boolean
        )
    """)
    for one in present:
        connection.execute(f"""
            insert into changed_keys
            with before as (from last_rows where object = {literal(one.object)}),

            after as ({_digests(one, columns[one.fact])})

            select {literal(one.object)}, row_key, before.journal_file, after.digest is not null
            from before full outer join after using (row_key)
            where before.digest is distinct from after.digest
        """)
    _add_changed(connection, journaled, [(one, columns[one.fact]) for one in present])


def _add_changed(
    connection: duckdb.DuckDBPyConnection,
    journaled: str,
    present: list[tuple[Account, set[str]]],
) -> None:
    """Table `compared_rows`, from the keys of what changed."""
    kept = ", ".join(f"{name} := {name}" for name in ACCOUNT_COLUMNS)
    nothing = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in ACCOUNT_COLUMNS.items())
    selects = [
        f"select null as object, null as row_key, null as record_key, cast(null as ubigint) as "
        f"digest, {nothing} where false",
        *(_rows_now(account, columns) for account, columns in present),
    ]
    connection.execute(f"""
        create temporary table compared_rows as
        with before as (
            select object, row_key, record_key, struct_pack({kept}) as was
            from ({journaled})
            inner join changed_keys using (object, row_key, journal_file)
        ),

        after as (
            select object, row_key, record_key, digest, struct_pack({kept}) as now
            from ({" union all by name ".join(selects)})
        )

        select object, row_key, coalesce(after.record_key, before.record_key) as record_key,
            after.digest, was, now
        from before full outer join after using (object, row_key)
    """)


def _columns(columns: set[str]) -> dict[str, str]:
    """What is kept of a fact as SQL; an open deal is valued anew each night, which is no change."""
    kept = {name: name for name in ACCOUNT_COLUMNS if name in columns}
    if {"amount", "closed_on"} <= set(kept):
        kept["amount"] = "case when closed_on is not null then amount end"
    return {name: f"cast({sql} as {ACCOUNT_COLUMNS[name]})" for name, sql in kept.items()}


def _digests(account: Account, columns: set[str]) -> str:
    """The rows of a fact by their digest alone."""
    return (
        f"select {account.key} as row_key, hash({', '.join(_columns(columns).values())}) as digest "
        f"from build.marts.{account.fact} where {account.only}"
    )


def _rows_now(account: Account, columns: set[str]) -> str:
    """What is kept of the changed rows of a fact."""
    kept = _columns(columns)
    listed = ", ".join(f"{sql} as {name}" for name, sql in kept.items())
    return f"""
        select changed_keys.object, {account.key} as row_key, {account.record} as record_key,
            hash({", ".join(kept.values())}) as digest, {listed}
        from build.marts.{account.fact}
        inner join changed_keys
            on changed_keys.object = {literal(account.object)} and changed_keys.is_there
            and {account.key} = changed_keys.row_key
        where {account.only}
    """


def changed_rows(publish: Publish) -> str:
    """What the journal is told of the rows in `compared_rows`."""
    return f"""
        select {literal(publish.version)} as version, {moment(publish.as_of)} as as_of,
            object, row_key, record_key, now is null as is_removed, digest, unnest(now)
        from compared_rows order by object, row_key
    """
