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

    `was` and `now` are what is kept of it, before and after; NULL where it was not, or is not.
    """
    columns = fact_columns(connection)
    present = [one for one in ACCOUNTS if {one.key, one.record} <= columns.get(one.fact, set())]
    kept = ", ".join(f"{name} := {name}" for name in ACCOUNT_COLUMNS)
    objects = ", ".join(literal(one.object) for one in present) or "null"
    nothing = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in ACCOUNT_COLUMNS.items())
    selects = [
        f"select null as object, null as row_key, null as record_key, {nothing} where false",
        *(_rows_now(one, columns[one.fact]) for one in present),
    ]
    connection.execute(f"""
        create temporary table compared_rows as
        with journaled as ({journal.select(lake_dir, "published_rows")}),

        latest as (
            select object, row_key, max(journal_file) as journal_file
            from journaled where object in ({objects}) group by object, row_key
        ),

        before as (
            select object, row_key, record_key, struct_pack({kept}) as was
            from journaled inner join latest using (object, row_key, journal_file)
            where not is_removed
        ),

        after as (
            select object, row_key, record_key, struct_pack({kept}) as now
            from ({" union all by name ".join(selects)})
        )

        select object, row_key, coalesce(after.record_key, before.record_key) as record_key,
            was, now
        from before full outer join after using (object, row_key)
        where was is distinct from now
    """)


def _rows_now(account: Account, columns: set[str]) -> str:
    """What is kept of a fact's rows; an open deal is valued anew each night, which is no change."""
    kept = [
        f"cast({_counted(name, columns)} as {kind}) as {name}"
        for name, kind in ACCOUNT_COLUMNS.items()
        if name in columns
    ]
    return (
        f"select {literal(account.object)} as object, {account.key} as row_key, "
        f"{account.record} as record_key, {', '.join(kept)} from build.marts.{account.fact} "
        f"where {account.only}"
    )


def _counted(name: str, columns: set[str]) -> str:
    if name == "amount" and "closed_on" in columns:
        return "case when closed_on is not null then amount end"
    return name


def changed_rows(publish: Publish) -> str:
    """What the journal is told of the rows in `compared_rows`."""
    return f"""
        select {literal(publish.version)} as version, {moment(publish.as_of)} as as_of,
            object, row_key, record_key, now is null as is_removed, unnest(now)
        from compared_rows order by object, row_key
    """
