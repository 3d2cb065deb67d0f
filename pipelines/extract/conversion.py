"""Delivered text becomes typed values, in SQL: one expression per column, nothing row by row.

Puts the rules of `values` together for the columns of a file; what needs no rule is in `plain`.
"""

from dataclasses import replace

import duckdb

from pipelines.extract.objects import Column, ObjectShape
from pipelines.extract.spelling import DateOrder
from pipelines.extract.values import dates, evidence, numbers, texts
from pipelines.extract.values.converted import Converted, DecimalMark, Manner, Zones, added
from pipelines.sources import ObjectConfig
from pipelines.sql import literal

DATED = ("date", "timestamp")
NUMBERED = ("money", "number", "integer", "duration")

_CONVERSIONS = {
    "text": texts.text,
    "id": texts.identifier,
    "salesforce_id": texts.salesforce_id,
    "money": numbers.money,
    "number": numbers.number,
    "integer": numbers.integer,
    "duration": numbers.duration,
    "boolean": texts.boolean,
    "date": dates.day,
    "timestamp": dates.moment,
}


def _trim_name(column: str) -> str:
    return f"_trimmed_{column}"


def _trim_step(column: str, *, config: ObjectConfig, raw: dict[str, str]) -> tuple[str, str]:
    return (_trim_name(column), texts.unquoted(texts.trimmed(raw[config.columns[column]])))


def _text_of(column: str, *, config: ObjectConfig, raw: dict[str, str]) -> str:
    """The column's text after nulls and value maps; a spelling that a map names is no NULL."""
    delivered = raw[config.columns[column]]
    trim = _trim_name(column)
    mapping = config.values.get(column, {})
    spellings = [spelling for spelling in texts.NULL_SPELLINGS if spelling not in mapping]
    whens = [
        f"when {trim} = {literal(found)} then {literal(meant)}" for found, meant in mapping.items()
    ]
    whens.append(f"when {trim} in ({', '.join(map(literal, spellings))}) then null")
    if nulls := config.nulls.get(column):
        whens.insert(0, f"when {delivered} in ({', '.join(map(literal, nulls))}) then null")
    return f"case {' '.join(whens)} else {trim} end"


def convert(
    column: Column, *, config: ObjectConfig, raw: dict[str, str], manner: Manner
) -> Converted:
    """The SQL of one mapped column whose header the file has; `raw` is the SQL name by header."""
    header = config.columns[column.name]
    text = f"_text_{column.name}"
    converted = _CONVERSIONS[column.type](column.name, text, manner, column.unit)
    return replace(
        converted,
        steps=(
            _trim_step(column.name, config=config, raw=raw),
            (text, _text_of(column.name, config=config, raw=raw)),
            *converted.steps,
        ),
        text=text,
        fit=f"{column.name} is not null" if converted.expected else "true",
        label=column.name if header == column.name else f"{column.name} ({header})",
    )


def layered(rows: str, converted: list[Converted], *, shape: ObjectShape) -> str:
    """The rows with every step and value added, one subquery per layer, so none is worked twice."""
    depth = max((len(item.steps) for item in converted), default=0)
    for level in range(depth):
        steps = [item.steps[level] for item in converted if level < len(item.steps)]
        rows = f"select *{added(steps)} from ({rows})"
    values = "".join(
        f", cast({item.value} as {shape.columns[item.name].sql_type}) as {item.name}"
        for item in converted
    )
    return f"select *{values} from ({rows})"


def manner_of(
    rows: str,
    columns: list[Column],
    *,
    config: ObjectConfig,
    raw: dict[str, str],
    zones: Zones,
    connection: duckdb.DuckDBPyConnection,
) -> tuple[Manner, str]:
    """How the file writes the columns that go by the rules, and how the order was decided.

    Raises:
        RefusedFileError: the values have two readings, or contradict each other.
    """
    written = {
        column.name: _text_of(column.name, config=config, raw=raw)
        for column in columns
        if column.type in (*DATED, *NUMBERED)
    }
    trims = [_trim_step(name, config=config, raw=raw) for name in written]
    rows = f"select *{added(trims)} from ({rows})"

    def of(*types: str) -> evidence.Texts:
        return {c.name: written[c.name] for c in columns if c.type in types}

    order: DateOrder
    if config.dates:
        order, basis = config.dates, "declared"
    else:
        order, basis = evidence.date_order(rows, of(*DATED), connection=connection)
    decimal: DecimalMark = config.decimal or evidence.decimal_mark(
        rows, of(*NUMBERED), money=of("money"), connection=connection
    )
    return Manner(zones=zones, order=order, decimal=decimal), basis


def key_text(columns: tuple[str, ...], *, mapped: set[str]) -> str:
    """The native key: its parts as text joined with '|', an empty part as ''; NULL when all are."""
    if len(columns) == 1 and columns[0] in mapped:
        return f"nullif(cast({columns[0]} as varchar), '')"
    parts = [
        f"coalesce(cast({name} as varchar), '')" if name in mapped else "''" for name in columns
    ]
    empty = " and ".join(f"{part} = ''" for part in parts)
    joined = " || '|' || ".join(parts)
    return f"case when {empty} then null else {joined} end"


def extra_names(headers: list[str], *, shape: ObjectShape) -> dict[str, str]:
    """The lake's name of each unknown header: `x_` and the header in lower case, made unique."""
    names: dict[str, str] = {}
    for header in headers:
        folded = "".join(c if c.isascii() and c.isalnum() else "_" for c in header.casefold())
        base = f"x_{folded.strip('_') or 'column'}"
        taken = {*names.values(), *shape.columns}
        versions = (base, *(f"{base}_{number}" for number in range(2, len(headers) + 2)))
        names[header] = next(name for name in versions if name not in taken)
    return names
