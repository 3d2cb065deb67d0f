"""One file's rows, typed, each with its verdict: good, quarantined with reasons, or skipped.

Makes one Parquet file in a scratch folder; whether and where its rows enter the lake is decided by
`changes`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from pipelines.extract import conversion, read
from pipelines.extract.objects import ObjectShape
from pipelines.extract.recognise import missing_headers, near_matches
from pipelines.extract.refusal import RefusedFileError
from pipelines.settings import ObjectConfig
from pipelines.sql import literal, one_row

READ_ERRORS = (duckdb.InvalidInputException, duckdb.IOException)
SHOWN_PROBLEMS = 5


@dataclass(frozen=True, kw_only=True)
class Content:
    """One file's rows and the tally of their verdicts.

    `rows` is a select with one row per row that is neither blank nor repeated: canonical and x_
    columns, `_key`, `_row`, `_reject`, `_raw`, `_line`.
    """

    rows: str
    extra: tuple[str, ...]
    rows_read: int
    quarantined_rows: int
    skipped_rows: int
    updated_at: datetime | None
    date_order: str
    problems: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Context:
    """What every step of typing one file needs."""

    export: read.Export
    shape: ObjectShape
    config: ObjectConfig
    zone: str
    name: str
    scratch: Path
    connection: duckdb.DuckDBPyConnection

    @property
    def mapped(self) -> dict[str, str]:
        """Header by canonical column, of those that the file has, in the shape's order."""
        columns = self.config.columns
        return {
            column: columns[column]
            for column in self.shape.columns
            if columns.get(column) in self.export.columns
        }

    @property
    def extra(self) -> dict[str, str]:
        """x_ name by header, of those that no column is mapped to."""
        used = set(self.config.columns.values())
        unknown = [header for header in self.export.columns if header not in used]
        return conversion.extra_names(unknown, shape=self.shape)

    @property
    def key(self) -> tuple[str, ...]:
        return self.config.key or self.shape.key


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
    context = _Context(
        export=export,
        shape=shape,
        config=config,
        zone=zone,
        name=name,
        scratch=scratch,
        connection=connection,
    )
    context, order = _typed(context)
    broken = read.broken_lines(context.export, connection=connection)
    rows_read, lines, wide = read.independent_lines(context.export, connection=connection)
    tally = _tally(context)
    is_troubled = bool(broken or len(wide) or tally.has_rejects or tally.has_repeated_keys)
    _number_rows(context, broken=broken, lines=lines if is_troubled else None)
    _judge_keys(context, has_repeated=tally.has_repeated_keys)
    _judge_widths(context, wide)
    if tally.has_repeated_keys or len(wide):
        _add_delivered(context)
    skipped, quarantined = _count_verdicts(context)
    _keep_broken(context, broken, lines=lines)
    return Content(
        rows=_kept_rows(context),
        extra=tuple(context.extra.values()),
        rows_read=rows_read,
        quarantined_rows=quarantined + len(broken),
        skipped_rows=skipped,
        updated_at=tally.updated_at,
        date_order=order,
        problems=(*_column_problems(context), *_row_problems(context, tally)),
    )


def _typed(context: _Context) -> tuple[_Context, str]:
    """The view of typed rows is there; gives the export as it was finally read, and the date order.

    A CSV that mixes line ends stops DuckDB's parser, so such a file is read with one kind.
    """
    try:
        return context, _write_typed(context)
    except READ_ERRORS as error:
        if context.export.format != "csv":
            raise _unreadable(context, error) from error
    context = replace(
        context, export=read.with_one_line_end(context.export, scratch=context.scratch)
    )
    try:
        return context, _write_typed(context)
    except READ_ERRORS as error:
        raise _unreadable(context, error) from error


def _unreadable(context: _Context, error: duckdb.Error) -> RefusedFileError:
    first_line = str(error).splitlines()[0]
    return RefusedFileError(
        f"it cannot be read as {context.export.format}: {first_line}", remedy="Export it again"
    )


def _write_typed(context: _Context) -> str:
    connection, typed = context.connection, context.scratch / f"{context.name}.parquet"
    columns = [context.shape.columns[name] for name in context.mapped]
    rows = conversion.with_trimmed(
        read.rows_select(context.export, connection=connection), raw=context.export.raw
    )
    order, basis = conversion.date_order(
        rows,
        columns,
        config=context.config,
        raw=context.export.raw,
        connection=connection,
    )
    _forget_rejects(connection)
    connection.execute(f"copy ({_typed_select(context, rows, order)}) to {literal(typed)}")
    connection.execute(
        f"create temp view {context.name}_typed as "
        f"select *, file_row_number + 1 as _position from read_parquet({literal(typed)}, "
        "file_row_number => true)"
    )
    return f"{order}, {basis}"


