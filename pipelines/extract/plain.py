"""Texts that need no rule: the plain form of every type, in which most exports write most columns.

A column whose every text is plain is cast. What its cast gives is what the rules of `conversion`
gives, at a half to a tenth of their price: the rules stay the one home of what a text means.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pipelines.extract.objects import Column
from pipelines.extract.values import dates, numbers, texts
from pipelines.extract.values.converted import Converted
from pipelines.sources import ObjectConfig
from pipelines.sql import literal

PLAIN_MOMENTS = ("____-__-__T__:__:__.___Z", "____-__-__T__:__:__Z")
PLAIN_MIDNIGHTS = ("T00:00:00.000Z", "T00:00:00Z")


@dataclass(frozen=True, kw_only=True)
class Plain:
    """The SQL of a column in the plain form of its type, over the text as delivered.

    `test` is true for every plain text; it may name the typed column, so that none is cast twice.
    `value` is the typed value of plain texts.
    """

    name: str
    text: str
    test: str
    value: str

    @property
    def converted(self) -> Converted:
        """The conversion of a column whose every text is plain; `fit` tells whether it is one."""
        return Converted(name=self.name, text=self.text, steps=(), value=self.value, fit=self.test)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The SQL of a text, of the column that it becomes, and the zone whose days moments fall on."""

    text: str
    typed: str
    zone: str


def plain(column: Column, *, config: ObjectConfig, raw: dict[str, str], zone: str) -> Plain | None:
    """What spares a column its rules; None where the config has some.

    `zone`: whose days moments fall on.

    Text without blanks around it that spells no NULL, numbers and booleans without blanks, ISO days
    and ISO moments of UTC, all in range. Whatever is not plain goes by the rules.
    """
    if column.name in config.values or column.name in config.nulls:
        return None
    if column.type not in _PLAIN:
        return None
    cell = Cell(text=raw[config.columns[column.name]], typed=column.name, zone=zone)
    test, value = _PLAIN[column.type](cell)
    return Plain(name=column.name, text=cell.text, test=test, value=value)


def _plain_text(cell: Cell) -> tuple[str, str]:
    """Every blank but the no-break space sorts before '!', so one comparison sees most of them."""
    text, ends = cell.text, ", ".join(texts.BLANKS.split(" || "))
    short, long = (
        ", ".join(literal(one) for one in texts.NULL_SPELLINGS if (len(one) <= 4) == is_short)
        for is_short in (True, False)
    )
    return (
        f"not ({text} < ')' and ({text} < '!' or {text} in ({long})) "
        f"or {text} >= chr(160) and {text} < chr(161) or {text}[-1] in ({ends}) "
        f"or {text} >= '=\"' and {text} < '=#' "
        f"or (strlen({text}) <= 4 and {text} in ({short})))",
        text,
    )


def _plain_id(cell: Cell) -> tuple[str, str]:
    """A text without a plus, which a rounded number has."""
    test, value = _plain_text(cell)
    return f"{test} and not contains({cell.text}, '+')", value


def _plain_salesforce_id(cell: Cell) -> tuple[str, str]:
    """By length and ends, which no blank, no formula and no spelling of NULL has."""
    text = cell.text
    is_long = f"strlen({text}) = {texts.LONG_ID} and not contains({text}, '+')"
    return (
        f"{is_long} and {text} >= '0' and {text}[1] <> '=' and {text}[-1] between '0' and 'z'",
        text,
    )


def _plain_number(sql_type: str, pattern: str) -> Callable[[Cell], tuple[str, str]]:
    """Numbers of one reading, whatever the decimal mark is."""

    def form(cell: Cell) -> tuple[str, str]:
        test = f"{cell.typed} is not null and regexp_full_match({cell.text}, '{pattern}')"
        return test, f"try_cast({cell.text} as {sql_type})"

    return form


def _plain_boolean(cell: Cell) -> tuple[str, str]:
    return f"{cell.typed} is not null", texts.boolean_of(cell.text)


def _plain_date(cell: Cell) -> tuple[str, str]:
    """A day, or a moment of UTC: its day in the zone, but midnight is the day as written."""
    text = cell.text
    is_day = f"{text} like '____-__-__'"
    is_midnight = " or ".join(f"suffix({text}, '{end}')" for end in PLAIN_MIDNIGHTS)
    value = (
        f"case when {is_day} then try_cast({text} as date) "
        f"when {is_midnight} then try_cast(left({text}, 10) as date) "
        f"else cast(timezone('{cell.zone}', try_cast({text} as timestamptz)) as date) end"
    )
    return f"({is_day} or {_is_moment(text)}) and {_within(cell.typed, 'date')}", value


def _plain_timestamp(cell: Cell) -> tuple[str, str]:
    test = f"{_is_moment(cell.text)} and {_within(cell.typed, 'timestamp')}"
    return test, f"try_cast({cell.text} as timestamp)"


def _is_moment(text: str) -> str:
    return "(" + " or ".join(f"{text} like '{form}'" for form in PLAIN_MOMENTS) + ")"


def _within(value: str, sql_type: str) -> str:
    """True for a day or moment in range."""
    first, end = (f"cast('{day}' as {sql_type})" for day in (dates.EARLIEST, dates.LATEST))
    return f"{value} >= {first} and {value} < {end}"


_PLAIN: dict[str, Callable[[Cell], tuple[str, str]]] = {
    "text": _plain_text,
    "id": _plain_id,
    "salesforce_id": _plain_salesforce_id,
    "money": _plain_number("decimal(18, 2)", numbers.UNAMBIGUOUS),
    "number": _plain_number("decimal(28, 9)", numbers.UNAMBIGUOUS),
    "integer": _plain_number("bigint", r"[+-]?\d+"),
    "boolean": _plain_boolean,
    "date": _plain_date,
    "timestamp": _plain_timestamp,
}
