"""Which published numbers of the past differ now, which records moved them, and why.

A restatement is a value that was published as settled, of a period that had ended by then, and that
differs now or is gone. A value of nothing (0, or not defined) that is gone is none, nor is one that
exists for the as-of alone, as the open pipeline. Its records are those whose part in the value's
measures changed between the last account of published rows and this one; the parts of a sum add up
to its change.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from pipelines import journal
from pipelines.extract import ledger
from pipelines.journal import ACCOUNT_COLUMNS
from pipelines.publish.causes import add_batches, add_causes, add_keys, is_redefined, news_since
from pipelines.publish.reasons import Basis, add_reasons
from pipelines.publish.records import Publish
from pipelines.publish.rows import ACCOUNTS, fact_columns
from pipelines.publish.values import KEY
from pipelines.settings import Settings
from pipelines.sql import literal, moment

IS_RECORD = "contains(record_key, ':')"  # a record's key names its source; a batch's has no colon
LEAST_PART = 1e-9
LEAST_REST = 0.005  # half a cent: less is the rounding of doubles
RECORDS_NAMED = 20  # per value and reason; the others are one row, so that sums still add up


@dataclass(frozen=True, kw_only=True)
class Restated:
    """One reason of a publish: how many values of the past it moved, and how many records."""

    reason: str
    values: int
    records: int


def restated_by(lake_dir: Path, version: str) -> tuple[Restated, ...]:
    """What a publish restated, the reason of most values first; from the journal."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select reason, count(distinct ({', '.join(KEY)})), "
            f"count(distinct record_key) filter (where {IS_RECORD}) "
            f"from ({journal.select(lake_dir, 'restatements')}) where version = ? "
            "group by reason order by 2 desc, reason",
            [version],
        ).fetchall()
    return tuple(
        Restated(reason=reason, values=values, records=records) for reason, values, records in rows
    )


def restated_values(lake_dir: Path, version: str) -> int:
    """How many values of the past a publish restated."""
    with duckdb.connect() as connection:
        return connection.execute(
            f"select count(distinct ({', '.join(KEY)})) "
            f"from ({journal.select(lake_dir, 'restatements')}) where version = ?",
            [version],
        ).fetchall()[0][0]


def add_restatements(
    connection: duckdb.DuckDBPyConnection, settings: Settings, mine: Publish
) -> None:
    """Table `restatements`: one row per restated value and record that moved it.

    Reads the tables `compared_values` and `compared_rows`, and the attached build.
    """
    columns = ", ".join(f"{name} {kind}" for name, kind in journal.COLUMNS["restatements"].items())
    connection.execute(f"create temporary table restatements ({columns})")
    published = journal.read(settings.lake_dir, "publishes")
    if not published:
        return
    previous = published[-1]
    _add_restated(connection, ended_by=_local_day(settings, previous["as_of"]))
    if not connection.execute("select 1 from restated limit 1").fetchall():
        return
    known = ledger.read(settings.lake_dir)
    news = news_since(known, previous)
    add_batches(connection, settings, known, news)
    add_keys(connection, settings, known, news, previous)
    bases = _bases(connection)
    _add_parts(connection, bases)
    _add_moved(connection)
    add_reasons(connection, bases, is_redefined=is_redefined(mine, previous))
    add_causes(connection, mine, previous)
    _fill(connection, mine, previous)


def _local_day(settings: Settings, as_of: datetime) -> str:
    """The company's day that the as-of begins: periods that end by it had ended."""
    local = as_of.replace(tzinfo=UTC).astimezone(ZoneInfo(settings.company.timezone))
    return f"date '{local.date().isoformat()}'"


def _add_restated(connection: duckdb.DuckDBPyConnection, *, ended_by: str) -> None:
    """Table `restated`: the values of ended periods that were settled, and differ."""
    connection.execute(f"""
        create temporary table restated as
        with of_the_as_of as (
            select distinct kpi, statistic from build.intermediate.int_kpi_bases
            where is_semi_additive
        ),

        ends as (
            select grain, period_start, max(period_end) as period_end
            from build.kpis.kpi_statistics group by grain, period_start
        )

        select compared_values.* replace (
                coalesce(compared_values.period_end, ends.period_end) as period_end
            )
        from compared_values
        left join ends using (grain, period_start)
        where was_there and was_settled and differs
            and not (is_removed and coalesce(value_before, 0) = 0)
            and not (is_removed and (kpi, statistic) in (from of_the_as_of))
            and coalesce(compared_values.period_end, ends.period_end) <= {ended_by}
    """)


