"""The deals as they are at the end of the last day: their steps replayed, one after the other."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import pandas as pd

from pipelines.sample.amounts import NO_AMOUNT
from pipelines.sample.clock import NEVER, NO_DAY, START, local_days, midnight
from pipelines.sample.opportunities import LAST_OPEN, LOST, RENEWAL, WON
from pipelines.sample.truth_calendar import shifted
from pipelines.sample.truth_money import Exchange
from pipelines.sample.world import World

ACCEPTED = 2  # Qualification
NEW_WINDOW_DAYS = 30
WIN_BACK_MONTHS = 24
CLASSES = ("new", "expansion", "renewal", "win_back", "unclassified")


@dataclass(kw_only=True)
class Spell:
    """Days on which a deal was closed: from `closed` to the day before `ended`.

    `furthest` is the furthest open stage that it had reached by then.
    """

    closed: int
    is_won: bool
    furthest: int
    ended: int = NO_DAY


@dataclass(kw_only=True)
class Deal:
    """What is known of a deal; days are counted from START, money is cents, None is unknown.

    `entered` has the moment of the first entry into each open stage from the first one on,
    stages that were jumped over included; `closed` is the day of being marked won or lost for the
    last time. `account` is what the account was merged into. `amount` and the `…_worth` are of the
    deal's own currency; `money` is the amount in dollars on the day of the close, or the last one,
    `first_money` the first amount above 0 on the day of creation, `last_money` the last one on the
    day of the close.
    """

    row: int
    account: int
    currency: int
    is_renewal: bool
    created: int
    creator: int
    owner: int
    first_stage: int
    stage: int
    amount: int | None
    closed: int | None = None
    first_worth: int | None = None
    last_worth: int | None = None
    entered: dict[int, int] = field(default_factory=dict[int, int])
    won_at: int | None = None
    spells: list[Spell] = field(default_factory=list[Spell])
    deleted: int | None = None
    money: int | None = None
    first_money: int | None = None
    last_money: int | None = None
    revenue_class: str = ""
    is_new_customer: bool = False

    @property
    def outcome(self) -> str:
        """Open, won or lost."""
        return {WON: "won", LOST: "lost"}.get(self.stage, "open")

    @property
    def is_accepted(self) -> bool:
        """Won, or once in the stage from which on sales accepts a deal."""
        return self.outcome == "won" or max(self.entered) >= ACCEPTED

    @property
    def is_eligible(self) -> bool:
        """True where it counts in win rates."""
        return self.is_accepted and not self.is_renewal


def replay(world: World, exchange: Exchange) -> list[Deal]:
    """All deals created by the end of the last day, in the order of their rows, classified.

    Those that were `deleted` since are in it, without a class; tests are not.
    """
    cutoff = midnight(world.span)
    steps = told_steps(world)
    days = local_days(steps["at"]).tolist()
    of = {name: world.deals[name].tolist() for name in ("kind", "rep", "currency")}
    survivors = account_survivors(world)
    accounts = [survivors.get(account, account) for account in world.deals["account"].tolist()]
    deals: dict[int, Deal] = {}
    columns = (steps[name].tolist() for name in ("deal", "at", "stage", "amount"))
    for row, at, stage, cents, day in zip(*columns, days, strict=True):
        amount = None if cents == NO_AMOUNT else cents
        if row not in deals:
            deals[row] = Deal(
                row=row,
                account=accounts[row],
                currency=of["currency"][row],
                is_renewal=of["kind"][row] == RENEWAL,
                created=day,
                creator=of["rep"][row],
                owner=of["rep"][row],
                first_stage=stage,
                stage=stage,
                amount=amount,
            )
        _move(deals[row], at=at, day=day, stage=stage, amount=amount)
    _hand_on(world, deals, cutoff=cutoff)
    _delete(world, deals, cutoff=cutoff)
    known = [deals[row] for row in sorted(deals)]
    _value(known, exchange, last_day=world.span - 1)
    _classify([deal for deal in known if deal.deleted is None], customer_since(world))
    return known


def told_steps(world: World) -> pd.DataFrame:
    """The steps by the end of the last day, but for those of tests: no deals at all."""
    is_test = world.deals["is_test"].to_numpy()[world.steps["deal"]]
    return world.steps.loc[(world.steps["at"] < midnight(world.span)) & ~is_test]


def account_survivors(world: World) -> dict[int, int]:
    """What each account that was merged by the end of the last day was merged into at last."""
    cutoff = midnight(world.span)
    into, merged = world.accounts["into"].tolist(), world.accounts["merged"].tolist()
    survivors: dict[int, int] = {}
    for row, winner in enumerate(into):
        if merged[row] < cutoff:
            while merged[winner] < cutoff:
                winner = into[winner]
            survivors[row] = winner
    return survivors


def _move(deal: Deal, *, at: int, day: int, stage: int, amount: int | None) -> None:
    """One step: a stage, an amount, or both."""
    if stage != LOST:
        reached = min(stage, LAST_OPEN)
        for passed in range(deal.first_stage + len(deal.entered), reached + 1):
            deal.entered[passed] = at
        if amount is not None and amount > 0:
            deal.first_worth = deal.first_worth or amount
            deal.last_worth = amount
    if stage == WON:
        deal.won_at = deal.won_at or at
    if stage in (WON, LOST) and deal.closed is None:
        deal.closed = day
        furthest = max(deal.entered)
        deal.spells.append(Spell(closed=day, is_won=stage == WON, furthest=furthest))
    if stage <= LAST_OPEN and deal.closed is not None:
        deal.closed = None
        deal.spells[-1].ended = day
    deal.stage, deal.amount = stage, amount


def handed_to(world: World) -> dict[int, list[tuple[int, int]]]:
    """Of each deal that changed hands: when, and to whom, in order."""
    handed: dict[int, list[tuple[int, int]]] = {}
    columns = (world.handovers[name].tolist() for name in ("deal", "at", "new"))
    for row, at, new in zip(*columns, strict=True):
        handed.setdefault(row, []).append((at, new))
    return handed


def _hand_on(world: World, deals: dict[int, Deal], *, cutoff: int) -> None:
    """Each deal's owner: at the end of the day on which it closed, or of the last one."""
    for row, changes in handed_to(world).items():
        if row in deals:
            deal = deals[row]
            until = cutoff if deal.closed is None else midnight(deal.closed + 1)
            for at, new in changes:
                if at < until:
                    deal.owner = new


