"""The truth about deals: what was won, lost and created, is open, and moved from stage to stage."""

from collections.abc import Iterator

import numpy as np

from pipelines.sample.clock import START, local_days
from pipelines.sample.reorgs import WHOLE
from pipelines.sample.truth_calendar import GRAINS, aalen_johansen, end_of, percentile, ratio
from pipelines.sample.truth_cells import Answer, Answers, Places, Value, share, values
from pipelines.sample.truth_deals import CLASSES, Deal

ENOUGH_AMOUNTS = 0.8
WIN_WINDOW_DAYS = 365
STAGE_WINDOW_DAYS = 90


def dollars(cents: float) -> float:
    """Cents as money."""
    return round(cents / 100, 2)


def of_closed(deals: list[Deal], places: Places, units: dict[int, int]) -> Iterator[Value]:
    """Everything by closing day; `units` is the quantity on each deal's lines."""
    closed = [deal for deal in deals if deal.closed is not None]
    day = np.array([deal.closed for deal in closed])
    owner = np.array([deal.owner for deal in closed])

    def say(rows: np.ndarray) -> Answers:
        return _closed_answers([closed[row] for row in rows.tolist()], units)

    def say_with_money(rows: np.ndarray) -> Answers:
        wins = [closed[row] for row in rows.tolist() if closed[row].outcome == "won"]
        credited = {("credited_wins", "value"): Answer(len(wins))}
        classes = np.array([CLASSES.index(deal.revenue_class) for deal in wins], dtype=int)
        money = _revenue(classes, np.array([deal.money or 0 for deal in wins]))
        return {**say(rows), **credited, **money}

    yield from values(places.groups(day, owner, scopes=("company", "rep")), say_with_money)
    yield from values(places.groups(day, owner, scopes=("team",)), say)
    yield from _of_credits(closed, places)


def _of_credits(closed: list[Deal], places: Places) -> Iterator[Value]:
    """Revenue and wins by team: of a rep who is shared by two, each has its part."""
    day, code, classes, cents, percent = np.array(
        [
            (deal.closed or 0, team, CLASSES.index(deal.revenue_class), part, share)
            for deal in closed
            if deal.outcome == "won"
            for (team, part), (_, share) in zip(
                places.credits(deal.closed or 0, deal.owner, deal.money or 0),
                places.parts(deal.closed or 0, deal.owner),
                strict=True,
            )
        ]
    ).T

    def say(rows: np.ndarray) -> Answers:
        credited = int(percent[rows].sum()) / WHOLE
        return {
            ("credited_wins", "value"): Answer(credited),
            **_revenue(classes[rows], cents[rows]),
        }

    yield from values(places.groups_of("team", day, code), say)


def _revenue(classes: np.ndarray, cents: np.ndarray) -> Answers:
    """Revenue, and that of each class, the classes being numbers."""
    answers = {("revenue", "value"): Answer(dollars(int(cents.sum())))}
    for number, name in enumerate(CLASSES):
        part = int(cents[classes == number].sum())
        answers[f"{name}_revenue", "value"] = Answer(dollars(part))
    return answers


def _closed_answers(deals: list[Deal], units: dict[int, int]) -> Answers:
    wins = [deal for deal in deals if deal.outcome == "won"]
    priced = [deal.money for deal in wins if deal.money is not None and deal.money > 0]
    eligible = [deal for deal in deals if deal.is_eligible]
    won = [deal for deal in eligible if deal.outcome == "won"]
    answers: Answers = {
        ("new_customers", "value"): Answer(sum(deal.is_new_customer for deal in wins)),
        ("deals_won", "value"): Answer(len(wins)),
        ("deals_lost", "value"): Answer(len(deals) - len(wins)),
        ("units_sold", "value"): Answer(sum(units.get(deal.row, 0) for deal in wins)),
        **share("win_rate", len(won), len(eligible)),
        **_by_value(won, [deal for deal in eligible if deal.outcome == "lost"]),
        **_cycles([deal for deal in wins if not deal.is_renewal]),
    }
    if priced:
        middle = percentile(priced, 0.5) or 0
        answers["median_deal_size", "value"] = Answer(middle / 100)
        answers |= share("average_deal_size", dollars(sum(priced)), len(priced))
    return answers


def _by_value(won: list[Deal], lost: list[Deal]) -> Answers:
    """NULL where less than 80 % of the wins, or of the losses, have an amount above 0."""
    gained = [deal.money for deal in won if deal.money is not None and deal.money > 0]
    missed = [deal.last_money for deal in lost if deal.last_money is not None]
    answers = share("win_rate_by_value", dollars(sum(gained)), dollars(sum(gained) + sum(missed)))
    is_enough = len(gained) >= ENOUGH_AMOUNTS * len(won)
    if is_enough and len(missed) >= ENOUGH_AMOUNTS * len(lost):
        return answers
    return {key: answer._replace(value=None) for key, answer in answers.items()}