def _bases(connection: duckdb.DuckDBPyConnection) -> list[Basis]:
    """The measures that restated values rest on, of facts with an account since the last publish.

    A measure that reads a column beyond the account is not exact: any change of a record moves it.
    """
    columns = fact_columns(connection)
    kept = {
        row[0] for row in connection.execute("select distinct object from last_rows").fetchall()
    }
    accounts = {one.fact: one for one in ACCOUNTS if one.object in kept}
    rows = connection.execute("""
        select distinct semantic_model, measure, fact, dated_on, region, team, expression,
            aggregate in ('sum', 'count') as is_sum
        from build.intermediate.int_kpi_bases
        inner join (select distinct kpi, statistic from restated) using (kpi, statistic)
        where fact is not null
        order by semantic_model, measure
    """).fetchall()
    found: list[Basis] = []
    for model, measure, fact, dated_on, region, team, expression, is_sum in rows:
        if fact not in accounts or dated_on not in ACCOUNT_COLUMNS:
            continue
        named = set(re.findall(r"\w+", expression)) & columns[fact]
        found.append(
            Basis(
                semantic_model=model,
                measure=measure,
                account=accounts[fact],
                dated_on=dated_on,
                region=_kept(region),
                team=_kept(team),
                expression=expression,
                is_sum=is_sum,
                is_exact=named <= set(ACCOUNT_COLUMNS),
            )
        )
    return found


def _kept(column: str | None) -> str:
    """The column, where the account has it."""
    return column if column in ACCOUNT_COLUMNS else "cast(null as varchar)"


def _add_parts(connection: duckdb.DuckDBPyConnection, bases: list[Basis]) -> None:
    """Table `parts`: what each changed record was and is in each measure, by scope and member.

    By day and place; a record that is in a measure as it was is left out.
    """
    connection.execute("""
        create temporary table sides as
        select object, record_key, false as is_now, unnest(was) from compared_rows
        where was is not null
        union all
        select object, record_key, true as is_now, unnest(now) from compared_rows
        where now is not null
    """)
    connection.execute("""
        create temporary table parts (
            semantic_model varchar, measure varchar, is_exact boolean, record_key varchar,
            dated_on date, scope varchar, member varchar, part_before double, part_after double
        )
    """)
    for basis in bases:
        connection.execute(f"insert into parts {_parts(basis)}")


def _parts(basis: Basis) -> str:
    """What rows are in a measure; a part of 0 is none, unless it is one of several in a median."""
    part = basis.expression if basis.is_exact else "cast(is_now as integer) + 1"
    nonzero = " and part <> 0" if basis.is_sum else ""
    return f"""
        with dated as (
            select record_key, is_now, {basis.dated_on} as dated_on, {basis.region} as region,
                {basis.team} as team, cast({part} as double) as part
            from sides
            where object = {literal(basis.account.object)} and {basis.dated_on} is not null
        ),

        changed as (
            select record_key, dated_on, region, team,
                sum(part) filter (where not is_now) as part_before,
                sum(part) filter (where is_now) as part_after
            from dated where part is not null{nonzero}
            group by record_key, dated_on, region, team
            having part_before is null or part_after is null
                or abs(part_after - part_before) > {LEAST_PART}
        )

        select {literal(basis.semantic_model)}, {literal(basis.measure)},
            {str(basis.is_exact).lower()}, record_key, dated_on,
            scopes.scope,
            case scopes.scope when 'region' then region when 'team' then team else '(all)' end,
            part_before, part_after
        from changed cross join (values ('company'), ('region'), ('team')) as scopes (scope)
    """


