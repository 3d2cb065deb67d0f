"""The SQL that turns one column's delivered text into typed values, and how a file writes values.

What a text means is in the modules beside; `conversion` puts them together.
"""

from dataclasses import dataclass
from typing import Literal

from pipelines.extract.spelling import DateOrder
from pipelines.sql import literal

DecimalMark = Literal[".", ","]


@dataclass(frozen=True, kw_only=True)
class Zones:
    """The zone of times that carry none, and the one in which a moment falls on a day."""

    times: str = "UTC"
    days: str = "UTC"


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a file writes days, times without a zone, and fractions."""

    zones: Zones = Zones()
    order: DateOrder = "YMD"
    decimal: DecimalMark = "."


@dataclass(frozen=True, kw_only=True)
class Converted:
    """The SQL of one column, in layers: each step names an expression over the ones before it.

    `text` is the name of what is converted, `value` the typed value or NULL, `fit` true where a
    text has one, `problem` why it has none, `shift` what a change of clocks did to it ('ambiguous',
    'skipped' or NULL).
    """

    name: str
    steps: tuple[tuple[str, str], ...]
    value: str
    text: str = ""
    fit: str = "true"
    expected: str | None = None
    shift: str | None = None
    label: str = ""

    @property
    def problem(self) -> str | None:
        """Why the text has no value, as SQL over text and value."""
        if self.expected is None:
            return None
        text = self.text
        start = literal(f"{self.label}: ")
        found = f"{start} || chr(39) || left({text}, 80) || chr(39) || ' is not {self.expected}'"
        return f"case when {text} is not null and {self.name} is null then {found} end"


def added(steps: list[tuple[str, str]]) -> str:
    """The steps as further columns of a select list."""
    return "".join(f", {sql} as {name}" for name, sql in steps)
