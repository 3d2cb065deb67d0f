"""Texts that need no rule: the plain form of every type, in which most exports write most columns.

A column whose every text is plain is cast. What its cast gives is what the rules of `conversion`
give, at a half to a tenth of their price: the rules stay the one home of what a text means.
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

    `test` is true for every plain text, and cheaper than `value`, the typed value of plain texts.
    """

    name: str
    text: str
    test: str
    value: str

    @property
    def converted(self) -> Converted:
        """The conversion of a column whose every text is plain; `fit` tells whether it is one."""
        return Converted(name=self.name, text=self.text, steps=(), value=self.value, fit=self.test)


def plain(column: Column, *, config: ObjectConfig, raw: dict[str, str], zone: str) -> Plain | None:
    """What spares a column its rules, tested at half their price; None where the config has some.

    `zone`: whose days moments fall on.

    Text without blanks around it that spells no NULL, numbers and booleans without blanks, ISO days
    and ISO moments of UTC, all in range. Whatever is not plain goes by the rules.
    """
    if column.name in config.values or column.name in config.nulls:
        return None
    if column.type not in _PLAIN:
        return None
    text = raw[config.columns[column.name]]
    test, value = _PLAIN[column.type](text, zone)
    return Plain(name=column.name, text=text, test=test, value=value)


def _plain_text(text: str, _zone: str) -> tuple[str, str]:
    """Every blank but the no-break space sorts before '!', so one comparison sees most of them."""
    ends = ", ".join(texts.BLANKS.split(" || "))
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


def _plain_id(text: str, zone: str) -> tuple[str, str]:
    """A text without a plus, which a rounded number has."""
    test, value = _plain_text(text, zone)
    return f"{test} and not contains({text}, '+')", value


def _plain_salesforce_id(text: str, _zone: str) -> tuple[str, str]:
    """By length and ends, which no blank, no formula and no spelling of NULL has."""
    is_long = f"strlen({text}) = {texts.LONG_ID} and not contains({text}, '+')"
    return (
        f"{is_long} and {text} >= '0' and {text}[1] <> '=' and {text}[-1] between '0' and 'z'",
        text,
    )


def _plain_number(sql_type: str, pattern: str) -> Callable[[str, str], tuple[str, str]]:
    """Numbers of one reading, whatever the decimal mark is."""

    def form(text: str, _zone: str) -> tuple[str, str]:
        value = f"try_cast({text} as {sql_type})"
        return f"regexp_full_match({text}, '{pattern}') and {value} is not null", value

    return form


def _plain_boolean(text: str, _zone: str) -> tuple[str, str]:
    value = texts.boolean_of(text)
    return f"({value}) is not null", value


def _plain_date(text: str, zone: str) -> tuple[str, str]:
    """A day, or a moment of UTC: its day in the zone, but midnight is the day as written.

    Moments are tested without the zone, which is dear: in range is then a day less at both ends.
    """
    is_day = f"{text} like '____-__-__'"
    is_midnight = " or ".join(f"suffix({text}, '{end}')" for end in PLAIN_MIDNIGHTS)
    test = (
        f"case when {is_day} then {_within(text, 'date', margin=0)} "
        f"else {_is_moment(text)} and {_within(text, 'timestamp', margin=1)} end"
    )
    value = (
        f"case when {is_day} then try_cast({text} as date) "
        f"when {is_midnight} then try_cast(left({text}, 10) as date) "
        f"else cast(timezone('{zone}', try_cast({text} as timestamptz)) as date) end"
    )
    return test, value


def _plain_timestamp(text: str, _zone: str) -> tuple[str, str]:
    test = f"{_is_moment(text)} and {_within(text, 'timestamp', margin=0)}"
    return test, f"try_cast({text} as timestamp)"


def _is_moment(text: str) -> str:
    return "(" + " or ".join(f"{text} like '{form}'" for form in PLAIN_MOMENTS) + ")"


def _within(text: str, sql_type: str, *, margin: int) -> str:
    """True for a day or moment in range, that many days from its ends."""
    first = f"date '{dates.EARLIEST}' + {margin}"
    last = f"cast(date '{dates.LATEST}' - {margin} as timestamp) - interval '1 microsecond'"
    return f"try_cast({text} as {sql_type}) between {first} and {last}"


_PLAIN = {
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
