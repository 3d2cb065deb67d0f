"""Where a true number stands: KPI, statistic, grain, period, scope and member; and who is where."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipelines.sample.clock import START
from pipelines.sample.truth_calendar import GRAINS, start_of

NONE, ALL = "(none)", "(all)"
SCOPES = ("company", "team", "rep")


class Answer(NamedTuple):
    """What should stand in a cell; None is NULL, or nothing to be said."""

    value: float | None
    numerator: float | None = None
    denominator: float | None = None


Answers = dict[tuple[str, str], Answer]


class Cell(NamedTuple):
    """A period of a member."""

    grain: str
    start: date
    scope: str
    member: str


class Value(NamedTuple):
    """A line of truth.json."""

    kpi: str
    statistic: str
    cell: Cell
    answer: Answer


@dataclass(frozen=True, kw_only=True)
class Places:
    """The members of each scope that a row belongs to, by the staff's row numbers; -1 is nobody."""

    span: int
    members: dict[str, list[str]]
    codes: dict[str, np.ndarray]

    def groups(
        self,
        day: np.ndarray,
        rep: np.ndarray,
        *,
        grains: Iterable[str] = GRAINS,
        scopes: Iterable[str] = SCOPES,
    ) -> Iterator[tuple[Cell, np.ndarray]]:
        """Each cell that has rows, and which rows: days, and whose they are, one per row.

        There are no weeks of a single rep.
        """
        for grain in grains:
            first = _first_days(grain, self.span)[day]
            for scope in scopes:
                if (grain, scope) != ("week", "rep"):
                    for start, code, rows in _grouped(first, self.codes[scope][rep]):
                        member = self.members[scope][code]
                        yield Cell(grain, START + timedelta(days=start), scope, member), rows


def places_of(staff: pd.DataFrame, *, span: int) -> Places:
    """The staff by rep and by team, within `span` days; nobody is the last of each list."""
    teams = [*dict.fromkeys(team for team in staff["team"] if team), NONE]
    team_codes = [teams.index(team or NONE) for team in staff["team"]]
    return Places(
        span=span,
        members={"company": [ALL], "team": teams, "rep": [*staff["name"], NONE]},
        codes={
            "company": np.zeros(len(staff) + 1, dtype=int),
            "team": np.array([*team_codes, len(teams) - 1]),
            "rep": np.arange(len(staff) + 1),
        },
    )


def _first_days(grain: str, span: int) -> np.ndarray:
    """For each day, the day on which its period begins."""
    days = (START + timedelta(days=day) for day in range(span))
    return np.array([(start_of(grain, day) - START).days for day in days])


def _grouped(first: np.ndarray, code: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    """The rows of each pair of values."""
    if not len(first):
        return
    order = np.lexsort((code, first))
    is_new = (np.diff(first[order]) != 0) | (np.diff(code[order]) != 0)
    for rows in np.split(order, np.flatnonzero(is_new) + 1):
        yield int(first[rows[0]]), int(code[rows[0]]), rows


def values(
    groups: Iterable[tuple[Cell, np.ndarray]], say: Callable[[np.ndarray], Answers]
) -> Iterator[Value]:
    """What is said of each group; zeros and ratios without a denominator are not."""
    for cell, rows in groups:
        for (kpi, statistic), answer in say(rows).items():
            if answer.value != 0 or answer.denominator is not None:
                yield Value(kpi, statistic, cell, answer)


def count(kpi: str, rows: np.ndarray) -> Answers:
    """How many rows there are."""
    return {(kpi, "value"): Answer(len(rows))}


def share(kpi: str, part: float, whole: float) -> Answers:
    """A ratio, where there is something to divide by."""
    return {(kpi, "value"): Answer(part / whole, part, whole)} if whole > 0 else {}
