"""The truth about how fast the pipeline turns into money, and what it brought instead."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date

import numpy as np

from pipelines.sample.clock import local_days
from pipelines.sample.truth_calendar import percentile
from pipelines.sample.truth_cells import Answer, Cell, Places, Value
from pipelines.sample.truth_deals import ACCEPTED, Deal
from pipelines.sample.truth_pipeline import Owners, States, period_ends
from pipelines.sample.world import World

WINDOW_DAYS, LONGEST_WINDOW_DAYS = 90, 365
ENOUGH_CLOSED = 30
AGED_OUT_SHARE = 0.99


class Closings:
    """The deals that closed, of one member, by the day: what velocity takes of them."""

    def __init__(self, deals: list[Deal]) -> None:
        self._deals = sorted(deals, key=lambda deal: deal.closed or 0)
        self._days = [deal.closed or 0 for deal in self._deals]

    def since(self, day: int, *, until: int) -> list[Deal]:
        """Those that closed after `day`, up to `until`."""
        return self._deals[bisect_right(self._days, day) : bisect_right(self._days, until)]

    def window(self, day: int) -> int:
        """Days: 90, more where fewer than 30 eligible deals had closed in them, at most 365."""
        recent = self.since(day - LONGEST_WINDOW_DAYS, until=day)
        eligible = [deal.closed or 0 for deal in recent if deal.is_eligible]
        if len(eligible) < ENOUGH_CLOSED:
            return LONGEST_WINDOW_DAYS
        return max(WINDOW_DAYS, day - eligible[-ENOUGH_CLOSED] + 1)


def of_velocity(
    world: World, replayed: list[Deal], states: States, places: Places
) -> Iterator[Value]:
    """Velocity and its parts on the last day of each month, quarter and year, and on the last one.

    `replayed` holds those deals, too, that were deleted since.
    """
    deals = [deal for deal in replayed if deal.deleted is None]
    closed = [deal for deal in deals if deal.closed is not None]
    company = Closings(closed)
    closings = {("company", 0): company}
    day = np.array([deal.closed for deal in closed])
    owner = np.array([deal.owner for deal in closed])
    codes = places.codes("team", day, owner)
    for code in np.unique(codes).tolist():
        own = [closed[row] for row in np.flatnonzero(codes == code).tolist()]
        closings["team", code] = Closings(own)
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
                    closings=closings.get((scope, code), Closings([])),
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
    """By deal, the day on which sales accepted it; of renewals and others a day too far."""
    never = world.span + 1
    days = np.full(len(world.deals), never)
    for deal in deals:
        moments = [at for stage, at in deal.entered.items() if stage >= ACCEPTED]
        if moments and not deal.is_renewal:
            days[deal.row] = int(local_days(min(moments)))
    return days


def _age_limit(company: Closings, day: int) -> float:
    """Days: hardly any deal that closed within a year was older."""
    recent = company.since(day - LONGEST_WINDOW_DAYS, until=day)
    cycles = [(deal.closed or 0) - deal.created for deal in recent if deal.is_eligible]
    limit = percentile(cycles, AGED_OUT_SHARE)
    return float("inf") if limit is None else limit


def _answers(*, active: int, aged_out: int, closings: Closings, day: int) -> dict[str, Answer]:
    days = closings.window(day)
    recent = closings.since(day - days, until=day)
    revenue = sum(deal.money or 0 for deal in recent if deal.outcome == "won") / 100
    realised = revenue / days
    found = {
        "velocity_active_deals": Answer(active),
        "aged_out_deals": Answer(aged_out),
        "velocity_realised": Answer(realised, revenue, days),
    }
    eligible = [deal for deal in recent if deal.is_eligible]
    wins = [deal for deal in eligible if deal.outcome == "won"]
    priced = [deal.money for deal in wins if deal.money is not None and deal.money > 0]
    cycles = [(deal.closed or 0) - deal.created for deal in wins]
    if eligible:
        rate = len(wins) / len(eligible)
        found["velocity_win_rate"] = Answer(rate, len(wins), len(eligible))
    if priced:
        worth = sum(priced) / 100
        found["velocity_deal_size"] = Answer(worth / len(priced), worth, len(priced))
    if cycles:
        found["velocity_cycle_days"] = Answer(sum(cycles) / len(cycles), sum(cycles), len(cycles))
    if priced and sum(cycles):
        factors = [active, len(wins) / len(eligible), sum(priced) / 100 / len(priced)]
        velocity = float(np.prod(factors)) / (sum(cycles) / len(cycles))
        found["pipeline_velocity"] = Answer(velocity)
        if realised:
            found["velocity_ratio"] = Answer(velocity / realised)
    return found
