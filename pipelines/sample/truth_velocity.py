"""The truth about how fast the pipeline turns into money, and what it brought instead."""

from collections.abc import Iterator
from datetime import date

import numpy as np

from pipelines.sample.clock import NEVER, local_days
from pipelines.sample.truth_calendar import percentile
from pipelines.sample.truth_cells import Answer, Cell, Places, Value
from pipelines.sample.truth_closings import Closed, closed_of
from pipelines.sample.truth_deals import ACCEPTED, Deal
from pipelines.sample.truth_pipeline import Owners, States, period_ends
from pipelines.sample.world import World

WINDOW_DAYS, LONGEST_WINDOW_DAYS = 90, 365
ENOUGH_CLOSED = 30
AGED_OUT_SHARE = 0.99


class Closings:
    """The deals that closed, of one member, by the day: what velocity takes of them."""

    def __init__(self, closed: Closed, rows: np.ndarray) -> None:
        self._closed = closed.of(rows[np.argsort(closed.day[rows], kind="stable")])

    def since(self, day: int, *, until: int) -> Closed:
        """Those that closed after `day`, up to `until`."""
        first, beyond = np.searchsorted(self._closed.day, [day, until], side="right")
        return self._closed.of(slice(first, beyond))

    def window(self, day: int) -> int:
        """Days: 90, more where fewer than 30 eligible deals had closed in them, at most 365."""
        recent = self.since(day - LONGEST_WINDOW_DAYS, until=day)
        eligible = recent.day[recent.is_eligible]
        if len(eligible) < ENOUGH_CLOSED:
            return LONGEST_WINDOW_DAYS
        return max(WINDOW_DAYS, day - int(eligible[-ENOUGH_CLOSED]) + 1)


def of_velocity(
    world: World, replayed: list[Deal], states: States, places: Places
) -> Iterator[Value]:
    """Velocity and its parts on the last day of each month, quarter and year, and on the last one.

    `replayed` holds those deals, too, that were deleted since.
    """
    deals = [deal for deal in replayed if deal.deleted is None]
    closed = closed_of(deals)
    company = Closings(closed, np.arange(len(closed.day)))
    closings = {("company", 0): company}
    codes = places.codes("team", closed.day, closed.owner)
    for code in range(len(places.members["team"])):
        closings["team", code] = Closings(closed, np.flatnonzero(codes == code))
    owners, accepted = Owners(world), _accepted(world, replayed)
    created = local_days(world.deals["created"])
    for day, periods in sorted(period_ends(world.span).items()):
        periods = [period for period in periods if period[0] != "week"]
        rows = states.deal[states.on(day)] if periods else np.array([], dtype=int)
        rows = rows[accepted[rows] <= day]
        is_aged = day - created[rows] > _age_limit(company, day)
        owner = owners.on(day)[rows]
        for scope in ("company", "team") if periods else ():
            codes = places.codes(scope, np.full(len(rows), day), owner)
            for code, member in enumerate(places.members[scope]):
                mine = codes == code
                found = _answers(
                    active=int((mine & ~is_aged).sum()),
                    aged_out=int((mine & is_aged).sum()),
                    closings=closings[scope, code],
                    day=day,
                )
                yield from _placed(found, periods, scope=scope, member=member)


def _placed(
    found: dict[str, Answer], periods: list[tuple[str, date]], *, scope: str, member: str
) -> Iterator[Value]:
    for kpi, answer in found.items():
        if answer.value:
            for grain, start in periods:
                yield Value(kpi, "value", Cell(grain, start, scope, member), answer)


def _accepted(world: World, deals: list[Deal]) -> np.ndarray:
    """By deal, the day on which sales accepted it; NO_DAY for renewals and others."""
    accepted = np.full(len(world.deals), NEVER)
    for deal in deals:
        moments = [at for stage, at in deal.entered.items() if stage >= ACCEPTED]
        if moments and not deal.is_renewal:
            accepted[deal.row] = min(moments)
    return local_days(accepted)


def _age_limit(company: Closings, day: int) -> float:
    """Days: hardly any deal that closed within a year was older."""
    recent = company.since(day - LONGEST_WINDOW_DAYS, until=day)
    limit = percentile((recent.day - recent.created)[recent.is_eligible].tolist(), AGED_OUT_SHARE)
    return float("inf") if limit is None else limit


def _answers(*, active: int, aged_out: int, closings: Closings, day: int) -> dict[str, Answer]:
    days = closings.window(day)
    recent = closings.since(day - days, until=day)
    revenue = int(recent.money[recent.is_won].sum()) / 100
    realised = revenue / days
    found = {
        "velocity_active_deals": Answer(active),
        "aged_out_deals": Answer(aged_out),
        "velocity_realised": Answer(realised, revenue, days),
    }
    eligible = recent.of(recent.is_eligible)
    wins = eligible.of(eligible.is_won)
    all_count, won_count, priced_count = (
        len(eligible.day),
        len(wins.day),
        int((wins.money > 0).sum()),
    )
    worth = int(wins.money[wins.money > 0].sum()) / 100
    cycles = int((wins.day - wins.created).sum())
    if all_count:
        found["velocity_win_rate"] = Answer(won_count / all_count, won_count, all_count)
    if priced_count:
        found["velocity_deal_size"] = Answer(worth / priced_count, worth, priced_count)
    if won_count:
        found["velocity_cycle_days"] = Answer(cycles / won_count, cycles, won_count)
    if priced_count and cycles:
        factors = [active, won_count / all_count, worth / priced_count]
        velocity = float(np.prod(factors)) / (cycles / won_count)
        found["pipeline_velocity"] = Answer(velocity)
        if realised:
            found["velocity_ratio"] = Answer(velocity / realised)
    return found
