"""Which published numbers of the past differ now, which records moved them, and why.

A restatement is a value that was published as settled, of a period that had ended by then, and that
differs now or is gone. A value of nothing (0, or not defined) that is gone is none, nor is one that
exists for the as-of alone, as the open pipeline. Its records are those whose part in the value's
measures changed between the last account of published rows and this one; the parts of a sum add up
to its change.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from pipelines import journal
from pipelines.extract import ledger
from pipelines.extract.ledger import Entry, Ledger
from pipelines.journal import ACCOUNT_COLUMNS
from pipelines.publish.records import Publish, insert
from pipelines.publish.rows import ACCOUNTS, Account, fact_columns
from pipelines.publish.values import KEY
from pipelines.settings import Settings
from pipelines.sql import literal, moment, path_list

LEAST_PART = 1e-9
LEAST_REST = 0.005  # half a cent: less is the rounding of doubles
RECORDS_NAMED = 20  # per value and reason; the others are one row, so that sums still add up

REASONS = {
    "merged": "the record was merged into another one",
    "deleted": "the record was deleted, or no source delivers it any more",
    "excluded": "a rule leaves the record out now, as a test or internal one",
    "restored": "the record had been deleted, merged or left out, and counts again",
    "quarantine released": "the record's row could not be read before",
    "contract changed": "the config reads the same files otherwise now",
    "late source": "the record arrived after its period had been published",
    "reopened": "the deal was closed and is open again",
    "late close": "the deal was closed in the past after that had been published",
    "outcome changed": "a won deal became a lost one, or the other way round",
    "amount changed": "the tool has another amount",
    "date changed": "the tool has another day, which may be of another period",
    "rate changed": "the amount is the same, its rate of exchange is not",
    "reclassified": "the record counts elsewhere: another team, region, owner, segment or class",
    "definition changed": "the KPI, the code or a setting changed",
}

# The amount that counts by a day, and the words for what else a record can differ in.
_AMOUNTS = {"closed_on": "amount", "created_on": "created_amount"}
_TOLD = (
    "stage",
    "outcome",
    "status",
    "lead_kind",
    "exclusion",
    "revenue_class",
    "source_amount",
    "created_on",
    "closed_on",
    "qualified_on",
    "response_minutes",
)
_PLACES = ("rep", "team", "region", "segment")
_PLACED_BY = {"closed_on": "_at_close", "created_on": "_at_creation"}
_DERIVED = ("revenue_class", *(name for name in ACCOUNT_COLUMNS if name.startswith("is_")))


@dataclass(frozen=True, kw_only=True)
class _Basis:
    """A measure of a semantic model whose fact has an account; `is_exact`: its part is known."""

    semantic_model: str
    measure: str
    account: Account
    dated_on: str
    region: str
    team: str
    expression: str
    is_sum: bool
    is_exact: bool


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
            f"select reason, count(distinct ({', '.join(KEY)})), count(distinct record_key) "
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
    news = _news(known, previous)
    _add_batches(connection, settings, news)
    _add_keys(connection, settings, known, news, previous)
    bases = _bases(connection)
    _add_parts(connection, bases)
    _add_moved(connection)
    _add_reasons(connection, bases, is_redefined=_is_redefined(mine, previous))
    _add_causes(connection, mine, previous)
    _fill(connection, mine, previous)


def _local_day(settings: Settings, as_of: datetime) -> str:
    """The company's day that the as-of begins: periods that end by it had ended."""
    local = as_of.replace(tzinfo=UTC).astimezone(ZoneInfo(settings.company.timezone))
    return f"date '{local.date().isoformat()}'"


def _is_redefined(mine: Publish, previous: dict[str, Any]) -> bool:
    return (mine.spec_version, mine.code_version) != (
        previous["spec_version"],
        previous["code_version"],
    )


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


def _news(known: Ledger, previous: dict[str, Any]) -> list[Entry]:
    """What was applied since the last publish; nothing is told of a journal without the count."""
    since = previous["ledger_entries"]
    entries = known.entries[since:] if since is not None else ()
    return [entry for entry in entries if known.state(entry) == "applied"]


def _is_read_anew(known: Ledger, entry: Entry) -> bool:
    """True for a batch of content that had been applied before, by another contract."""
    applied = {one.batch for one in known.entries if one.state == "applied"}
    return bool(applied & set(entry.supersedes))


def _feeds(settings: Settings, entry: Entry) -> str:
    """The object of objects.yml that a batch is of."""
    shape = settings.shape(entry.source, str(entry.object))
    return (shape.feeds if shape else None) or str(entry.object)


def _add_batches(
    connection: duckdb.DuckDBPyConnection, settings: Settings, news: list[Entry]
) -> None:
    """Table `new_batches`: what was applied since the last publish."""
    connection.execute(
        "create temporary table new_batches (batch varchar, object varchar, file_name varchar, "
        "is_read_anew boolean)"
    )
    known = ledger.read(settings.lake_dir)
    insert(
        connection,
        "new_batches",
        [
            [
                entry.batch,
                _feeds(settings, entry),
                f"{entry.source}/{entry.file_name}",
                _is_read_anew(known, entry),
            ]
            for entry in news
        ],
    )


