"""The door: what arrived, checked in the lake and in the accounting before dbt builds on it.

Contents are judged by the current version of each record: the lake keeps every version for good,
so a mistake that the tool has corrected since must not be held against it every night.
"""

from collections.abc import Sequence

from data_quality.checks import Check, Suite, row_count
from pipelines.extract.run_tables import relation_of
from pipelines.extract.systems import MAPPED, shapes_of
from pipelines.report import Severity

REVENUE_KPIS = (
    "revenue",
    "revenue_growth",
    "average_deal_size",
    "median_deal_size",
    "win_rate_by_value",
    "quota_attainment",
)
PIPELINE_KPIS = ("pipeline_created", "open_pipeline", "weighted_pipeline")
OUTCOME_KPIS = ("deals_won", "deals_lost", "win_rate", "win_rate_cohort", "new_customers")
DEAL_KPIS = (*REVENUE_KPIS, *PIPELINE_KPIS, *OUTCOME_KPIS, "sales_cycle_days")

LARGEST_AMOUNT = 1_000_000_000_000
QUARANTINE_WARNING_SHARE = 0.01
QUARANTINE_CRITICAL_SHARE = 0.20


def suites(systems: Sequence[str]) -> tuple[Suite, ...]:
    """Every suite of the door: the run's accounting, then each object of the systems' lake."""
    return (
        _context(),
        _row_accounting(),
        _held_batches(),
        _object_rows(),
        *(_lake(system, name) for system in systems for name in shapes_of(system)),
    )


def _context() -> Suite:
    return Suite(
        layer="door",
        table="run.context",
        checks=(
            row_count(
                at_most=1,
                reason="The night's as-of, zone and currency are one row; every model joins it.",
            ),
        ),
    )


def _row_accounting() -> Suite:
    return Suite(
        layer="door",
        table="run.row_accounting",
        checks=(
            row_count(reason="Without the accounting nobody can say what became of the rows."),
            Check(
                name="every_row_is_accounted_for",
                sql="""
                    select
                        files.source, files.object, files.file_name, files.rows_read,
                        files.new_rows, files.changed_rows, files.unchanged_rows,
                        files.quarantined_rows, files.skipped_rows
                    from {batch} as files
                    where files.state in ('applied', 'held')
                        and files.rows_read is distinct from (
                            files.new_rows + files.changed_rows + files.unchanged_rows
                            + files.quarantined_rows + files.skipped_rows
                        )
                """,
                severity="critical",
                reason="Rows of an export got lost or were counted twice on the way into the lake.",
            ),
            _quarantine_share("critical", above=QUARANTINE_CRITICAL_SHARE),
            _quarantine_share("warning", above=QUARANTINE_WARNING_SHARE),
            Check(
                name="no_file_is_refused",
                sql="""
                    select refused.source, refused.object, refused.file_name, refused.reason
                    from {batch} as refused
                    where refused.state = 'refused'
                        and not exists (
                            select 1
                            from {batch} as accepted
                            where accepted.source = refused.source
                                and accepted.sha256 = refused.sha256
                                and accepted.state <> 'refused'
                        )
                """,
                severity="warning",
                reason="A refused file stays in landing: what it holds is in no KPI.",
            ),
        ),
    )


def _quarantine_share(severity: Severity, *, above: float) -> Check:
    """The newest applied batch of each object keeps the share of quarantined rows below a limit."""
    return Check(
        name=f"quarantined_rows_below_{above:.0%}".removesuffix("%") + "_percent",
        sql=f"""
            select
                newest.source, newest.object, newest.file_name,
                newest.quarantined_rows, newest.rows_read,
                round(100.0 * newest.quarantined_rows
                    / nullif(newest.rows_read - newest.skipped_rows, 0), 1) as quarantined_percent
            from (
                select
                    files.*,
                    row_number() over (
                        partition by files.source, files.object
                        order by files.as_of desc, files.batch desc
                    ) as newness
                from {{batch}} as files
                where files.state = 'applied'
            ) as newest
            where newest.newness = 1
                and newest.quarantined_rows > {above} * (newest.rows_read - newest.skipped_rows)
            order by quarantined_percent desc
        """,
        severity=severity,
        reason=(
            f"More than {above:.0%} of the rows in an object's newest file could not be read, "
            "so the KPIs from it would be too low; `quality.quarantined_rows` has them and why."
        ),
    )


def _held_batches() -> Suite:
    columns = "held.batch, held.source, held.object, held.file_name, held.held_at, held.reason"
    return Suite(
        layer="door",
        table="run.held_batches",
        checks=(
            row_count(
                at_least=0,
                at_most=0,
                severity="warning",
                reason=(
                    "A held batch is not applied: its object stays as it was and its KPIs are "
                    "stale until `kpimart accept BATCH --reason TEXT`, or a better export."
                ),
            ),
            Check(
                name="no_held_batch_is_overdue",
                sql=f"select {columns} from {{batch}} as held where held.is_overdue",
                severity="critical",
                reason=(
                    "A batch was held for longer than `hold_days`, or there is nothing before it "
                    "to fall back on: KPIs would be published from data that is too old."
                ),
            ),
        ),
    )


def _object_rows() -> Suite:
    return Suite(
        layer="door",
        table="run.object_rows",
        checks=(
            row_count(reason="No object of any source is in the lake: there is nothing to build."),
            Check(
                name="every_version_is_accounted_for",
                sql="""
                    select
                        objects.source, objects.object, objects.versions, objects.current_rows,
                        objects.superseded_rows, objects.deleted_rows, objects.merged_rows
                    from {batch} as objects
                    where objects.versions is distinct from (
                        objects.current_rows + objects.superseded_rows + objects.deleted_rows
                        + objects.merged_rows
                    )
                """,
                severity="critical",
                reason="Versions in the lake are neither current, superseded, deleted nor merged.",
            ),
        ),
    )


