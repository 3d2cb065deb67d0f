"""Where a true number stands: KPI, statistic, grain, period, scope and member; and who is where."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipelines.sample.clock import START
from pipelines.sample.reorgs import WHOLE
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
    """The members of each scope that a row belongs to, by the staff's row numbers; -1 is nobody.

    A rep's team is the one of the day: `teams` has its number for each rep and day, `shares` the
    teams and percentages of those who are shared on a day, by rep and day.
    """

    span: int
    members: dict[str, list[str]]
    teams: np.ndarray
    shares: dict[tuple[int, int], tuple[tuple[int, int], ...]]

    def codes(self, scope: str, day: np.ndarray, rep: np.ndarray) -> np.ndarray:
        """The number of each row's member in the list of the scope's members."""
        if scope == "company":
            return np.zeros(len(rep), dtype=int)
        return self.teams[rep, day] if scope == "team" else rep % len(self.teams)

    def parts(self, day: int, rep: int) -> tuple[tuple[int, int], ...]:
        """The teams that a rep belongs to on a day, and the percentage of each."""
        return self.shares.get((rep, day)) or ((int(self.teams[rep, day]), WHOLE),)

    def credits(self, day: int, rep: int, cents: int) -> list[tuple[int, int]]:
        """The teams that share an amount on a day, and what each gets of it, to the cent.

        Each gets its share rounded towards zero; the cents left go to the largest remainders.
        """
        parts, sign = self.parts(day, rep), -1 if cents < 0 else 1
        whole = {team: abs(cents) * share // WHOLE for team, share in parts}
        by_remainder = sorted(
            parts, key=lambda part: (-(abs(cents) * part[1] % WHOLE), self.members["team"][part[0]])
        )
        for team, _ in by_remainder[: abs(cents) - sum(whole.values())]:
            whole[team] += 1
        return [(team, sign * share) for team, share in whole.items()]

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
        for scope in scopes:
            codes = self.codes(scope, day, rep)
            yield from self.groups_of(scope, day, codes, grains=grains)

    def groups_of(
        self, scope: str, day: np.ndarray, codes: np.ndarray, *, grains: Iterable[str] = GRAINS
    ) -> Iterator[tuple[Cell, np.ndarray]]:
        """Each cell of one scope that has rows, and which: days, and numbers of members."""
        for grain in grains:
            if (grain, scope) != ("week", "rep"):
                first = _first_days(grain, self.span)[day]
                for start, code, rows in _grouped(first, codes):
                    member = self.members[scope][code]
                    yield Cell(grain, START + timedelta(days=start), scope, member), rows


def places_of(staff: pd.DataFrame, places: pd.DataFrame, *, span: int) -> Places:
    """The staff by rep and by team, day by day; nobody is the last of each list.

    A rep is in the team with the largest share, and before the first day known where then.
    """
    teams = [*dict.fromkeys(team for team in staff["team"] if team), NONE]
    timelines: dict[int, dict[int, list[tuple[int, int]]]] = {}
    for row in places.to_dict("records"):
        own = timelines.setdefault(row["person"], {})
        own.setdefault(row["since"], []).append((teams.index(row["team"] or NONE), row["share"]))
    codes = np.full((len(staff) + 1, span), len(teams) - 1)
    shares: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}
    for person, own in timelines.items():
        until = [*sorted(own)[1:], span]
        for number, since in enumerate(sorted(own)):
            start = max(since, 0) if number else 0
            codes[person, start : max(until[number], 0)] = max(
                own[since], key=lambda part: part[1]
            )[0]
            if len(own[since]) > 1:
                days = range(start, min(until[number], span))
                shares |= {(person, day): tuple(own[since]) for day in days}
    return Places(
        span=span,
        members={"company": [ALL], "team": teams, "rep": [*staff["name"], NONE]},
        teams=codes,
        shares=shares,
    )


@cache
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
