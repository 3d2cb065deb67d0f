"""What one reading of a file tells: how each mapped column is typed, and counts over the rows.

Most files have only plain texts and no fault; they are typed and written in the same pass. What
becomes of single rows of the others is said in `content`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

import duckdb

from pipelines.extract import conversion
from pipelines.extract.batch import FORMAT
from pipelines.extract.objects import Column, ObjectShape
from pipelines.extract.plain import Plain, plain
from pipelines.extract.reading import export as read
from pipelines.extract.values.converted import Converted, Zones
from pipelines.sources import ObjectConfig
from pipelines.sql import literal, one_row


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One file with all that decides how it is typed; `name` names its relations in the run.

    `left_out`: columns of the file that are not kept.
    """

    export: read.Export
    shape: ObjectShape
    config: ObjectConfig
    zones: Zones
    name: str
    scratch: Path
    connection: duckdb.DuckDBPyConnection
    left_out: frozenset[str] = frozenset()

    @cached_property
    def typed(self) -> ObjectShape:
        """The shape of the rows as they are typed: what is gathered is still many columns."""
        gathered = {
            name: replace(self.shape.columns[column], name=name, gather=False)
            for column, names in self.config.gathered.items()
            for name in names.values()
        }
        single = {name: c for name, c in self.shape.columns.items() if not c.gather}
        return replace(self.shape, columns=single | gathered)

    @property
    def mapped(self) -> dict[str, str]:
        """Header by typed column, of those that the file has, in the shape's order."""
        columns = self.config.columns
        return {
            column: columns[column]
            for column in self.typed.columns
            if columns.get(column) in self.export.columns
        }

    @property
    def extra(self) -> dict[str, str]:
        """x_ name by header, of those that no column is mapped to."""
        used = {*self.config.columns.values(), *self.left_out}
        unknown = [header for header in self.export.columns if header not in used]
        return conversion.extra_names(unknown, shape=self.shape)

    @property
    def key(self) -> str:
        """The native key as SQL over the typed columns."""
        columns = self.config.key or self.shape.key
        return conversion.key_text(columns, mapped=set(self.mapped))

    @property
    def filled(self) -> tuple[str, ...]:
        """The columns that no row may leave empty, of those that the file has."""
        return tuple(column for column in self.shape.filled if column in self.mapped)

    @property
    def is_unfilled(self) -> str:
        """SQL that is true of a row that leaves one of them empty, over the typed columns."""
        return " or ".join(f"{column} is null" for column in self.filled) or "false"

    @property
    def is_header(self) -> str:
        """SQL that is true of a row that says the header once more, over the raw columns."""
        mapped = self.mapped.values()
        return " and ".join(f"{self.export.raw[name]} = {literal(name)}" for name in mapped)

    @property
    def may_be_header(self) -> str:
        """SQL that is true of such a row and cheaper: it looks at one column of the key alone."""
        key = next((c for c in self.config.key or self.shape.key if c in self.mapped), None)
        name = self.mapped[key] if key else self.export.columns[0]
        return f"{self.export.raw[name]} = {literal(name)}"

    @property
    def columns(self) -> str:
        """The canonical columns and the unknown ones as a select list over the typed rows.

        Unknown text is kept as delivered, but empty is NULL, as DuckDB reads it in a CSV.
        """
        canonical = ", ".join(self._canonical(column) for column in self.shape.columns.values())
        text = "{}" if self.export.format == "csv" else "nullif({}, '')"
        extra = "".join(
            f", {text.format(self.export.raw[header])} as {name}"
            for header, name in self.extra.items()
        )
        return canonical + extra

    def _canonical(self, column: Column) -> str:
        """A canonical column over the typed rows; what is gathered, as a JSON object."""
        names = self.config.gathered.get(column.name)
        if names:
            entries = ", ".join(
                f"{{'told': {literal(told)}, 'value': cast({name} as varchar)}}"
                for told, name in names.items()
            )
            known = f"list_filter([{entries}], lambda entry: entry.value is not null)"
            held = f"cast(to_json(map_from_entries({known})) as varchar)"
            return f"nullif({held}, '{{}}') as {column.name}"
        if column.name in self.mapped:
            return column.name
        return f"cast(null as {column.sql_type}) as {column.name}"


@dataclass(frozen=True, kw_only=True)
class Typing:
    """How the mapped columns of one file are typed, and how the order of its dates was decided."""

    converted: tuple[Converted, ...]
    date_order: str


@dataclass(frozen=True, kw_only=True)
class Survey:
    """The typing of a file whose every line is a row, and counts over its rows.

    `is_faultless`: every row has a key of its own, and nothing that would quarantine it.
    `written`: the Parquet file that has them all already, see `write_whole`.
    """

    typing: Typing
    rows: int
    is_faultless: bool
    updated_at: datetime | None
    ambiguous: int
    skipped: int
    written: Path | None = None


def surveyed(subject: Subject) -> Survey:
    """Columns whose every text is plain are cast, the others go by the rules.

    Raises:
        duckdb.Error: a line is no row, or the file cannot be read.
        RefusedFileError: the dates have two readings, or contradict each other.
    """
    rows = read.rows_select(subject.export, connection=subject.connection, is_strict=True)
    if at_once := _written_at_once(subject, rows):
        return at_once
    forms = _plain_forms(subject)
    while True:
        plains = {name: form.converted for name, form in forms.items()}
        typing = typed_by(subject, rows, plains=plains)
        survey, unfit = _counted(subject, rows, typing)
        if not unfit & set(forms):
            return survey
        forms = {name: form for name, form in forms.items() if name not in unfit}