def _add_keys(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    known: Ledger,
    news: list[Entry],
    previous: dict[str, Any],
) -> None:
    """Table `known_keys`: records that were quarantined before, or that only a re-reading holds."""
    anew = [entry for entry in news if _is_read_anew(known, entry)]
    fresh = [entry for entry in news if entry not in anew]
    before = [
        entry
        for entry in known.entries[: previous["ledger_entries"] or 0]
        if entry.batch and entry.counts.quarantined_rows
    ]
    read_anew, fresh_keys, quarantined = (
        _keys(settings, entries, where=where)
        for entries, where in (
            (anew, "_reject is null"),
            (fresh if anew else [], "_reject is null"),
            (before, "_reject is not null and _key is not null"),
        )
    )
    connection.execute(f"""
        create temporary table known_keys as
        select object, record_key, 'contract changed' as reason
        from (({read_anew}) except ({fresh_keys}))
        union all
        select object, record_key, 'quarantine released' from ({quarantined})
    """)


def _keys(settings: Settings, entries: list[Entry], *, where: str) -> str:
    """A select of the records in batches, by object."""
    paths: dict[tuple[str, str], list[Path]] = {}
    for entry in entries:
        place = _feeds(settings, entry), entry.source
        paths.setdefault(place, []).append(ledger.batch_file(settings.lake_dir, entry))
    selects = [
        f"select distinct {literal(name)} as object, {literal(source + ':')} || _key as record_key "
        f"from read_parquet({path_list(listed)}, union_by_name => true) where {where}"
        for (name, source), listed in paths.items()
    ]
    nothing = "select cast(null as varchar) as object, cast(null as varchar) as record_key"
    return " union all ".join([f"{nothing} where false", *selects])


