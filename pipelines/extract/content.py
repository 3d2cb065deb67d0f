"""One file's rows, typed, each with its verdict: good, quarantined with reasons, or skipped.

The typed rows lie in a Parquet file in a scratch folder; that of a file without faults may become
the batch's own. Whether and where the rows enter the lake is decided by `changes`.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from pipelines.extract import conversion, verdicts
from pipelines.extract.objects import ObjectShape
from pipelines.extract.reading import encodings, prepare
from pipelines.extract.reading import export as read
from pipelines.extract.reading.records import Lines
from pipelines.extract.refusal import RefusedFileError
from pipelines.extract.spelling import near_matches
from pipelines.extract.survey import Subject, Survey, Typing, surveyed, typed_by, write_whole
from pipelines.extract.values import texts
from pipelines.extract.values.converted import Converted, Zones
from pipelines.sources import ObjectConfig
from pipelines.sql import literal, one_row

READ_ERRORS = (duckdb.InvalidInputException, duckdb.IOException)
ROW_GROUP_ROWS = 61_440
SHOWN_PROBLEMS = 5


@dataclass(frozen=True, kw_only=True)
class Content:
    """One file's rows and the tally of their verdicts; `good_rows` as DuckDB counts them.

    `rows` is a select with one row per row that is neither blank nor repeated: canonical and x_
    columns, `_key`, `_row`, `_reject`, `_raw`, `_line`. `whole`: of a file without faults, the
    Parquet file of just these but for `_row`, in file order.
    """

    rows: str
    whole: Path | None
    extra: tuple[str, ...]
    rows_read: int
    good_rows: int
    quarantined_rows: int
    skipped_rows: int
    updated_at: datetime | None
    date_order: str
    encoding: str
    problems: tuple[str, ...]

    @property
    def balances(self) -> bool:
        """True when each row that was read is good, quarantined or skipped."""
        return self.rows_read == self.good_rows + self.quarantined_rows + self.skipped_rows


def load(
    export: read.Export,
    *,
    shape: ObjectShape,
    config: ObjectConfig,
    zones: Zones,
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
        zones=zones,
        name=name,
        scratch=scratch,
        connection=connection,
    )
    survey, lines = _read_twice(subject)
    if lines is None and (encoding := _other_encoding(export)):
        other = prepare.transcoded(export, encoding, scratch=scratch)
        subject = replace(subject, export=other)
        survey, lines = _read_twice(subject)
    subject = replace(subject, left_out=_empty_columns(subject))
    _check_repeated(subject)
    if survey and survey.is_faultless and lines is not None and len(lines) == survey.rows:
        return _whole(subject, survey, lines=lines)
    found = _judged(subject, survey.typing if survey else None, lines=lines)
    if found.balances or export.format != "csv":
        return found
    return _judged_again(subject)


def _judged_again(subject: Subject) -> Content:
    """The content of a CSV so damaged that DuckDB lost rows of it, written anew row by row.

    Raises:
        RefusedFileError: the two readers still see different rows.
    """
    export = prepare.rewritten(subject.export, scratch=subject.scratch)
    again = replace(subject, export=export, name=f"{subject.name}_again")
    found = _judged(again, None, lines=None)
    if not found.balances:
        raise RefusedFileError(
            "two readers see different rows in it: a quote is probably not closed",
            remedy="Export it again",
        )
    return found


def _read_twice(subject: Subject) -> tuple[Survey | None, Lines | None]:
    """What DuckDB makes of the file, and the lines of its rows as counted without it."""
    survey: Survey | None = None
    with ThreadPoolExecutor(max_workers=1) as aside:
        counting = aside.submit(read.regular_lines, subject.export)
        with suppress(*READ_ERRORS):
            survey = surveyed(subject)
        return survey, counting.result()


def _other_encoding(export: read.Export) -> encodings.Encoding | None:
    """The encoding of a text that began as UTF-8 and is not; of any other, nothing."""
    if export.format != "csv" or not export.encoding.is_utf8:
        return None
    with export.path.open("rb") as file:
        found = encodings.of_whole(file)
    return None if found.is_utf8 else found


def _empty_columns(subject: Subject) -> frozenset[str]:
    """The columns without a name that hold nothing: what a spreadsheet leaves at the edge."""
    layout, raw = subject.export.layout, subject.export.raw
    if layout is None or not layout.unnamed:
        return frozenset()
    held = ", ".join(
        f"bool_or(coalesce({texts.trimmed(raw[name])}, '') <> '')" for name in layout.unnamed
    )
    found = _asked(subject, f"select {held}") or (True for _ in layout.unnamed)
    return frozenset(
        name for name, is_held in zip(layout.unnamed, found, strict=True) if not is_held
    )


def _asked(subject: Subject, select: str) -> tuple[Any, ...] | None:
    """What the rows of the file answer; nothing where DuckDB cannot read it as it is."""
    rows = read.rows_select(subject.export, connection=subject.connection)
    _forget_rejects(subject.connection)
    with suppress(*READ_ERRORS):
        return one_row(subject.connection, f"{select} from ({rows})")
    return None


def _check_repeated(subject: Subject) -> None:
    """A header that is mapped and comes twice says the same in both places, row by row.

    Raises:
        RefusedFileError: it does not.
    """
    layout, raw = subject.export.layout, subject.export.raw
    for name, header in layout.repeated if layout else ():
        if header not in subject.mapped.values():
            continue
        differing = f"{raw[name]} is distinct from {raw[header]}"
        (count,) = _asked(subject, f"select count(*) filter (where {differing})") or (0,)
        if count:
            raise RefusedFileError(
                f"the header names {header!r} more than once, and {count} rows differ in it",
                remedy="Rename or drop one of them in the export",
                line=layout.header_line if layout else 1,
            )


def _whole(subject: Subject, survey: Survey, *, lines: Lines) -> Content:
    """The content of a file in which two readers see the same rows, and none has a fault."""
    path = survey.written or write_whole(subject, survey.typing)
    return Content(
        rows=(
            "select * exclude (file_row_number), file_row_number + 1 as _row "
            f"from read_parquet({literal(path)}, file_row_number => true)"
        ),
        whole=path,
        extra=tuple(subject.extra.values()),
        rows_read=len(lines) + len(subject.export.remarks),
        good_rows=survey.rows,
        quarantined_rows=0,
        skipped_rows=len(subject.export.remarks),
        updated_at=survey.updated_at,
        date_order=survey.typing.date_order,
        encoding=subject.export.encoding.name,
        problems=(
            *_layout_problems(subject),
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
    tally = verdicts.tally(context)
    is_troubled = bool(broken or len(wide) or tally.has_rejects or tally.has_repeated_keys)
    has_lines = is_troubled and context.export.format != "parquet"
    verdicts.number_rows(context, broken=broken, lines=lines if has_lines else None)
    verdicts.judge_keys(context, has_repeated=tally.has_repeated_keys)
    verdicts.judge_widths(context, wide)
    if tally.has_repeated_keys or len(wide):
        verdicts.add_delivered(context)
    good, skipped, quarantined = verdicts.count_verdicts(context)
    verdicts.keep_broken(context, broken, lines=lines)
    clocks = _clock_problems(context, ambiguous=tally.ambiguous, skipped=tally.skipped)
    return Content(
        rows=verdicts.kept_rows(context),
        whole=None,
        extra=tuple(context.extra.values()),
        rows_read=len(lines) + len(context.export.remarks),
        good_rows=good,
        quarantined_rows=quarantined + len(broken),
        skipped_rows=skipped + len(context.export.remarks),
        updated_at=tally.updated_at,
        date_order=typing.date_order,
        encoding=context.export.encoding.name,
        problems=(
            *_layout_problems(context),
            *_column_problems(context),
            *clocks,
            *_row_problems(context),
        ),
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
    problems = ", ".join(
        [
            "_broken",
            *(item.problem for item in converted if item.problem),
            *(_unfilled(context, item) for item in converted if item.name in context.filled),
        ]
    )
    shifts = ", ".join(item.shift for item in converted if item.shift)
    empty = " and ".join(
        f"coalesce({texts.trimmed(raw)}, '') = ''" for raw in context.export.raw.values()
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
                case
                    when _key is null and _broken is null then {empty}
                    else coalesce({context.is_header}, false)
                end as _blank,
                list_filter([{shifts}]::varchar[], lambda shift: shift is not null) as _shifts,
            from ({conversion.layered(rows, converted, shape=context.typed)})
        )
    """


