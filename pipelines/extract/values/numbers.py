"""Amounts, numbers and durations as people and tools write them, and which mark is the decimal one.

Most spellings have one reading. One group of three digits behind one mark has two, 1.234 and
1,234: which is meant is told by the other numbers of the file, or by the config.
"""

from pipelines.extract.values.converted import Converted, DecimalMark, Manner
from pipelines.sql import literal

MINUS = "\N{MINUS SIGN}"
APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"
CURRENCY = r"[A-Z]{3}|[A-Z]{0,2}[$€£¥₹]|kr\.?|zł"
SUFFIX = r"[KkMmBb]|[Mm]io\.?|Tsd\.?"
WRITTEN = (
    rf"^(\()?\s*([-+{MINUS}])?\s*(?:{CURRENCY})?\s*([-+{MINUS}])?\s*"
    rf"([0-9.,{APOSTROPHES}\s\x{{a0}}\x{{202f}}]*[0-9][.,]?|[.,][0-9]+)\s*({SUFFIX})?\s*(%)?\s*"
    rf"(?:{CURRENCY})?\s*(\))?\s*(-)?$"
)
PARTS = ("open", "sign", "inner_sign", "digits", "suffix", "percent", "close", "after")
GAPS = rf"[{APOSTROPHES}\s\x{{a0}}\x{{202f}}]"


UNAMBIGUOUS = r"[+-]?(\d+(\.(\d{0,2}|\d{4,}))?|\.\d+|0\.\d+)"
POINT_GROUPED = r"\d{1,3}(,\d{2,3})+\.\d*"
COMMA_GROUPED = r"\d{1,3}(\.\d{2,3})+,\d*"
GROUPED_BY_COMMA = r"\d{1,3}(,\d{3}){2,}|\d{1,2}(,\d{2})+,\d{3}"
GROUPED_BY_POINT = r"\d{1,3}(\.\d{3}){2,}"
WHOLE = r"\d+"
ONE_POINT = r"\d*\.\d*"
ONE_COMMA = r"\d*,\d*"
POINT_AND_THREE = r"[1-9]\d{0,2}\.\d{3}"
COMMA_AND_THREE = r"[1-9]\d{0,2},\d{3}"

FACTORS = {"k": 1_000, "tsd": 1_000, "m": 1_000_000, "mio": 1_000_000, "b": 1_000_000_000}


def _is(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, '{pattern}')"


def _parts(text: str) -> str:
    return f"regexp_extract({text}, {literal(WRITTEN)}, {list(PARTS)})"


def _without_gaps(digits: str) -> str:
    return f"regexp_replace({digits}, {literal(GAPS)}, '', 'g')"


def digits_of(text: str) -> str:
    """The digits and marks of a written number, as SQL; empty where the text is none."""
    return _without_gaps(f"{_parts(text)}.digits")


def steps(name: str, text: str, decimal: DecimalMark) -> tuple[tuple[str, str], ...]:
    """The parts of a written number, its digits without gaps, and the number as plain text."""
    digits = f"_digits_{name}"
    commas, points = f"replace({digits}, ',', '')", f"replace({digits}, '.', '')"
    three = points if decimal == "," else digits
    comma_three = f"replace({digits}, ',', '.')" if decimal == "," else commas
    return (
        (f"_written_{name}", _parts(text)),
        (digits, _without_gaps(f"_written_{name}.digits")),
        (
            f"_plain_{name}",
            f"case when {digits} = '' then null "
            f"when {_is(digits, POINT_AND_THREE)} then {three} "
            f"when {_is(digits, COMMA_AND_THREE)} then {comma_three} "
            f"when {_is(digits, ONE_POINT)} or {_is(digits, WHOLE)} then {digits} "
            f"when {_is(digits, ONE_COMMA)} then replace({digits}, ',', '.') "
            f"when {_is(digits, POINT_GROUPED)} or {_is(digits, GROUPED_BY_COMMA)} then {commas} "
            f"when {_is(digits, COMMA_GROUPED)} then replace({points}, ',', '.') "
            f"when {_is(digits, GROUPED_BY_POINT)} then {points} end",
        ),
    )