def _delete(world: World, deals: dict[int, Deal], *, cutoff: int) -> None:
    deleted = world.deals["deleted"]
    deleted = deleted.loc[deleted < cutoff]
    for row, day in zip(deleted.index.tolist(), local_days(deleted).tolist(), strict=True):
        deals[row].deleted = day
        for spell in deals[row].spells[-1:]:
            spell.ended = min(spell.ended, day)


def _value(deals: list[Deal], exchange: Exchange, *, last_day: int) -> None:
    """What each is worth in dollars; None where nobody knows the rate of the day."""
    for deal in deals:
        day = last_day if deal.closed is None else deal.closed
        deal.money = exchange.cents(deal.amount, deal.currency, day)
        deal.first_money = exchange.cents(deal.first_worth, deal.currency, deal.created)
        deal.last_money = exchange.cents(deal.last_worth, deal.currency, day)


def customer_since(world: World) -> dict[int, int]:
    """The day since when accounts are customers, where it is noted by the end of the last day."""
    cutoff = midnight(world.span)
    known: dict[int, int] = {}
    noted = world.accounts["noted"].tolist()
    for row, day in enumerate(world.accounts["customer_since"].tolist()):
        if day < 0 or (day < NO_DAY and noted[row] < min(cutoff, NEVER)):
            known[row] = day
    return known


def _classify(deals: list[Deal], since: dict[int, int]) -> None:
    """Each win's revenue class, by the first rule that fits; and which win made a new customer."""
    wins = [deal for deal in deals if deal.outcome == "won"]
    of_account: dict[int, list[Deal]] = {}
    for deal in sorted(wins, key=lambda deal: (deal.closed or 0, deal.row)):
        of_account.setdefault(deal.account, []).append(deal)
    for account, own in of_account.items():
        first = next((deal for deal in own if (deal.amount or 0) > 0), None)
        days = sorted({deal.closed or 0 for deal in own})
        before = dict(zip(days[1:], days, strict=False))
        for deal in own:
            last = before.get(deal.closed or 0)
            deal.revenue_class = _class_of(deal, first=first, last=last, since=since.get(account))
            deal.is_new_customer = deal is first and deal.revenue_class == "new"


def _class_of(deal: Deal, *, first: Deal | None, last: int | None, since: int | None) -> str:
    """The class; `first` is the account's first win that was paid, `last` its last day before."""
    closed = deal.closed or 0
    if deal.account < 0:
        return "unclassified"
    if deal.is_renewal:
        return "renewal"
    if first is not None and not first.is_renewal and (deal.amount or 0) >= 0:
        begun = first.closed or 0
        is_old = since is not None and since < begun
        if not is_old and 0 <= closed - begun <= NEW_WINDOW_DAYS:
            return "new"
    if last is not None and closed >= _months_later(last):
        return "win_back"
    return "expansion"


def _months_later(day: int) -> int:
    """The day WIN_BACK_MONTHS later."""
    on = START + timedelta(days=day)
    month = shifted("month", on.replace(day=1), by=WIN_BACK_MONTHS)
    last = (shifted("month", month, by=1) - timedelta(days=1)).day
    return (date(month.year, month.month, min(on.day, last)) - START).days
