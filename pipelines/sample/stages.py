"""How the made-up opportunities move: one step for each change of stage, amount or close date."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pipelines.sample.amounts import last_offer
from pipelines.sample.clock import DAY, HOUR, NEVER, by_day, local_days, moments, month_end
from pipelines.sample.opportunities import LAST_OPEN, LOST, WON

STAGES = {
    1: "Prospecting",
    2: "Qualification",
    3: "Needs Analysis",
    4: "Proposal/Price Quote",
    5: "Negotiation/Review",
    WON: "Closed Won",
    LOST: "Closed Lost",
}
PROBABILITIES = {1: 10, 2: 10, 3: 20, 4: 75, 5: 90, WON: 100, LOST: 0}
SAME = -(1 << 50)
SKIPPED_SHARE = 0.12
ENDING, REOPENING, SECOND_ENDING = 0, 1, 2  # slots; what comes before has negative ones
LATER_ENDS = 3
PUSHES = 4
FAR = NEVER >> 8  # a moment, that has a day, of what does not happen


def make_steps(rng: np.random.Generator, deals: pd.DataFrame, entered: np.ndarray) -> pd.DataFrame:
    """One row per change of a deal, in the order in which all changes happened.

    `deal` is a row number; `stage`, `amount` (cents) and `close_day` are the deal's own after the
    change, `previous_amount` and `previous_close_day` those before it (SAME at first).
    """
    drafts = [
        _draft(deals, at=deals["created"], stage=deals["first_stage"], amount=deals["estimate"]),
        *_entries(rng, deals, entered),
        *_returns(rng, deals, entered),
        _draft(deals, at=deals["valued"], amount=deals["offer"]),
        _draft(deals, at=deals["revised"], amount=deals["final"]),
        *_pushes(rng, deals),
        _ending(deals),
        _reopening(deals),
        _second_ending(deals),
    ]
    steps = pd.concat(drafts, ignore_index=True)
    steps["slot"] = np.repeat(np.arange(len(drafts)) - len(drafts) + LATER_ENDS, len(deals))
    return _settled(steps, deals, planned=_planned(deals), stays=rng.random(len(deals)) < 0.5)


def _draft(
    deals: pd.DataFrame,
    *,
    at: ArrayLike,
    stage: ArrayLike = SAME,
    amount: ArrayLike = SAME,
    close_day: ArrayLike = SAME,
) -> pd.DataFrame:
    draft = {"at": at, "stage": stage, "amount": amount, "close_day": close_day}
    columns = {name: np.broadcast_to(value, len(deals)) for name, value in draft.items()}
    return pd.DataFrame({"deal": np.arange(len(deals)), **columns})


def _entries(
    rng: np.random.Generator, deals: pd.DataFrame, entered: np.ndarray
) -> list[pd.DataFrame]:
    """Into each stage after the first; some are jumped over, of a lost deal never its furthest."""
    drafts: list[pd.DataFrame] = []
    for stage in range(2, LAST_OPEN + 1):
        is_entered = (deals["first_stage"] < stage) & (stage <= deals["cap"])
        may_skip = deals["is_won"] | (stage < deals["cap"])
        is_skipped = may_skip & (rng.random(len(deals)) < SKIPPED_SHARE)
        at = np.where(is_entered & ~is_skipped, entered[:, stage - 1], NEVER)
        drafts.append(_draft(deals, at=at, stage=stage))
    return drafts


def _returns(
    rng: np.random.Generator, deals: pd.DataFrame, entered: np.ndarray
) -> list[pd.DataFrame]:
    """Some deals fall back one or two stages after their furthest; most of these come again."""
    cap = deals["cap"].to_numpy()
    reached = np.take_along_axis(entered, cap[:, None] - 1, axis=1)[:, 0]
    left = deals["ends"].to_numpy() - reached
    falls = (cap >= 3) & (rng.random(len(deals)) < 0.06)
    back = np.where(falls, by_day(reached + (left * 0.3).astype("int64")), NEVER)
    comes = falls & (rng.random(len(deals)) < 0.6)
    again = np.where(comes, by_day(reached + (left * 0.6).astype("int64")), NEVER)
    return [
        _draft(deals, at=back, stage=cap - rng.integers(1, 3, len(deals))),
        _draft(deals, at=again, stage=cap),
    ]


def _planned(deals: pd.DataFrame) -> np.ndarray:
    """The close day entered at first: a month's end."""
    return month_end(local_days(deals["created"]) + deals["planned_days"].to_numpy())


