"""What happens to made-up records after their time: reopened, handed on, merged, deleted."""

import itertools

import numpy as np
import pandas as pd

from pipelines.sample.accounts import RESERVED
from pipelines.sample.cases import Cases
from pipelines.sample.clock import (
    HOUR,
    NEVER,
    NO_DAY,
    busy_moments,
    date_to_day,
    day_to_date,
    local_days,
    moments,
)
from pipelines.sample.organisation import reps_of

REOPENED_SHARE, REOPENED_SOON_SHARE = 0.02, 0.25
HANDED_SHARE, HANDED_TWICE = 0.06, 0.25
MERGED_SHARE, CHAINED_SHARE = 0.02, 0.25
DELETED_SHARE = 0.004
STAYS_SHARE = 0.15  # of the deals of merged accounts that are left where they were
QUIET_DAYS = 5  # the last ones, in which the only handing over is that of the rep who leaves
LOOKED_BACK_DAYS = 12


def reopen(
    rng: np.random.Generator, deals: pd.DataFrame, staff: pd.DataFrame, *, span: int
) -> tuple[pd.DataFrame, Cases]:
    """The deals, of which some are `reopened`, and closed `again` or not; and cases of them.

    The second end is a win where `wins_again`. A few are reopened on the last two days. Nobody
    reopens the deals of those who left.
    """
    count = len(deals)
    day = local_days(deals["closed"])
    may = (deals["closed"] < NEVER) & (deals["handed"] == NEVER) & (deals["frozen"] == NEVER)
    may &= (deals["is_won"] | (deals["cap"] >= 3)) & ~deals["is_case"]
    may &= (staff["left"].to_numpy() == NO_DAY)[deals["rep"]]
    is_recent = (day >= span - LOOKED_BACK_DAYS) & (day < span - 3)
    chosen = (
        may
        & (day < span)
        & (rng.random(count) < np.where(is_recent, REOPENED_SOON_SHARE, REOPENED_SHARE))
    )
    later = np.where(is_recent, span - rng.integers(1, 3, count), day + rng.integers(2, 40, count))
    reopened = np.where(chosen, busy_moments(rng, np.where(chosen, later, 0)), NEVER)
    ends = (rng.random(count) < 0.75) & chosen
    last = np.where(ends, later + rng.integers(2, 60, count), 0)
    last = date_to_day(np.busday_offset(day_to_date(last), 0, roll="forward"))
    again = np.where(ends, busy_moments(rng, last), NEVER)
    made = deals.assign(reopened=reopened, again=again, wins_again=rng.random(count) < 0.5)
    return made, _cases_of_reopened(made, span=span)


def _cases_of_reopened(deals: pd.DataFrame, *, span: int) -> Cases:
    is_seen = local_days(deals["reopened"]) < span
    is_over = is_seen & (local_days(deals["again"]) < span)
    won, wins = deals["is_won"], deals["wins_again"]
    kinds = {
        "reopened_after_a_loss_and_won": is_over & ~won & wins,
        "reopened_after_a_loss_and_lost_again": is_over & ~won & ~wins,
        "reopened_and_still_open": is_seen & ~is_over,
        "won_again_after_a_win_was_cancelled": is_over & won & wins,
        "win_that_was_cancelled": is_over & won & ~wins,
    }
    return {name: deals.index[kind].tolist() for name, kind in kinds.items() if kind.any()}


def keep_amounts(deals: pd.DataFrame) -> pd.DataFrame:
    """Of a reopened loss the amount was only taken away where there are no lines to say it."""
    stays = (deals["reopened"] < NEVER) & deals["has_lines"]
    return deals.assign(lost_amount=np.where(stays, NEVER, deals["lost_amount"]))


def hand_on(
    rng: np.random.Generator,
    deals: pd.DataFrame,
    steps: pd.DataFrame,
    staff: pd.DataFrame,
    *,
    span: int,
) -> tuple[pd.DataFrame, Cases]:
    """One row per handing over, in the order in which they happened: `deal`, `at`, `old`, `new`.

    Some deals change hands once or twice, open or closed, on days on which nothing else happens
    to them; and those of the rep who leaves.
    """
    reps = reps_of(staff)
    stays = (reps["left"] == NO_DAY).to_numpy() & (reps["capacity"] > 0).to_numpy()
    created = local_days(deals["created"])
    until = np.minimum(local_days(np.minimum(deals["closed"], deals["again"])) + 45, span)
    until = np.minimum(until, span - QUIET_DAYS)
    is_chosen = (rng.random(len(deals)) < HANDED_SHARE) & (deals["handed"] == NEVER).to_numpy()
    is_chosen &= until > created + 3
    rows = np.flatnonzero(is_chosen)
    twice = rows[rng.random(len(rows)) < HANDED_TWICE]
    deal = np.sort(np.concatenate([rows, twice]))
    day = rng.integers(created[deal] + 1, until[deal])
    busy = set(zip(steps["deal"].tolist(), local_days(steps["at"]).tolist(), strict=True))
    new = rng.choice(np.flatnonzero(stays), len(deal))
    handed = pd.DataFrame({"deal": deal, "day": day, "new": new})
    handed = handed.loc[
        (reps["hired"].to_numpy()[new] <= day)
        & [pair not in busy for pair in zip(deal.tolist(), day.tolist(), strict=True)]
    ]
    handed = handed.drop_duplicates(["deal", "day"]).sort_values(["deal", "day"])
    before = handed.groupby("deal")["new"].shift()
    first = deals["rep"].to_numpy()[handed["deal"]]
    handed["old"] = before.where(before.notna(), first).astype("int64")
    handed = handed.loc[handed["old"] != handed["new"]]
    handed["at"] = moments(handed["day"], rng.integers(9 * HOUR, 17 * HOUR, len(handed)))
    left = deals.loc[deals["handed"] < NEVER, ["handed", "rep", "heir"]].reset_index(names="deal")
    left = left.rename(columns={"handed": "at", "rep": "old", "heir": "new"})
    known = pd.concat([handed.drop(columns="day"), left], ignore_index=True)
    known = known.sort_values(["at", "deal"], ignore_index=True)
    is_late = known["at"].to_numpy() > deals["closed"].to_numpy()[known["deal"]]
    cases = {
        "handed_on_after_the_close": known.loc[is_late, "deal"].unique().tolist(),
        "handed_on_twice": known.loc[known["deal"].duplicated(), "deal"].tolist(),
    }
    return known, {name: rows for name, rows in cases.items() if rows}


