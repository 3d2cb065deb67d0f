"""The truth about deals: what was won, lost and created, is open, and moved from stage to stage."""

from collections.abc import Iterator

import numpy as np

from pipelines.sample.clock import START, local_days
from pipelines.sample.reorgs import WHOLE
from pipelines.sample.truth_calendar import GRAINS, aalen_johansen, end_of, percentile, ratio
from pipelines.sample.truth_cells import Answer, Answers, Places, Value, share, values
from pipelines.sample.truth_closings import Closed, closed_of
from pipelines.sample.truth_deals import CLASSES, Deal

ENOUGH_AMOUNTS = 0.8
WIN_WINDOW_DAYS = 365
STAGE_WINDOW_DAYS = 90


def dollars(cents: float) -> float:
    """Cents as money."""
    return round(cents / 100, 2)


def of_closed(deals: list[Deal], places: Places, units: np.ndarray) -> Iterator[Value]:
    """Everything by closing day; `units` is the quantity on each deal's lines."""
    closed = closed_of(deals)

    def say(rows: np.ndarray) -> Answers:
        return _closed_answers(closed.of(rows), units)

    def say_with_money(rows: np.ndarray) -> Answers:
        wins = closed.of(rows[closed.is_won[rows]])
        credited = {("credited_wins", "value"): Answer(len(wins.row))}
        return {**say(rows), **credited, **_revenue(wins.revenue_class, wins.money)}

    both = closed.day, closed.owner
    yield from values(places.groups(*both, scopes=("company", "rep")), say_with_money)
    yield from values(places.groups(*both, scopes=("team",)), say)
    yield from _of_credits(deals, places)


def _of_credits(deals: list[Deal], places: Places) -> Iterator[Value]:
    """Revenue and wins by team: of a rep who is shared by two, each has its part."""
    day, code, classes, cents, percent = np.array(
        [
            (deal.closed or 0, team, CLASSES.index(deal.revenue_class), part, share)
            for deal in deals
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


def _closed_answers(closed: Closed, units: np.ndarray) -> Answers:
    wins, eligible = closed.of(closed.is_won), closed.of(closed.is_eligible)
    priced = wins.money[wins.money > 0]
    won = int(eligible.is_won.sum())
    answers: Answers = {
        ("new_customers", "value"): Answer(int(wins.is_new_customer.sum())),
        ("deals_won", "value"): Answer(len(wins.row)),
        ("deals_lost", "value"): Answer(len(closed.row) - len(wins.row)),
        ("units_sold", "value"): Answer(int(units[wins.row].sum())),
        **share("win_rate", won, len(eligible.row)),
        **_by_value(eligible),
        **_cycles((wins.day - wins.created)[~wins.is_renewal]),
    }
    if len(priced):
        middle = percentile(priced.tolist(), 0.5) or 0
        answers["median_deal_size", "value"] = Answer(middle / 100)
        answers |= share("average_deal_size", dollars(int(priced.sum())), len(priced))
    return answers


def _by_value(eligible: Closed) -> Answers:
    """NULL where less than 80 % of the wins, or of the losses, have an amount above 0."""
    is_won, is_missed = eligible.is_won, ~eligible.is_won & eligible.has_last_money
    is_gained = is_won & (eligible.money > 0)
    gained = int(eligible.money[is_gained].sum())
    missed = int(eligible.last_money[is_missed].sum())
    answers = share("win_rate_by_value", dollars(gained), dollars(gained + missed))
    is_enough = is_gained.sum() >= ENOUGH_AMOUNTS * is_won.sum()
    if is_enough and is_missed.sum() >= ENOUGH_AMOUNTS * (~is_won).sum():
        return answers
    return {key: answer._replace(value=None) for key, answer in answers.items()}


def _cycles(days: np.ndarray) -> Answers:
    if not len(days):
        return {}
    name, each = "sales_cycle_days", days.tolist()
    return {
        (name, "median"): Answer(percentile(each, 0.5)),
        (name, "p90"): Answer(percentile(each, 0.9)),
        (name, "mean"): Answer(sum(each) / len(each)),
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
    is_eligible = np.array([deal.is_eligible for deal in fresh])
    outcome = np.array([deal.outcome for deal in fresh])
    as_of = places.span - 1
    age = np.array([as_of if deal.closed is None else deal.closed for deal in fresh]) - day
    for cell, rows in places.groups(day, creator, grains=GRAINS[1:]):
        cohort = rows[is_eligible[rows]]
        if len(cohort):
            over = (end_of(cell.grain, cell.start) - START).days + WIN_WINDOW_DAYS <= as_of + 1
            answer = _cohort_answer(age[cohort], outcome[cohort], is_over=over)
            yield Value("win_rate_cohort", "value", cell, answer)


def _cohort_answer(age: np.ndarray, outcome: np.ndarray, *, is_over: bool) -> Answer:
    """Won within the window; before it has passed, the share that Aalen and Johansen estimate.

    Of each deal its `age` in days when it closed, or by now.
    """
    won = int(((outcome == "won") & (age <= WIN_WINDOW_DAYS)).sum())
    if is_over:
        return Answer(ratio(won, len(age)), won, len(age))
    times = zip(age.tolist(), outcome.tolist(), strict=True)
    steps = [step for step in aalen_johansen(times) if step[0] <= WIN_WINDOW_DAYS]
    return Answer(steps[-1][2] if steps else None, won, len(age))


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