def _pushes(rng: np.random.Generator, deals: pd.DataFrame) -> list[pd.DataFrame]:
    """Some re-date a deal early; the diligent move an overdue one to the end of the month."""
    count = len(deals)
    created, ends = deals["created"].to_numpy(), deals["ends"].to_numpy()
    is_early = rng.random(count) < 0.12
    early = np.where(is_early, by_day(created + ((ends - created) * 0.4).astype("int64")), NEVER)
    drafts = [_draft(deals, at=early, close_day=month_end(local_days(early.clip(max=ends)) + 45))]
    is_diligent = rng.random(count) < 0.75
    is_diligent &= ~is_early
    due = _planned(deals)
    for _ in range(PUSHES):
        second = rng.integers(8 * HOUR, 18 * HOUR, count)
        day = due + rng.integers(1, 4, count)
        at = np.where(is_diligent, moments(day, second), NEVER)
        drafts.append(_draft(deals, at=at, close_day=month_end(day)))
        due = month_end(day)
    return drafts


def _ending(deals: pd.DataFrame) -> pd.DataFrame:
    lost_amount = np.where(deals["lost_amount"] == NEVER, SAME, deals["lost_amount"])
    return _draft(
        deals,
        at=deals["closed"],
        stage=np.where(deals["is_won"], WON, LOST),
        amount=np.where(deals["is_won"], SAME, lost_amount),
    )


def _reopening(deals: pd.DataFrame) -> pd.DataFrame:
    """Back into the furthest open stage, with the last offer where the amount had been taken."""
    is_cleared = ~deals["is_won"] & (deals["lost_amount"] != NEVER)
    return _draft(
        deals,
        at=deals["reopened"],
        stage=deals["cap"],
        amount=np.where(is_cleared, last_offer(deals), SAME),
        close_day=month_end(local_days(deals["reopened"].clip(upper=FAR)) + 30),
    )


def _second_ending(deals: pd.DataFrame) -> pd.DataFrame:
    return _draft(deals, at=deals["again"], stage=np.where(deals["wins_again"], WON, LOST))


def _settled(
    steps: pd.DataFrame, deals: pd.DataFrame, *, planned: np.ndarray, stays: np.ndarray
) -> pd.DataFrame:
    """The drafts that happen, each with the deal's whole state, less those that change nothing."""
    deal = steps["deal"].to_numpy()
    steps = steps.assign(at=_handed_later(steps["at"].to_numpy(), deal, deals))
    slot = steps["slot"].to_numpy()
    is_first, is_end = slot == slot.min(), (slot == ENDING) | (slot == SECOND_ENDING)
    is_won = steps["stage"].to_numpy() == WON
    keeps_plan = (stays & (deals["lost_day"] == SAME).to_numpy())[deal]
    marked = np.where(is_end & (is_won | ~keeps_plan), local_days(steps["at"]), SAME)
    given = deals["lost_day"].to_numpy()[deal]
    marked = np.where(is_end & (given != SAME), given, marked)
    steps["close_day"] = np.where(
        is_first, planned[deal], np.where(is_end, marked, steps["close_day"])
    )
    limit = np.minimum(deals["closed"].to_numpy(), deals["frozen"].to_numpy())[deal]
    steps = steps.loc[(steps["at"] < limit) | ((slot >= ENDING) & (steps["at"] < NEVER))]
    steps = steps.sort_values(["deal", "at", "slot"], ignore_index=True)
    watched = ["stage", "amount", "close_day"]
    for name in watched:
        steps[name] = _carried_on(steps[name].to_numpy())
    steps = steps.loc[_changes(steps, [*watched, "deal"])].reset_index(drop=True)
    follows = ~_changes(steps, ["deal"])
    for name in ("amount", "close_day"):
        before = steps[name].shift(fill_value=SAME).to_numpy()
        steps[f"previous_{name}"] = np.where(follows, before, SAME)
    return steps.sort_values(["at", "deal", "slot"], ignore_index=True)


def _changes(steps: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """True for the rows that differ from the one before in one of the columns."""
    values = steps[columns].to_numpy()
    return np.concatenate([[True], (values[1:] != values[:-1]).any(axis=1)])


def _handed_later(at: np.ndarray, deal: np.ndarray, deals: pd.DataFrame) -> np.ndarray:
    """What would happen to a deal from the day on which it is handed over happens a day later."""
    handed = deals["handed"].to_numpy()[deal]
    begins = handed - 8 * HOUR
    is_ending = at == deals["closed"].to_numpy()[deal]  # shifted already
    return np.where((at >= begins) & (at < NEVER) & ~is_ending, at + DAY, at)


def _carried_on(values: np.ndarray) -> np.ndarray:
    """Each SAME replaced by the last value before it; a deal's first row has all its values."""
    last = np.maximum.accumulate(np.where(values == SAME, 0, np.arange(len(values))))
    return values[last]