def _cycles(wins: list[Deal]) -> Answers:
    days = [(deal.closed or 0) - deal.created for deal in wins]
    if not days:
        return {}
    name = "sales_cycle_days"
    return {
        (name, "median"): Answer(percentile(days, 0.5)),
        (name, "p90"): Answer(percentile(days, 0.9)),
        (name, "mean"): Answer(sum(days) / len(days)),
    }


def of_created(deals: list[Deal], places: Places) -> Iterator[Value]:
    """Pipeline created, and the win rate of its cohorts, by the first owner."""
    fresh = [deal for deal in deals if not deal.is_renewal]
    day = np.array([deal.created for deal in fresh])
    creator = np.array([deal.creator for deal in fresh])
    worth = np.array([deal.first_money or 0 for deal in fresh])

    def say(rows: np.ndarray) -> Answers:
        return {("pipeline_created", "value"): Answer(dollars(int(worth[rows].sum())))}

    yield from values(places.groups(day, creator), say)
    accepted = np.array([deal.is_eligible for deal in fresh])
    as_of = places.span - 1
    for cell, rows in places.groups(day, creator, grains=GRAINS[1:]):
        cohort = [fresh[row] for row in rows.tolist() if accepted[row]]
        if cohort:
            over = (end_of(cell.grain, cell.start) - START).days + WIN_WINDOW_DAYS <= as_of + 1
            answer = _cohort_answer(cohort, is_over=over, as_of=as_of)
            yield Value("win_rate_cohort", "value", cell, answer)


def _cohort_answer(cohort: list[Deal], *, is_over: bool, as_of: int) -> Answer:
    """Won within the window; before it has passed, the share that Aalen and Johansen estimate."""
    times = [
        ((as_of if deal.closed is None else deal.closed) - deal.created, deal.outcome)
        for deal in cohort
    ]
    won = sum(outcome == "won" and days <= WIN_WINDOW_DAYS for days, outcome in times)
    if is_over:
        return Answer(ratio(won, len(cohort)), won, len(cohort))
    steps = [step for step in aalen_johansen(times) if step[0] <= WIN_WINDOW_DAYS]
    return Answer(steps[-1][2] if steps else None, won, len(cohort))


def of_stages(
    deals: list[Deal], places: Places, handed: dict[int, list[tuple[int, int]]]
) -> Iterator[Value]:
    """Entries into open stages, and whether something later followed in time.

    `handed` has the moments and the new owners of the deals that changed hands.
    """
    entries: list[tuple[int, int, int, int]] = []  # moment, owner, moment of passing, day of loss
    never = 1 << 39
    for deal in deals:
        changes = handed.get(deal.row, [])
        lost = deal.closed if deal.outcome == "lost" and deal.closed is not None else never
        for stage, at in deal.entered.items():
            later = deal.entered.get(stage + 1, deal.won_at or never)
            owner = next((new for since, new in reversed(changes) if since <= at), deal.creator)
            entries.append((at, owner, later, lost))
    moments, owners, passed, lost_on = np.array(entries).T
    day = local_days(moments)
    is_passed = local_days(passed) - day <= STAGE_WINDOW_DAYS
    is_lost = (lost_on - day <= STAGE_WINDOW_DAYS) & ~is_passed

    def conversion(rows: np.ndarray) -> Answers:
        return share("stage_conversion_rate", int(is_passed[rows].sum()), len(rows))

    def loss(rows: np.ndarray) -> Answers:
        return share("stage_loss_rate", int(is_lost[rows].sum()), len(rows))

    yield from values(places.groups(day, owners), conversion)
    yield from values(places.groups(day, owners, scopes=("company",)), loss)


def sold_by_day(deals: list[Deal], places: Places) -> dict[tuple[str, str], list[int]]:
    """The revenue of each day, in cents, by scope and member."""
    sold: dict[tuple[str, str], list[int]] = {}
    for deal in deals:
        if deal.outcome == "won" and deal.closed is not None:
            cents = deal.money or 0
            parts = [
                ("company", 0, cents),
                ("rep", deal.owner, cents),
                *(("team", *part) for part in places.credits(deal.closed, deal.owner, cents)),
            ]
            for scope, code, part in parts:
                member = places.members[scope][code]
                daily = sold.setdefault((scope, member), [0] * places.span)
                daily[deal.closed] += part
    return sold