def _bases(connection: duckdb.DuckDBPyConnection) -> list[_Basis]:
    """The measures that restated values rest on, of facts with an account.

    A measure that reads a column beyond the account is not exact: any change of a record moves it.
    """
    columns = fact_columns(connection)
    accounts = {one.fact: one for one in ACCOUNTS}
    rows = connection.execute("""
        select distinct semantic_model, measure, fact, dated_on, region, team, expression,
            aggregate in ('sum', 'count') as is_sum
        from build.intermediate.int_kpi_bases
        inner join (select distinct kpi, statistic from restated) using (kpi, statistic)
        where fact is not null
        order by semantic_model, measure
    """).fetchall()
    found: list[_Basis] = []
    for model, measure, fact, dated_on, region, team, expression, is_sum in rows:
        if fact not in accounts or dated_on not in ACCOUNT_COLUMNS:
            continue
        named = set(re.findall(r"\w+", expression)) & columns[fact]
        found.append(
            _Basis(
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


def _add_parts(connection: duckdb.DuckDBPyConnection, bases: list[_Basis]) -> None:
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


def _parts(basis: _Basis) -> str:
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


def _add_reasons(
    connection: duckdb.DuckDBPyConnection, bases: list[_Basis], *, is_redefined: bool
) -> None:
    """Table `reasons`: why a record moved, by semantic model: one record has several days."""
    models = {basis.semantic_model: basis for basis in bases}
    nothing = """
        select null as semantic_model, null as record_key, null as reason, null as object,
            null as amount_before, null as amount_after, null as on_before, null as on_after,
            null as detail where false
    """
    selects = [_reasons(basis, is_redefined=is_redefined) for basis in models.values()]
    connection.execute(
        "create temporary table reasons as " + " union all ".join(selects or [nothing])
    )


def _reasons(basis: _Basis, *, is_redefined: bool) -> str:
    """Per changed record of a semantic model, the first reason that fits."""
    record_object = basis.account.explained_by
    day, amount = basis.dated_on, _AMOUNTS.get(basis.dated_on)
    if record_object == "leads" or amount is None:
        nothing = "cast(null as decimal(18, 2))"
        amounts = f"{nothing} as amount_before, {nothing} as amount_after"
    else:
        amounts = (
            f"case when not is_gone_before then was.{amount} end as amount_before, "
            f"case when not is_gone_now then now.{amount} end as amount_after"
        )
    return f"""
        select {literal(basis.semantic_model)} as semantic_model, record_key,
            {_reason(day, is_redefined=is_redefined, is_lead=record_object == "leads")} as reason,
            {literal(record_object)} as object, {amounts},
            case when not is_gone_before then was.{day} end as on_before,
            case when not is_gone_now then now.{day} end as on_after,
            {_detail(day)} as detail
        from (
            select compared_rows.*, {_is_gone("was")} as is_gone_before,
                {_is_gone("now")} as is_gone_now,
                was is null and exists (
                    from known_keys where known_keys.object = compared_rows.object
                    and known_keys.record_key = compared_rows.record_key
                    and known_keys.reason = 'quarantine released'
                ) as was_quarantined,
                exists (
                    from known_keys where known_keys.object = compared_rows.object
                    and known_keys.record_key = compared_rows.record_key
                    and known_keys.reason = 'contract changed'
                ) as is_read_anew
            from compared_rows where object = {literal(record_object)}
        )
    """


def _is_gone(side: str) -> str:
    return (
        f"({side} is null or coalesce({side}.is_deleted, false) "
        f"or coalesce({side}.is_merged, false) or {side}.exclusion is not null)"
    )


def _reason(day: str, *, is_redefined: bool, is_lead: bool) -> str:
    """SQL for the first reason that fits a record's change, as seen by the day it counts on."""
    places = (
        _differ(f"{name}{_PLACED_BY.get(day, '')}" for name in _PLACES)
        if not is_lead
        else (_differ(("rep", "team", "region", "lead_kind")))
    )
    given = _differ(("stage", "outcome", "status", "source_amount", "source_currency", day))
    closed_before, closed_now = (
        f"coalesce({side}.outcome in ('won', 'lost'), false)" for side in ("was", "now")
    )
    otherwise = "late source" if is_lead else "reclassified"
    return f"""
            case
                when not coalesce(was.is_merged, false) and now.is_merged then 'merged'
                when now is null or (not is_gone_before and now.is_deleted) then 'deleted'
                when not is_gone_before and now.exclusion is not null then 'excluded'
                when was_quarantined then 'quarantine released'
                when is_read_anew and (was is null or {given}) then 'contract changed'
                when was is null then 'late source'
                when is_gone_before and not is_gone_now then 'restored'
                when was.stage = now.stage and was.stage <> '(none)'
                    and was.outcome is distinct from now.outcome then 'contract changed'
                when {closed_before} and now.outcome = 'open' then 'reopened'
                when not {closed_before} and {closed_now} then 'late close'
                when was.outcome is distinct from now.outcome then 'outcome changed'
                when {_differ(("source_amount", "source_currency"))} then 'amount changed'
                when {_differ((day,))} then 'date changed'
                when {_differ(("amount", "is_converted"))} then 'rate changed'
                when {_differ(("created_amount", "decided_amount"))} then 'amount changed'
                when {places} then 'reclassified'
                when {str(is_redefined).lower()} and {_differ(_DERIVED)} then 'definition changed'
                else {literal(otherwise)}
            end"""


def _differ(names: Iterable[str]) -> str:
    listed = " or ".join(f"was.{name} is distinct from now.{name}" for name in names)
    return f"({listed})"


def _detail(day: str) -> str:
    """SQL for what differs in words, as `team: West → East`; of a record that is there twice."""
    suffix = _PLACED_BY.get(day, "")
    told = {name: name for name in _TOLD} | {name: f"{name}{suffix}" for name in _PLACES}
    texts = ", ".join(
        f"case when was.{column} is distinct from now.{column} then {literal(word + ': ')} "
        f"|| coalesce(cast(was.{column} as varchar), '(none)') || ' → ' "
        f"|| coalesce(cast(now.{column} as varchar), '(none)') end"
        for word, column in told.items()
    )
    return (
        "case when not is_gone_before and not is_gone_now then "
        f"coalesce(array_to_string([{texts}], '; '), '') else '' end"
    )


def _add_causes(
    connection: duckdb.DuckDBPyConnection, mine: Publish, previous: dict[str, Any]
) -> None:
    """Table `causes`: per KPI, the likeliest reason for what no record explains.

    In this order: other definitions, files read anew, other code, what arrived of the objects that
    the KPI reads, what else arrived; the config is what is left.
    """
    connection.execute("create temporary table changes (place integer, detail varchar)")
    for place, name in ((1, "spec_version"), (3, "code_version")):
        was, now = previous[name], getattr(mine, name)
        if was != now:
            words = f"{name.removesuffix('_version')} {was} → {now}"
            insert(connection, "changes", [[place, words]])
    insert(connection, "changes", [[7, "a setting"]])
    connection.execute("""
        create temporary table causes as
        with reads as (
            select distinct kpi, statistic, unnest(string_split(reads, ',')) as object
            from build.intermediate.int_kpi_bases
        ),

        kpis as (select distinct kpi, statistic from restated),

        found as (
            select kpis.kpi, kpis.statistic, changes.place, 'definition changed' as reason,
                null as object, null as record_key, changes.detail
            from kpis cross join changes
            union all
            select kpis.kpi, kpis.statistic,
                case
                    when new_batches.is_read_anew then if(reads.object is null, 5, 2)
                    else if(reads.object is null, 6, 4)
                end,
                if(new_batches.is_read_anew, 'contract changed', 'late source'),
                new_batches.object, new_batches.batch, new_batches.file_name
            from kpis
            cross join new_batches
            left join reads
                on kpis.kpi = reads.kpi and kpis.statistic = reads.statistic
                and new_batches.object = reads.object
        )

        select kpi, statistic, reason, object, record_key, detail,
            row_number() over (partition by kpi, statistic order by record_key) as number
        from (select *, min(place) over (partition by kpi, statistic) as first_place from found)
        where place = first_place
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
