"""The truth about the open pipeline at the end of a day: whose, how much, and what it may bring."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pipelines.sample.amounts import NO_AMOUNT
from pipelines.sample.clock import NEVER, NO_DAY, START, local_days, midnight
from pipelines.sample.opportunities import LAST_OPEN
from pipelines.sample.stages import PROBABILITIES
from pipelines.sample.truth_calendar import GRAINS, end_of, start_of
from pipelines.sample.truth_cells import SCOPES, Answer, Cell, Places, Value
from pipelines.sample.truth_deals import Deal, told_steps
from pipelines.sample.truth_money import Exchange, all_rounded, rounded
from pipelines.sample.world import World

PROBABILITY_DAYS = 365
PROBABILITY_WEIGHT = 30
BILLION = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class States:
    """What the deals were like: one row per deal and span of days at whose ends it was the same.

    A row holds at the end of a day from `since` to the day before `until`. Deals that were deleted
    are in it until that day. `cents` are of the deal's own currency, NO_AMOUNT for none;
    `open_cents` and `open_close_day` are those of the last time at which the deal was open. `last`
    has the last row of each deal.
    """

    deal: np.ndarray
    since: np.ndarray
    until: np.ndarray
    stage: np.ndarray
    cents: np.ndarray
    currency: np.ndarray
    open_cents: np.ndarray
    open_close_day: np.ndarray
    last: np.ndarray

    def on(self, day: int) -> np.ndarray:
        """The rows that hold at the end of the day and are open."""
        return np.flatnonzero((self.since <= day) & (day < self.until) & (self.stage <= LAST_OPEN))


def states_of(world: World) -> States:
    """All states up to the end of the last day, from the steps and the deletions."""
    cutoff = midnight(world.span)
    steps = told_steps(world)
    order = np.argsort(steps["deal"].to_numpy(), kind="stable")
    deal, stage, cents, close_day = (
        steps[name].to_numpy()[order] for name in ("deal", "stage", "amount", "close_day")
    )
    since = local_days(steps["at"].to_numpy()[order])
    is_same = np.append(deal[1:] == deal[:-1], False)
    until = np.where(is_same, np.append(since[1:], NO_DAY), NO_DAY)
    deleted = world.deals["deleted"].to_numpy()[deal]
    until = np.minimum(until, local_days(np.where(deleted < cutoff, deleted, NEVER)))
    last_open = np.maximum.accumulate(np.where(stage <= LAST_OPEN, np.arange(len(deal)), 0))
    holds = since < until
    last = np.zeros(len(world.deals), dtype=int)
    last[deal[holds]] = np.arange(int(holds.sum()))
    return States(
        deal=deal[holds],
        since=since[holds],
        until=until[holds],
        stage=stage[holds],
        cents=cents[holds],
        currency=world.deals["currency"].to_numpy()[deal[holds]],
        open_cents=cents[last_open][holds],
        open_close_day=close_day[last_open][holds],
        last=last,
    )


class Owners:
    """Whose each deal is at the end of a day."""

    def __init__(self, world: World) -> None:
        handed = world.handovers
        self._first = world.deals["rep"].to_numpy()
        self._deal, self._new = handed["deal"].to_numpy(), handed["new"].to_numpy()
        self._day = local_days(handed["at"])

    def on(self, day: int) -> np.ndarray:
        """Of each deal the last one to whom it was handed by then, else the first owner."""
        owner = self._first.copy()
        count = int(np.searchsorted(self._day, day, side="right"))
        owner[self._deal[:count]] = self._new[:count]
        return owner


class Chances:
    """What deals in a stage are worth: as learnt from those that had closed by then."""

    def __init__(self, deals: list[Deal]) -> None:
        spells = [
            (spell.closed, spell.ended, spell.is_won, deal.first_stage, spell.furthest)
            for deal in deals
            for spell in deal.spells
        ]
        self._closed, self._ended, self._won, self._first, self._furthest = (
            np.array(spells, dtype="int64").reshape(-1, 5).T
        )

    def on(self, day: int) -> np.ndarray:
        """By stage, billionths: of deals closed within a year, and not reopened, by the day."""
        is_known = (day - PROBABILITY_DAYS < self._closed) & (self._closed <= day)
        is_known &= day < self._ended
        won, first, furthest = (of[is_known] for of in (self._won, self._first, self._furthest))
        chances = np.zeros(LAST_OPEN + 1, dtype="int64")
        for stage in range(1, LAST_OPEN + 1):
            reached = (first <= stage) & (stage <= furthest)
            hundredths = 100 * int(won[reached].sum()) + PROBABILITY_WEIGHT * PROBABILITIES[stage]
            whole = 100 * (int(reached.sum()) + PROBABILITY_WEIGHT)
            chances[stage] = rounded(hundredths * BILLION, whole)
        return chances


def period_ends(span: int) -> dict[int, list[tuple[str, date]]]:
    """The last days of all periods that have begun, and whose; of running ones, the last so far."""
    as_of = START + timedelta(days=span - 1)
    found: dict[int, list[tuple[str, date]]] = {}
    for grain in GRAINS:
        start = start_of(grain, START)
        while start <= as_of:
            last = min(end_of(grain, start) - timedelta(days=1), as_of)
            found.setdefault((last - START).days, []).append((grain, start))
            start = end_of(grain, start)
    return found


def of_open(
    world: World, deals: list[Deal], states: States, places: Places, exchange: Exchange
) -> Iterator[Value]:
    """The pipeline that was open at the end of each period, by whose it was then.

    `deals` holds those, too, that were deleted since.
    """
    owners, chances = Owners(world), Chances(deals)
    for day, periods in sorted(period_ends(world.span).items()):
        rows = states.on(day)
        rows = rows[states.cents[rows] != NO_AMOUNT]
        cents, is_known = exchange.all_cents(states.cents[rows], states.currency[rows], day)
        rows, cents = rows[is_known], cents[is_known]
        weighted = all_rounded(cents * chances.on(day)[states.stage[rows]], BILLION)
        owner = owners.on(day)[states.deal[rows]]
        for scope in SCOPES:
            codes = places.codes(scope, np.full(len(rows), day), owner)
            for kpi, amounts in (("open_pipeline", cents), ("weighted_pipeline", weighted)):
                sums = np.zeros(len(places.members[scope]), dtype="int64")
                np.add.at(sums, codes, amounts)
                for grain, start in periods:
                    if (grain, scope) != ("week", "rep"):
                        for code in np.flatnonzero(sums).tolist():
                            cell = Cell(grain, start, scope, places.members[scope][code])
                            yield Value(kpi, "value", cell, Answer(int(sums[code]) / 100))