def _signed(name: str) -> str:
    """The plain text with its sign; brackets and a minus behind are signs as well."""
    written = f"_written_{name}"
    is_negative = (
        f"{written}.sign in ('-', '{MINUS}') or {written}.inner_sign in ('-', '{MINUS}') "
        f"or {written}.open <> '' and {written}.close <> '' "
        f"or {written}.after <> '' and not regexp_matches({written}.digits, '[.,]$')"
    )
    is_whole = f"({written}.open = '') = ({written}.close = '')"
    return f"case when {is_whole} then if({is_negative}, '-', '') || _plain_{name} end"


def value(name: str, sql_type: str) -> str:
    """The number as this type; thousands and millions are multiplied out."""
    suffix = f"trim(lower(_written_{name}.suffix), '.')"
    factor = " ".join(f"when '{word}' then {times}" for word, times in FACTORS.items())
    wide = f"cast(try_cast({_signed(name)} as decimal(18, 6)) as decimal(38, 6))"
    return (
        f"case when {suffix} = '' then try_cast({_signed(name)} as {sql_type}) "
        f"else try_cast({wide} * case {suffix} {factor} end as {sql_type}) end"
    )


def money(name: str, text: str, manner: Manner, _unit: str | None) -> Converted:
    """An amount, to the cent."""
    return Converted(
        name=name,
        steps=steps(name, text, manner.decimal),
        value=f"case when _written_{name}.percent = '' then {value(name, 'decimal(18, 2)')} end",
        expected="a number such as 1234.50",
    )


def number(name: str, text: str, manner: Manner, unit: str | None) -> Converted:
    """A number; where the column is a fraction, a percentage is a hundredth of it."""
    plain = value(name, "decimal(28, 9)")
    if "fraction" in (unit or ""):
        share = f"cast({plain} / 100 as decimal(28, 9))"
        plain = f"case when _written_{name}.percent = '' then {plain} else {share} end"
    return Converted(
        name=name,
        steps=steps(name, text, manner.decimal),
        value=plain,
        expected="a number such as 0.25",
    )


def integer(name: str, text: str, manner: Manner, _unit: str | None) -> Converted:
    """A whole number."""
    plain = value(name, "decimal(28, 9)")
    return Converted(
        name=name,
        steps=(*steps(name, text, manner.decimal), (f"_number_{name}", plain)),
        value=f"case when _number_{name} = trunc(_number_{name}) "
        f"then try_cast(_number_{name} as bigint) end",
        expected="a whole number such as 12",
    )


CLOCK = r"(\d{1,4}):(\d{2})(?::(\d{2})(?:\.\d+)?)?"
SECONDS_IN = {"ms": 0.001, "s": 1, "min": 60, "h": 3600}


def duration(name: str, text: str, manner: Manner, unit: str | None) -> Converted:
    """Seconds; `unit` is that of a bare number. Two parts are hours and minutes."""
    clock = f"_clock_{name}"
    by_clock = (
        f"try_cast({clock}.first as bigint) * 3600 + try_cast({clock}.second as bigint) * 60 "
        f"+ coalesce(try_cast(nullif({clock}.third, '') as bigint), 0)"
    )
    number_value = value(name, "decimal(18, 3)")
    bare = f"try_cast(round({number_value} * {SECONDS_IN[unit or 's']}) as bigint)"
    return Converted(
        name=name,
        steps=(
            *steps(name, text, manner.decimal),
            (clock, f"regexp_extract({text}, '^{CLOCK}$', ['first', 'second', 'third'])"),
        ),
        value=f"case when {clock}.first <> '' then {by_clock} else {bare} end",
        expected="a duration such as 90 or 0:01:30",
    )