def typed_by(subject: Subject, rows: str, *, plains: dict[str, Converted]) -> Typing:
    """The typing with these conversions for some columns, and the rules for the others.

    Raises:
        RefusedFileError: the dates or the amounts have two readings, or contradict each other.
    """
    columns = [subject.typed.columns[name] for name in subject.mapped]
    manner, basis = conversion.manner_of(
        rows,
        [column for column in columns if column.name not in plains],
        config=subject.config,
        raw=subject.export.raw,
        zones=subject.zones,
        connection=subject.connection,
    )
    converted = tuple(
        plains.get(column.name)
        or conversion.convert(column, config=subject.config, raw=subject.export.raw, manner=manner)
        for column in columns
    )
    is_dated = any(column.type in conversion.DATED for column in columns)
    told = f"{manner.order}, {basis}" if is_dated else "no dates in the file"
    return Typing(converted=converted, date_order=told)


def _counted(subject: Subject, rows: str, typing: Typing) -> tuple[Survey, set[str]]:
    """What the rows of this typing are, and the columns with a text that has no value in it."""
    converted = list(typing.converted)
    fit = ", ".join(f"bool_and({_is_fit(item)})" for item in converted)
    shifts = ", ".join(item.shift for item in converted if item.shift)
    ambiguous, skipped = (
        f"count(*) filter (where list_contains([{shifts}], '{shift}'))" if shifts else "0"
        for shift in ("ambiguous", "skipped")
    )
    updated = "updated_at" if "updated_at" in subject.mapped else "cast(null as timestamp)"
    count, keys, keyless, broken, unfilled, headers, updated_at, ambiguous, skipped, fits = one_row(
        subject.connection,
        f"""
        select
            count(*),
            count(distinct _key),
            count(*) - count(_key),
            count(_broken),
            count(*) filter (where {subject.is_unfilled}),
            count(*) filter (where {subject.may_be_header}),
            max({updated}),
            {ambiguous},
            {skipped},
            [{fit}],
        from (
            select *, {subject.key} as _key
            from ({conversion.layered(rows, converted, shape=subject.typed)})
        )
        """,
    )
    unfit = {item.name for item, is_fit in zip(converted, fits, strict=True) if is_fit is False}
    survey = Survey(
        typing=typing,
        rows=count,
        is_faultless=keys == count and not (keyless or broken or unfilled or headers or unfit),
        updated_at=updated_at,
        ambiguous=ambiguous,
        skipped=skipped,
    )
    return survey, unfit


def write_whole(subject: Subject, typing: Typing, *, only_if: str | None = None) -> Path:
    """The Parquet file of all rows of a file without faults, in file order; rows have no number.

    To number them while they are written would keep all but one core from writing. `only_if`: SQL
    over a typed row that stops it all where it is not true.

    Raises:
        duckdb.Error: a line is no row, or something is not as it was said to be.
    """
    path = subject.scratch / f"{subject.name}_whole.parquet"
    rows = read.rows_select(subject.export, connection=subject.connection, is_strict=True)
    typed = conversion.layered(rows, list(typing.converted), shape=subject.typed)
    nothing = "cast(null as varchar[])"
    # as a column: a condition would be pushed below the casts, and each text cast twice
    reject = (
        f"case when {only_if} then {nothing} else [error('not so')] end" if only_if else nothing
    )
    subject.connection.execute(f"""
        copy (
            select
                {subject.columns},
                _key,
                {reject} as _reject,
                cast(null as varchar) as _raw,
                cast(null as bigint) as _line,
            from (select *, {subject.key} as _key from ({typed}))
        ) to {literal(path)} {FORMAT}
    """)
    return path


def _written_at_once(subject: Subject, rows: str) -> Survey | None:
    """The survey of a file whose texts are plain and whose rows are rows, typed and written.

    Nothing where one is not; a reading of its own then tells which.
    """
    forms = _plain_forms(subject)
    if len(forms) < len(subject.mapped):
        return None
    typing = typed_by(subject, rows, plains={name: form.converted for name, form in forms.items()})
    fits = " and ".join(_is_fit(item) for item in typing.converted)
    try:
        path = write_whole(
            subject,
            typing,
            only_if=f"{fits} and _key is not null and not ({subject.is_unfilled}) "
            f"and not ({subject.may_be_header})",
        )
    except duckdb.InvalidInputException:
        return None
    updated = "updated_at" if "updated_at" in subject.mapped else "cast(null as timestamp)"
    count, keys, updated_at = one_row(
        subject.connection,
        # as many hashes as rows: as many keys; to count the keys themselves takes twice as long
        f"select count(*), count(distinct hash(_key)), max({updated}) "
        f"from read_parquet({literal(path)})",
    )
    if keys < count:
        return None
    return Survey(
        typing=typing,
        rows=count,
        is_faultless=True,
        updated_at=updated_at,
        ambiguous=0,
        skipped=0,
        written=path,
    )


def _plain_forms(subject: Subject) -> dict[str, Plain]:
    """The plain form of each mapped column that may have one."""
    columns, raw = subject.typed.columns, subject.export.raw
    return {
        name: form
        for name in subject.mapped
        if (form := plain(columns[name], config=subject.config, raw=raw, zone=subject.zones.days))
    }


def _is_fit(item: Converted) -> str:
    """SQL that is true where the text has a value, or there is none."""
    return f"({item.text} is null or coalesce({item.fit}, false))"
