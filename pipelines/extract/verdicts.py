"""What becomes of each row of a file that has faults: its line, its verdict, is it kept.

Works on the view `<name>_typed` that `content` made of the file; one without faults has none.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from pipelines.extract.reading import export as read
from pipelines.extract.reading.records import Lines
from pipelines.extract.survey import Subject
from pipelines.sql import literal, one_row


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Counts over the rows of one file, its newest `updated_at`, and its faults by kind."""

    has_rejects: bool
    has_repeated_keys: bool
    updated_at: datetime | None
    ambiguous: int
    skipped: int


def tally(context: Subject) -> Tally:
    """The counts over all typed rows."""
    updated = "max(updated_at)" if "updated_at" in context.shape.columns else "max(null::timestamp)"
    has_rejects, has_repeated_keys, updated_at, ambiguous, skipped = one_row(
        context.connection,
        f"select count(_reject) > 0, count(_key) <> count(distinct _key), {updated}, "
        "count(*) filter (where list_contains(_shifts, 'ambiguous')), "
        "count(*) filter (where list_contains(_shifts, 'skipped')) "
        f"from {context.name}_typed",
    )
    return Tally(
        has_rejects=has_rejects,
        has_repeated_keys=has_repeated_keys,
        updated_at=updated_at,
        ambiguous=ambiguous,
        skipped=skipped,
    )


def number_rows(
    context: Subject,
    *,
    broken: list[read.BrokenLine],
    lines: Lines | None,
) -> None:
    """The row in the file and the line of every typed row, where lines are asked for.

    A file so damaged that two readers see different rows keeps its rows' own order, without lines.
    """
    name, connection = context.name, context.connection
    numbered = f"create view {name}_rows as select *"
    plain = f"{numbered}, _position as _row, cast(null as bigint) as _line from {name}_typed"
    if lines is None:
        connection.execute(plain)
        return
    is_whole = ~np.isin(lines, [item.line for item in broken])
    rows = np.flatnonzero(is_whole) + 1
    if one_row(connection, f"select count(*) from {name}_typed") != (len(rows),):
        connection.execute(plain)
        return
    places = pd.DataFrame(
        {"_position": np.arange(1, len(rows) + 1), "_row": rows, "_line": lines[is_whole]}
    )
    _keep_frame(context, f"{name}_places", places)
    connection.execute(f"{numbered} from {name}_typed inner join {name}_places using (_position)")


def _keep_frame(context: Subject, table: str, frame: pd.DataFrame) -> None:
    """A table of the frame, for a registered frame is known to one cursor alone."""
    context.connection.register("_frame", frame)
    context.connection.execute(f"create table {table} as select * from _frame")
    context.connection.unregister("_frame")


def judge_keys(context: Subject, *, has_repeated: bool) -> None:
    """Temp table of the rows whose key comes twice: repeated (the first stays) or in conflict."""
    name = context.name
    if not has_repeated:
        context.connection.execute(
            f"create table {name}_verdicts (_row bigint, _position bigint, "
            "is_skipped boolean, conflict varchar, delivered varchar)"
        )
        return
    columns = ", ".join([*context.shape.columns, *context.extra.values()])
    context.connection.execute(f"""
        create table {name}_verdicts as
        with twice as (
            select _key from {name}_typed where _key is not null and not _blank
            group by _key having count(*) > 1
        ),
        grouped as (
            select
                typed._row,
                typed._key,
                typed._reject,
                typed._position,
                row_number() over (partition by typed._key order by typed._row) > 1 as is_later,
                count(distinct ({columns})) over same_key = 1
                    and count(typed._reject) over same_key = 0 as is_repeated,
                min(coalesce(typed._line, typed._row)) over same_key as first_place,
                max(coalesce(typed._line, typed._row)) over same_key as last_place,
                count(*) over same_key as times,
                typed._line is not null as has_line,
            from {name}_rows as typed
            inner join twice using (_key)
            window same_key as (partition by typed._key)
        )
        select
            _row,
            _position,
            is_repeated and is_later as is_skipped,
            case when not is_repeated and _reject is null then
                'key ''' || _key || ''' is in ' || times || ' rows that differ or are wrong, '
                || case when has_line then 'lines ' else 'rows ' end
                || first_place || ' to ' || last_place
            end as conflict,
            cast(null as varchar) as delivered,
        from grouped
        where is_repeated and is_later or not is_repeated and _reject is null
    """)