def _forget_rejects(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("drop table if exists reject_errors")
    connection.execute("drop table if exists reject_scans")


def _typed_select(context: _Context, rows: str, order: conversion.DateOrder) -> str:
    converted = [
        conversion.convert(
            context.shape.columns[name],
            config=context.config,
            raw=context.export.raw,
            zone=context.zone,
            order=order,
        )
        for name in context.mapped
    ]
    problems = ", ".join(["_broken", *(item.problem for item in converted if item.problem)])
    shifts = ", ".join(item.shift for item in converted if item.shift)
    blank = " and ".join(
        f"coalesce({conversion.trimmed(raw)}, '') = ''" for raw in context.export.raw.values()
    )
    canonical = ", ".join(
        name if name in context.mapped else f"cast(null as {column.sql_type}) as {name}"
        for name, column in context.shape.columns.items()
    )
    extra = "".join(
        f", nullif({conversion.trimmed(context.export.raw[header])}, '') as {name}"
        for header, name in context.extra.items()
    )
    key = conversion.key_text(context.key, mapped=set(context.mapped))
    return f"""
        select
            {canonical}{extra},
            {key} as _key,
            _blank,
            case
                when _blank then null
                when len(_problems) > 0 then _problems
                when {key} is null then [{literal("no key: " + _key_label(context) + " is empty")}]
            end as _reject,
            case when _reject is not null then {read.delivered(context.export)} end as _raw,
            _shifts,
        from (
            select
                *,
                list_filter([{problems}], lambda reason: reason is not null) as _problems,
                {blank} and _broken is null as _blank,
                list_filter([{shifts}]::varchar[], lambda shift: shift is not null) as _shifts,
            from ({conversion.layered(rows, converted, shape=context.shape)})
        )
    """


def _key_label(context: _Context) -> str:
    headers = [context.config.columns.get(name, name) for name in context.key]
    return ", ".join(dict.fromkeys(headers))


@dataclass(frozen=True, kw_only=True)
class _Tally:
    has_rejects: bool
    has_repeated_keys: bool
    updated_at: datetime | None
    ambiguous: int
    skipped: int


def _tally(context: _Context) -> _Tally:
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
    context: _Context,
    *,
    broken: list[read.BrokenLine],
    lines: read.Lines | None,
) -> None:
    """The row in the file and the line of every typed row, where lines are asked for.

    A file so damaged that two readers see different rows keeps its rows' own order, without lines.
    """
    name, connection = context.name, context.connection
    numbered = f"create temp view {name}_rows as select *"
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
    connection.register(f"{name}_places", places)
    connection.execute(f"{numbered} from {name}_typed inner join {name}_places using (_position)")


def _judge_keys(context: _Context, *, has_repeated: bool) -> None:
    """Temp table of the rows whose key comes twice: repeated (the first stays) or in conflict."""
    name = context.name
    if not has_repeated:
        context.connection.execute(
            f"create temp table {name}_verdicts (_row bigint, _position bigint, "
            "is_skipped boolean, conflict varchar, delivered varchar)"
        )
        return
    columns = ", ".join([*context.shape.columns, *context.extra.values()])
    context.connection.execute(f"""
        create temp table {name}_verdicts as
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


def _judge_widths(context: _Context, wide: read.Lines) -> None:
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


def _add_delivered(context: _Context) -> None:
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


def _count_verdicts(context: _Context) -> tuple[int, int]:
    name = context.name
    blank, wrong = one_row(
        context.connection,
        f"select count(*) filter (where typed._blank), count(typed._reject) "
        f"filter (where verdict.conflict is null) from {name}_rows as typed "
        f"left join {name}_verdicts as verdict on verdict._row = typed._row",
    )
    repeated, in_conflict = one_row(
        context.connection,
        f"select count(*) filter (where is_skipped), count(conflict) from {name}_verdicts",
    )
    return blank + repeated, wrong + in_conflict


def _keep_broken(
    context: _Context, broken: list[read.BrokenLine], *, lines: read.Lines | None
) -> None:
    name, connection = context.name, context.connection
    connection.execute(
        f"create temp table {name}_broken (_row bigint, _reject varchar[], _raw varchar, "
        "_line bigint)"
    )
    if not broken or lines is None:
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


def _kept_rows(context: _Context) -> str:
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


def _column_problems(context: _Context) -> list[str]:
    by_header: dict[str, list[str]] = {}
    for column, header in context.config.columns.items():
        by_header.setdefault(header, []).append(column)
    return [
        f"column {header!r} ({', '.join(by_header[header])}) is missing"
        + near_matches(header, context.export.columns)
        for header in missing_headers(context.config, context.export.columns)
    ]


def _row_problems(context: _Context, tally: _Tally) -> list[str]:
    problems: list[str] = []
    if tally.ambiguous:
        problems.append(
            f"{tally.ambiguous} rows have a time in an hour that happens twice in {context.zone}; "
            "the first was taken"
        )
    if tally.skipped:
        problems.append(
            f"{tally.skipped} rows have a time in an hour that {context.zone} skips; moved forward"
        )
    found = context.connection.execute(f"""
        select coalesce('line ' || _line, 'row ' || _row), array_to_string(_reject, '; ')
        from ({_kept_rows(context)}) where _reject is not null order by _row limit {SHOWN_PROBLEMS}
    """).fetchall()
    return [*problems, *(f"{place}: {reasons}" for place, reasons in found)]
