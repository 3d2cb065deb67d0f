"""One file's rows, typed, each with its verdict: good, quarantined with reasons, or skipped.

A file without faults is read where it lies; of any other one, a Parquet file in a scratch folder is
made. Whether and where the rows enter the lake is decided by `changes`.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from pipelines.extract import conversion, read
from pipelines.extract.batch import ROW_BY_PLACE
from pipelines.extract.objects import ObjectShape
from pipelines.extract.recognise import missing_headers, near_matches
from pipelines.extract.records import Lines
from pipelines.extract.refusal import RefusedFileError
from pipelines.extract.survey import Subject, Survey, Typing, surveyed, typed_by, whole_rows
from pipelines.settings import ObjectConfig
from pipelines.sql import literal, one_row

READ_ERRORS = (duckdb.InvalidInputException, duckdb.IOException)
ROW_GROUP_ROWS = 61_440
SHOWN_PROBLEMS = 5


@dataclass(frozen=True, kw_only=True)
class Content:
    """One file's rows and the tally of their verdicts; `good_rows` as DuckDB counts them.

    `rows` is a select with one row per row that is neither blank nor repeated: canonical and x_
    columns, `_key`, `_row`, `_reject`, `_raw`, `_line`. `as_read`: the same of a file without
    faults, in file order, with the mark for a row's place in the batch's file as `_row`; numbering
    rows as they stream takes twice the time.
    """

    rows: str
    as_read: str | None
    extra: tuple[str, ...]
    rows_read: int
    good_rows: int
    quarantined_rows: int
    skipped_rows: int
    updated_at: datetime | None
    date_order: str
    problems: tuple[str, ...]


def load(
    export: read.Export,
    *,
    shape: ObjectShape,
    config: ObjectConfig,
    zone: str,
    scratch: Path,
    name: str,
    connection: duckdb.DuckDBPyConnection,
) -> Content:
    """The content of one file; `name` is unique in the run and names its scratch relations.

    Raises:
        RefusedFileError: the dates have two readings, or the file cannot be parsed as its format.
    """
    subject = Subject(
        export=export,
        shape=shape,
        config=config,
        zone=zone,
        name=name,
        scratch=scratch,
        connection=connection,
    )
    survey: Survey | None = None
    with ThreadPoolExecutor(max_workers=1) as aside:
        counting = aside.submit(read.regular_lines, export)
        with suppress(*READ_ERRORS):
            survey = surveyed(subject)
        lines = counting.result()
    if survey and survey.is_faultless and lines is not None and len(lines) == survey.rows:
        return _whole(subject, survey, lines=lines)
    return _judged(subject, survey.typing if survey else None, lines=lines)


def _whole(subject: Subject, survey: Survey, *, lines: Lines) -> Content:
    """The content of a file in which two readers see the same rows, and none has a fault."""
    return Content(
        rows=whole_rows(subject, survey.typing, row="row_number() over ()"),
        as_read=whole_rows(subject, survey.typing, row=str(ROW_BY_PLACE)),
        extra=tuple(subject.extra.values()),
        rows_read=len(lines),
        good_rows=survey.rows,
        quarantined_rows=0,
        skipped_rows=0,
        updated_at=survey.updated_at,
        date_order=survey.typing.date_order,
        problems=(
            *_column_problems(subject),
            *_clock_problems(subject, ambiguous=survey.ambiguous, skipped=survey.skipped),
        ),
    )


def _judged(subject: Subject, typing: Typing | None, *, lines: Lines | None) -> Content:
    """The content of any other file, row by row; `lines` of a regular one are known."""
    context, typing = _typed(subject, typing)
    broken = read.broken_lines(context.export, connection=context.connection)
    wide = np.array([], dtype=np.int64)
    if lines is None or broken:
        lines, wide = read.independent_lines(context.export)
    tally = _tally(context)
    is_troubled = bool(broken or len(wide) or tally.has_rejects or tally.has_repeated_keys)
    has_lines = is_troubled and context.export.format != "parquet"
    _number_rows(context, broken=broken, lines=lines if has_lines else None)
    _judge_keys(context, has_repeated=tally.has_repeated_keys)
    _judge_widths(context, wide)
    if tally.has_repeated_keys or len(wide):
        _add_delivered(context)
    good, skipped, quarantined = _count_verdicts(context)
    _keep_broken(context, broken, lines=lines)
    clocks = _clock_problems(context, ambiguous=tally.ambiguous, skipped=tally.skipped)
    return Content(
        rows=_kept_rows(context),
        as_read=None,
        extra=tuple(context.extra.values()),
        rows_read=len(lines),
        good_rows=good,
        quarantined_rows=quarantined + len(broken),
        skipped_rows=skipped,
        updated_at=tally.updated_at,
        date_order=typing.date_order,
        problems=(*_column_problems(context), *clocks, *_row_problems(context)),
    )


def _typed(subject: Subject, typing: Typing | None) -> tuple[Subject, Typing]:
    """The view of typed rows is there; gives the export as it was finally read, and its typing.

    A CSV that mixes line ends stops DuckDB's parser, so such a file is read with one kind.
    """
    try:
        return subject, _write_typed(subject, typing)
    except READ_ERRORS as error:
        if subject.export.format != "csv":
            raise _unreadable(subject, error) from error
    subject = replace(
        subject, export=read.with_one_line_end(subject.export, scratch=subject.scratch)
    )
    try:
        return subject, _write_typed(subject, typing)
    except READ_ERRORS as error:
        raise _unreadable(subject, error) from error


def _unreadable(context: Subject, error: duckdb.Error) -> RefusedFileError:
    first_line = str(error).splitlines()[0]
    return RefusedFileError(
        f"it cannot be read as {context.export.format}: {first_line}", remedy="Export it again"
    )


def _write_typed(context: Subject, typing: Typing | None) -> Typing:
    connection, typed = context.connection, context.scratch / f"{context.name}.parquet"
    rows = read.rows_select(context.export, connection=connection)
    typing = typing or typed_by(context, rows, plains={})
    _forget_rejects(connection)
    connection.execute(
        f"copy ({_typed_select(context, rows, typing)}) to {literal(typed)} "
        f"(format parquet, row_group_size {ROW_GROUP_ROWS})"
    )
    connection.execute(
        f"create view {context.name}_typed as "
        f"select *, file_row_number + 1 as _position from read_parquet({literal(typed)}, "
        "file_row_number => true)"
    )
    return typing


def _forget_rejects(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("drop table if exists reject_errors")
    connection.execute("drop table if exists reject_scans")


def _typed_select(context: Subject, rows: str, typing: Typing) -> str:
    converted = list(typing.converted)
    problems = ", ".join(["_broken", *(item.problem for item in converted if item.problem)])
    shifts = ", ".join(item.shift for item in converted if item.shift)
    empty = " and ".join(
        f"coalesce({conversion.trimmed(raw)}, '') = ''" for raw in context.export.raw.values()
    )
    return f"""
        select
            {context.columns},
            _key,
            _blank,
            case
                when _blank then null
                when len(_problems) > 0 then _problems
                when _key is null then [{literal("no key: " + _key_label(context) + " is empty")}]
            end as _reject,
            case when _reject is not null then {read.delivered(context.export)} end as _raw,
            _shifts,
        from (
            select
                *,
                list_filter([{problems}], lambda reason: reason is not null) as _problems,
                {context.key} as _key,
                case when _key is null and _broken is null then {empty} else false end as _blank,
                list_filter([{shifts}]::varchar[], lambda shift: shift is not null) as _shifts,
            from ({conversion.layered(rows, converted, shape=context.shape)})
        )
    """


def _key_label(context: Subject) -> str:
    key = context.config.key or context.shape.key
    headers = [context.config.columns.get(name, name) for name in key]
    return ", ".join(dict.fromkeys(headers))


@dataclass(frozen=True, kw_only=True)
class _Tally:
    has_rejects: bool
    has_repeated_keys: bool
    updated_at: datetime | None
    ambiguous: int
    skipped: int


def _tally(context: Subject) -> _Tally:
    updated = "max(updated_at)" if "updated_at" in context.shape.columns else "max(null::timestamp)"
    has_rejects, has_repeated_keys, updated_at, ambiguous, skipped = one_row(
        context.connection,
        f"select count(_reject) > 0, count(_key) <> count(distinct _key), {updated}, "
        "count(*) filter (where list_contains(_shifts, 'ambiguous')), "
        "count(*) filter (where list_contains(_shifts, 'skipped')) "
        f"from {context.name}_typed",
    )
    return _Tally(
        has_rejects=has_rejects,
        has_repeated_keys=has_repeated_keys,
        updated_at=updated_at,
        ambiguous=ambiguous,
        skipped=skipped,
    )


def _number_rows(
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


def _judge_keys(context: Subject, *, has_repeated: bool) -> None:
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


def _judge_widths(context: Subject, wide: Lines) -> None:
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


def _add_delivered(context: Subject) -> None:
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


def _count_verdicts(context: Subject) -> tuple[int, int, int]:
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


def _keep_broken(context: Subject, broken: list[read.BrokenLine], *, lines: Lines) -> None:
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


def _kept_rows(context: Subject) -> str:
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


def _column_problems(context: Subject) -> list[str]:
    by_header: dict[str, list[str]] = {}
    for column, header in context.config.columns.items():
        by_header.setdefault(header, []).append(column)
    return [
        f"column {header!r} ({', '.join(by_header[header])}) is missing"
        + near_matches(header, context.export.columns)
        for header in missing_headers(context.config, context.export.columns)
    ]


def _clock_problems(context: Subject, *, ambiguous: int, skipped: int) -> Iterator[str]:
    if ambiguous:
        yield (
            f"{ambiguous} rows have a time in an hour that happens twice in {context.zone}; "
            "the first was taken"
        )
    if skipped:
        yield f"{skipped} rows have a time in an hour that {context.zone} skips; moved forward"


def _row_problems(context: Subject) -> list[str]:
    found = context.connection.execute(f"""
        select coalesce('line ' || _line, 'row ' || _row), array_to_string(_reject, '; ')
        from ({_kept_rows(context)}) where _reject is not null order by _row limit {SHOWN_PROBLEMS}
    """).fetchall()
    return [f"{place}: {reasons}" for place, reasons in found]