def _add_moved(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `moved`: one row per restated value and record whose part in it changed.

    `effect` is what the change adds to the value of a sum; NULL where the KPI is none.
    """
    keys = ", ".join(f"restated.{name}" for name in KEY)
    connection.execute(f"""
        create temporary table moved as
        with windows as (
            select distinct grain, period_start, 'own' as base_period,
                period_start as from_on, period_end as to_on
            from restated
            union
            select own.grain, own.period_start, kinds.base_period,
                base.period_start as from_on, base.period_end as to_on
            from build.intermediate.int_periods as own
            cross join (values ('prior'), ('year_ago')) as kinds (base_period)
            inner join build.intermediate.int_periods as base
                on own.grain = base.grain
                and base.period_number = own.period_number
                    - if(kinds.base_period = 'prior', 1, own.periods_in_a_year)
        ),

        placed as (
            select days.dated_on, windows.grain, windows.period_start, windows.base_period
            from (select distinct dated_on from parts) as days
            inner join windows
                on windows.from_on <= days.dated_on and days.dated_on < windows.to_on
        ),

        by_measure as (
            select {keys}, bases.semantic_model, bases.measure, parts.record_key,
                bases.adds_up and bool_and(parts.is_exact) as adds_up,
                sum(parts.part_before) as part_before,
                sum(parts.part_after) as part_after
            from restated
            inner join build.intermediate.int_kpi_bases as bases
                on restated.kpi = bases.kpi and restated.statistic = bases.statistic
                and list_contains(string_split(bases.scopes, ','), restated.scope)
            inner join parts
                on bases.semantic_model = parts.semantic_model and bases.measure = parts.measure
                and restated.scope = parts.scope and restated.member = parts.member
            inner join placed
                on parts.dated_on = placed.dated_on and restated.grain = placed.grain
                and restated.period_start = placed.period_start
                and bases.base_period = placed.base_period
            group by {keys}, bases.semantic_model, bases.measure, bases.adds_up, bases.base_period,
                parts.record_key
        )

        select {", ".join(KEY)}, min(semantic_model) as semantic_model, record_key,
            sum(case when adds_up then coalesce(part_after, 0) - coalesce(part_before, 0) end)
                as effect
        from by_measure
        where part_before is null or part_after is null
            or abs(part_after - part_before) > {LEAST_PART}
        group by {", ".join(KEY)}, record_key
    """)


def _fill(connection: duckdb.DuckDBPyConnection, mine: Publish, previous: dict[str, Any]) -> None:
    """The table `restatements` holds this publish's: records first, then what none explains."""
    keys = ", ".join(KEY)
    connection.execute(f"""
        insert into restatements by name
        with ranked as (
            select {keys}, record_key, effect, amount_before, amount_after, on_before, on_after,
                coalesce(reason, 'reclassified') as reason,
                coalesce(object, 'opportunities') as object,
                coalesce(detail, 'shares of the credit') as detail,
                row_number() over (
                    partition by {keys}, coalesce(reason, 'reclassified')
                    order by abs(coalesce(effect, 0)) desc, record_key
                ) as place
            from moved left join reasons using (semantic_model, record_key)
        ),

        records as (
            select {keys}, reason, object, record_key, amount_before, amount_after, on_before,
                on_after, effect, detail
            from ranked where place <= {RECORDS_NAMED}
            union all
            select {keys}, reason, object, null, sum(amount_before), sum(amount_after), null, null,
                sum(effect), count(*) || ' more records'
            from ranked where place > {RECORDS_NAMED} group by {keys}, reason, object
        ),

        explained as (
            select {keys}, sum(effect) as effect from moved group by {keys}
        ),

        sums as (
            select kpi, statistic, unnest(string_split(scopes, ',')) as scope,
                bool_and(adds_up) as adds_up
            from build.intermediate.int_kpi_bases group by kpi, statistic, scope
        ),

        unexplained as (
            select {", ".join(f"restated.{name}" for name in KEY)},
                explained.kpi is not null as is_partly,
                case
                    when sums.adds_up and (explained.kpi is null or explained.effect is not null)
                        then coalesce(restated.value_after, 0) - coalesce(restated.value_before, 0)
                            - coalesce(explained.effect, 0)
                end as rest
            from restated
            left join explained using ({keys})
            left join sums
                on restated.kpi = sums.kpi and restated.statistic = sums.statistic
                and restated.scope = sums.scope
        ),

        reasons as (
            select * from records
            union all by name
            select {", ".join(f"unexplained.{name}" for name in KEY)}, causes.reason, causes.object,
                causes.record_key, causes.detail, if(causes.number = 1, unexplained.rest, null)
                    as effect
            from unexplained inner join causes using (kpi, statistic)
            where not is_partly or abs(rest) > {LEAST_REST}
        )

        select {literal(mine.version)} as version, {moment(mine.as_of)} as as_of,
            {literal(previous["version"])} as previous_version, restated.value_before,
            restated.value_after, reasons.*
        from reasons inner join restated using ({keys})
        order by {keys}, reason, abs(effect) desc, record_key
    """)