def _by_region(region: np.ndarray, chosen: np.ndarray) -> list[np.ndarray]:
    """The chosen rows of each region."""
    return [np.flatnonzero(chosen & (region == one)) for one in np.unique(region)]


def merge(
    rng: np.random.Generator, accounts: pd.DataFrame, deals: pd.DataFrame, *, span: int
) -> tuple[pd.DataFrame, Cases]:
    """The accounts, of which some were entered twice, and `merged` one day `into` another.

    Both have deals, and are of one region. Of some chains the first goes into a second one, which
    later goes into a third. `root` is what an account ends in; it lends its name to the others.
    """
    count = len(accounts)
    region = accounts["region"].to_numpy()
    is_dealt = np.bincount(deals.loc[deals["account"] >= 0, "account"], minlength=count) > 0
    is_dealt[-RESERVED:] = False
    first = np.full(count, NEVER)
    known = deals.loc[deals["account"] >= 0]
    np.minimum.at(first, known["account"].to_numpy(), known["created"].to_numpy())
    earliest = local_days(first)
    is_dealt &= earliest < span - 10
    pools = [rng.permutation(rows).tolist() for rows in _by_region(region, is_dealt)]
    merged, into = np.full(count, NEVER), np.arange(count)
    for number in range(max(round(count * MERGED_SHARE), 4)):
        size = 3 if number % round(1 / CHAINED_SHARE) == 0 else 2
        pool = pools[number % len(pools)]
        if len(pool) < size:
            break
        chain = [pool.pop() for _ in range(size)]
        days = np.sort(rng.integers(earliest[chain].max() + 1, span, len(chain) - 1))
        if number < 3:  # seen to happen from one export to the next
            days[-1] = span - 1 - number
        for place, (loser, winner) in enumerate(itertools.pairwise(chain)):
            merged[loser] = moments(days[place], (9 + place) * HOUR + 60 * number)
            into[loser] = winner
    merges = accounts.assign(merged=merged, into=into, root=into[into])
    account = deals["account"].to_numpy()
    is_known = (account >= 0) & (local_days(deals["created"]) < span)
    is_merged = is_known & (merged[account] < NEVER)
    is_chained = is_merged & (into[into[account]] != into[account])
    cases = {
        "deal_of_a_merged_account": deals.index[is_merged & ~is_chained].tolist(),
        "deal_of_an_account_merged_twice": deals.index[is_chained].tolist(),
    }
    return merges, {name: rows for name, rows in cases.items() if rows}


def delete(
    rng: np.random.Generator, deals: pd.DataFrame, is_free: np.ndarray, *, span: int, days: int
) -> tuple[np.ndarray, Cases]:
    """When each deal is deleted, within the `days` that are exported; NEVER for nearly all.

    Of each outcome at least one, where there is one that `is_free` to go.
    """
    deleted = np.full(len(deals), NEVER)
    is_free = is_free & (local_days(deals["created"]) < span - days)
    closed = local_days(deals["closed"])
    outcomes = {
        "won_deal_that_was_deleted": deals["is_won"] & (closed < span - days),
        "lost_deal_that_was_deleted": ~deals["is_won"] & (closed < span - days),
        "open_deal_that_was_deleted": closed >= span,
    }
    cases: Cases = {}
    for name, is_outcome in outcomes.items():
        rows = rng.permutation(np.flatnonzero(is_free & is_outcome))
        rows = rows[: max(round(len(deals) * DELETED_SHARE / len(outcomes)), 1)]
        day = span - 1 - rng.integers(0, days - 1, len(rows))
        deleted[rows] = moments(day, rng.integers(9 * HOUR, 18 * HOUR, len(rows)))
        if len(rows):
            cases[name] = np.sort(rows).tolist()
    return deleted, cases
