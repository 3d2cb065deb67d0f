"""Which published values differ from those published before: the source of restatements.

The comparison is with the journal's own account of what was published last, not with an earlier
file: it gives the same when the mart folder was deleted or the link rolled back.
"""

from pathlib import Path

from pipelines import journal
from pipelines.publish.records import Publish
from pipelines.sql import literal, moment

SCOPES = ("company", "region", "team")
KEY = ("kpi", "statistic", "grain", "period_start", "scope", "member")

# Sums of doubles depend on the order of the threads in their last digits; that is no restatement.
RELATIVE_TOLERANCE = "1e-12"

# A value that is not complete is settled all the same when only the beginning of the data is why.
FINAL = "'partial_start|history_too_short'"
OPEN = "'running|cohort_immature'"


def compared_values(lake_dir: Path, *, statistics: str) -> str:
    """A select of one row per value that is not what was published last, or has vanished.

    `differs`: the number itself; otherwise only its being settled: of a period that is over and
    covered by its exports, with no window of a cohort open, so that time alone changes it no more.
    Values of a journal that does not tell were settled.

    Args:
        lake_dir: where the journal is.
        statistics: the relation with the values that are about to be published.
    """
    keys = ", ".join(KEY)
    scopes = ", ".join(f"'{scope}'" for scope in SCOPES)
    return f"""
        with journaled as ({journal.select(lake_dir, "published_values")}),

        latest as (
            select {keys},
                max_by(
                    struct_pack(v := value, r := is_removed, e := period_end, s := is_settled),
                    journal_file
                ) as last_row
            from journaled group by {keys}
        ),

        before as (
            select {keys}, last_row.v as value, last_row.e as period_end,
                coalesce(last_row.s, true) as is_settled, true as is_there
            from latest where not last_row.r
        ),

        now as (
            select {keys}, cast(value as double) as value, period_end,
                is_complete
                    or (
                        regexp_matches(quality, {FINAL}) and not regexp_matches(quality, {OPEN})
                    ) as is_settled,
                true as is_there
            from {statistics} where scope in ({scopes})
        ),

        compared as (
            select {keys},
                before.value as value_before,
                now.value as value_after,
                coalesce(now.period_end, before.period_end) as period_end,
                now.is_settled,
                before.is_there is not null as was_there,
                before.is_settled as was_settled,
                now.is_there is null as is_removed,
                before.is_there is null
                    or now.is_there is null
                    or (
                        before.value is distinct from now.value
                        and not coalesce(
                            abs(before.value - now.value) <= {RELATIVE_TOLERANCE}
                                * greatest(abs(before.value), abs(now.value)),
                            false
                        )
                    ) as differs
            from before full outer join now using ({keys})
        )

        select * from compared where differs or was_settled is distinct from is_settled
    """


def changed_values(publish: Publish, *, compared: str) -> str:
    """What the journal is told of the values in `compared`, which is of `compared_values`."""
    keys = ", ".join(KEY)
    return f"""
        select {literal(publish.version)} as version, {moment(publish.as_of)} as as_of,
            {keys}, value_after as value, is_removed, period_end, is_settled
        from {compared} order by {keys}
    """