def _lake(system: str, name: str) -> Suite:
    unique = Check(
        name="versions_are_unique",
        sql="""
            select versions._source, versions._key, versions._as_of, versions._batch,
                count(*) as copies
            from {batch} as versions
            group by versions._source, versions._key, versions._as_of, versions._batch
            having count(*) > 1
        """,
        severity="critical",
        reason="A record that is twice in one batch would be counted twice.",
        kpis=DEAL_KPIS if "opportunities" in shapes_of(system)[name].feeds else (),
    )
    own = MAPPED_CHECKS.get(name, ()) if system == MAPPED else ()
    return Suite(
        layer="door",
        table=relation_of(system, name),
        checks=(_delivered(system, name), unique, *own),
    )


def _delivered(system: str, name: str) -> Check:
    """Each source that delivered the object has rows of it; not delivered at all is fine.

    Deals are what a mart is for: where a source has them and none can be used, nothing is built.
    """
    is_deals = "opportunities" in shapes_of(system)[name].feeds
    return Check(
        name="row_count",
        sql=f"""
            select sources.source, sources.object, sources.as_of
            from run.sources as sources
            where sources.system = '{system}'
                and sources.object = '{name}'
                and (sources.as_of is not null or {is_deals and system == MAPPED})
                and not exists (
                    select 1 from {{batch}} as delivered where delivered._source = sources.source
                )
        """,
        severity="critical" if is_deals else "warning",
        reason=f"A source delivered {name} without a single row that could be used.",
        kpis=DEAL_KPIS if is_deals else (),
        counts_rows=True,
    )


def _opportunity_checks() -> tuple[Check, ...]:
    return (
        Check(
            name="stage_is_given",
            sql=_current("records.stage is null"),
            severity="critical",
            reason="A deal without a stage is neither open, won nor lost: it would be in no KPI.",
            kpis=DEAL_KPIS,
        ),
        _stages_are_mapped(),
        Check(
            name="amount_is_plausible",
            sql=_current(f"abs(records.amount) > {LARGEST_AMOUNT}", show="records.amount"),
            severity="warning",
            reason=(
                f"An amount beyond {LARGEST_AMOUNT:,} is more likely a phone number or an id in "
                "the wrong column, and one such deal outweighs all others."
            ),
            kpis=(*REVENUE_KPIS, *PIPELINE_KPIS),
        ),
        Check(
            name="probability_is_a_fraction",
            sql=_current("records.probability not between 0 and 1", show="records.probability"),
            severity="warning",
            reason="A probability outside 0 to 1, often a percentage, distorts weighted pipeline.",
            kpis=("weighted_pipeline",),
        ),
        Check(
            name="closed_after_created",
            sql=_current(
                "records.closed_on < records.created_on",
                show="records.created_on, records.closed_on",
            ),
            severity="warning",
            reason="A deal closed before it was created has a negative sales cycle.",
            kpis=("sales_cycle_days",),
        ),
        Check(
            name="created_in_the_past",
            sql=_current(
                "records.created_on > (select context.as_of_on from run.context as context)",
                show="records.created_on",
            ),
            severity="warning",
            reason=(
                "A deal created after the data's own as-of is a day and month swapped or a wrong "
                "time zone; it counts in a period that has not begun."
            ),
            kpis=("pipeline_created", "win_rate_cohort", "sales_cycle_days"),
        ),
    )


def _stages_are_mapped() -> Check:
    return Check(
        name="stages_are_mapped",
        sql="""
            select deals._source, deals.stage, count(distinct deals._key) as deals,
                min(deals._key) as example_key
            from {batch} as deals
            left join run.stage_map as stages
                on stages.source = deals._source and stages.stage = deals.stage
            where deals._op = 'upsert' and deals.stage is not null and stages.stage is null
            group by deals._source, deals.stage
            order by count(distinct deals._key) desc, deals._source, deals.stage
        """,
        severity="warning",
        reason=(
            "Deals in a stage that the source's `stages` setting does not name are left out of "
            "every KPI that needs an outcome, until the stage is added there."
        ),
        kpis=DEAL_KPIS,
    )


def _periods(what: str, *, show: str, kpis: tuple[str, ...] = ()) -> Check:
    """`show`: the column that tells which row it is."""
    return Check(
        name="period_ends_after_it_starts",
        sql=_current(
            "records.period_end <= records.period_start",
            show=f"records.{show}, records.period_start, records.period_end",
        ),
        severity="warning",
        reason=f"{what} whose period has no days counts in no period (`period_end` is exclusive).",
        kpis=kpis,
    )


def _current(condition: str, *, show: str = "records.stage") -> str:
    """Select the current, live records (alias `records`) that meet the condition."""
    return f"""
        select records._source, records._key, {show}, records._batch, records._row
        from {{batch}} as records
        where ({condition})
            and records._op = 'upsert'
            and coalesce(records.is_deleted, false) = false
            and not exists (
                select 1
                from {{batch}} as newer
                where newer._source = records._source
                    and newer._key = records._key
                    and (
                        newer._as_of > records._as_of
                        or (newer._as_of = records._as_of and newer._batch > records._batch)
                    )
            )
    """


MAPPED_CHECKS = {
    "opportunities": _opportunity_checks(),
    "quotas": (_periods("A target", show="measure", kpis=("quota_attainment",)),),
    "costs": (_periods("A cost", show="category"),),
    "market_size": (_periods("A market", show="country"),),
}
