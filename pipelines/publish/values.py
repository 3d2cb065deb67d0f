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


def changed_values(lake_dir: Path, publish: Publish, *, statistics: str) -> str:
    """A select of one row per value that differs from the one published last, or has vanished.

    Args:
        lake_dir: where the journal is.
        publish: the publish that is under way.
        statistics: the relation with its values.
    """
    keys = ", ".join(KEY)
    scopes = ", ".join(f"'{scope}'" for scope in SCOPES)
    return f"""
        with journaled as ({journal.select(lake_dir, "published_values")}),

        latest as (
            select {keys},
                max_by(struct_pack(v := value, r := is_removed), journal_file) as last_row
            from journaled group by {keys}
        ),

        before as (
            select {keys}, last_row.v as value, true as is_there
            from latest where not last_row.r
        ),

        now as (
            select {keys}, cast(value as double) as value, true as is_there
            from {statistics} where scope in ({scopes})
        )

        select {literal(publish.version)} as version, {moment(publish.as_of)} as as_of,
            {keys}, now.value as value,
            now.is_there is null as is_removed
        from before full outer join now using ({keys})
        where before.is_there is null
            or now.is_there is null
            or (
                before.value is distinct from now.value
                and not coalesce(
                    abs(before.value - now.value)
                        <= {RELATIVE_TOLERANCE} * greatest(abs(before.value), abs(now.value)),
                    false
                )
            )
        order by {keys}
    """