def judge_widths(context: Subject, wide: Lines) -> None:
    """Rows with one field too many, an empty one at the end, are no rows: they would be shifted."""
    if not len(wide):
        return
    name, connection = context.name, context.connection
    connection.register(f"{name}_wide", pd.DataFrame({"_row": wide}))
    connection.execute(f"delete from {name}_verdicts where _row in (select _row from {name}_wide)")
    reason = f"the line has {len(context.export.columns) + 1} fields, one more than the header"
    connection.execute(
        f"insert into {name}_verdicts select _row, _position, false, {literal(reason)}, null "
        f"from {name}_rows semi join {name}_wide using (_row) where not _blank"
    )
    connection.unregister(f"{name}_wide")


def add_delivered(context: Subject) -> None:
    """The verdicts know the text of their rows: a second read, for files with a key in conflict."""
    name, connection = context.name, context.connection
    path = context.scratch / f"{name}_delivered.parquet"
    rows = read.rows_select(context.export, connection=connection)
    shown = read.delivered(context.export)
    connection.execute(f"copy (select {shown} as _delivered from ({rows})) to {literal(path)}")
    connection.execute(f"""
        update {name}_verdicts as verdict set delivered = again._delivered
        from read_parquet({literal(path)}, file_row_number => true) as again
        where again.file_row_number + 1 = verdict._position
    """)


def count_verdicts(context: Subject) -> tuple[int, int, int]:
    """The numbers of good, skipped and quarantined rows, each seen as such."""
    name = context.name
    good, blank, wrong = one_row(
        context.connection,
        "select count(*) filter (where not typed._blank and typed._reject is null "
        "and verdict._row is null), count(*) filter (where typed._blank), count(typed._reject) "
        f"filter (where verdict.conflict is null) from {name}_rows as typed "
        f"left join {name}_verdicts as verdict on verdict._row = typed._row",
    )
    repeated, in_conflict = one_row(
        context.connection,
        f"select count(*) filter (where is_skipped), count(conflict) from {name}_verdicts",
    )
    return good, blank + repeated, wrong + in_conflict


def keep_broken(context: Subject, broken: list[read.BrokenLine], *, lines: Lines) -> None:
    """Table of the lines that are no rows, each with its place among the rows, reason and text."""
    name, connection = context.name, context.connection
    connection.execute(
        f"create table {name}_broken (_row bigint, _reject varchar[], _raw varchar, _line bigint)"
    )
    if not broken:
        return
    frame = pd.DataFrame(
        {
            "line": [item.line for item in broken],
            "_row": np.searchsorted(lines, [item.line for item in broken]) + 1,
            "reason": [f"the line is no row: {item.reason}" for item in broken],
            "text": [item.text for item in broken],
        }
    )
    connection.register(f"{name}_frame", frame)
    connection.execute(
        f"insert into {name}_broken select _row, [reason], "
        f"cast(to_json(text) as varchar), line from {name}_frame"
    )
    connection.unregister(f"{name}_frame")


def kept_rows(context: Subject) -> str:
    """A select of all rows but blank and repeated ones, good or with the reasons against them."""
    name = context.name
    columns = [*context.shape.columns, *context.extra.values()]
    listed = ", ".join(f"typed.{column}" for column in columns)
    missing = ", ".join(f"cast(null as varchar) as {c}" for c in context.extra.values())
    canonical = ", ".join(
        f"cast(null as {column.sql_type}) as {c}" for c, column in context.shape.columns.items()
    )
    nothing = ", ".join(part for part in (canonical, missing) if part)
    return f"""
        select
            {listed},
            typed._key,
            typed._row,
            case when verdict.conflict is null then typed._reject else [verdict.conflict] end
                as _reject,
            coalesce(verdict.delivered, typed._raw) as _raw,
            case when verdict.conflict is not null or typed._reject is not null
                then typed._line end as _line,
        from {name}_rows as typed
        left join {name}_verdicts as verdict on verdict._row = typed._row
        where not typed._blank and not coalesce(verdict.is_skipped, false)
        union all
        select {nothing}, cast(null as varchar) as _key, _row, _reject, _raw, _line
        from {name}_broken
    """