def _unfilled(context: Subject, item: Converted) -> str:
    """Why a row is wrong that leaves this column empty, as SQL; a text without a value is not."""
    reason = f"{context.mapped[item.name]} is empty; {context.shape.name} cannot do without"
    is_told = f" and ({item.problem}) is null" if item.problem else ""
    return f"case when _broken is null and {item.name} is null{is_told} then {literal(reason)} end"


def _key_label(context: Subject) -> str:
    key = context.config.key or context.shape.key
    headers = [context.config.columns.get(name, name) for name in key]
    return ", ".join(dict.fromkeys(headers))


def _layout_problems(context: Subject) -> Iterator[str]:
    layout, remarks = context.export.layout, context.export.remarks
    if layout and layout.header_line > 1:
        yield f"the header is in line {layout.header_line}; what stands before it was left out"
    if layout and layout.is_wrapped:
        yield "each line was wrapped in quotes, as one cell; it was unwrapped"
    if remarks:
        first = next((remark for remark in remarks if remark), "")
        yield f"{len(remarks)} lines after the rows were left out: {first!r} …"


def _column_problems(context: Subject) -> list[str]:
    by_header: dict[str, list[str]] = {}
    for column, header in context.config.columns.items():
        by_header.setdefault(header, []).append(column)
    return [
        f"column {header!r} ({', '.join(by_header[header])}) is missing"
        + near_matches(header, context.export.columns)
        for header in context.config.missing(context.export.columns)
    ]


def _clock_problems(context: Subject, *, ambiguous: int, skipped: int) -> Iterator[str]:
    if ambiguous:
        yield (
            f"{ambiguous} rows have a time in an hour that happens twice in {context.zones.times}; "
            "the first was taken"
        )
    if skipped:
        zone = context.zones.times
        yield f"{skipped} rows have a time in an hour that {zone} skips; moved forward"


def _row_problems(context: Subject) -> list[str]:
    found = context.connection.execute(f"""
        select coalesce('line ' || _line, 'row ' || _row), array_to_string(_reject, '; ')
        from ({verdicts.kept_rows(context)})
        where _reject is not null order by _row limit {SHOWN_PROBLEMS}
    """).fetchall()
    return [f"{place}: {reasons}" for place, reasons in found]
