"""The made-up opportunities: who sells what to whom, from when to when, and how each ends.

How they move on the way is in stages.py, what they are worth in amounts.py.
"""

import numpy as np
import pandas as pd

from pipelines.sample.accounts import pick_accounts
from pipelines.sample.clock import (
    DAY,
    HOUR,
    NEVER,
    NO_DAY,
    busy_moments,
    date_to_day,
    day_to_date,
    local_days,
    midnight,
    moments,
)
from pipelines.sample.organisation import REGIONS, TEAMS, busy_days, present_reps, reps_of

NEW, EXISTING, RENEWAL = "New Business", "Existing Business", "Renewal"
LEAD_SOURCES = (
    "Web",
    "Phone Inquiry",
    "Partner Referral",
    "Trade Show",
    "Purchased List",
    "Outbound",
    "Other",
)
SOURCE_SHARES = (0.33, 0.07, 0.13, 0.1, 0.11, 0.2, 0.06)
SOURCE_ODDS = np.array([0.0, 0.2, 0.5, -0.1, -0.5, -0.3, 0.0])
SEGMENT_ODDS = np.array([0.2, 0.0, -0.35])
SEGMENT_PACE = np.array([0.7, 1.0, 1.7])
LAST_OPEN = 5
WON, LOST = 6, 7
RENEWED_AFTER_DAYS = 300
STUCK_SHARE = 0.6


def make_opportunities(
    rng: np.random.Generator,
    staff: pd.DataFrame,
    accounts: pd.DataFrame,
    *,
    count: int,
    span: int,
) -> pd.DataFrame:
    """Opportunities in the order of their creation, with their whole life, even after the last day.

    `created`, `ends` (when the end is due) and `closed` are moments (NEVER for those that stay
    open); `rep`, `account` row numbers; `first_stage` and `cap` the open stages (1 to 5) in which
    it begins and which is the furthest it reaches.
    """
    day = busy_days(rng, count=count, span=span, quiet=0.05)
    created = np.sort(busy_moments(rng, day))
    day = local_days(created)
    rep = present_reps(rng, staff, day, span=span)
    reps = reps_of(staff)
    region = np.array([REGIONS.index(TEAMS[team]) for team in reps["team"]])
    account = pick_accounts(rng, accounts, region=region[rep], ripeness=day / span)
    segment = accounts["segment"].to_numpy()[account]
    source = rng.choice(len(LEAD_SOURCES), count, p=SOURCE_SHARES)
    odds = -0.35 + reps["skill"].to_numpy()[rep] + SEGMENT_ODDS[segment] + SOURCE_ODDS[source]
    deals = pd.DataFrame(
        {
            "created": created,
            "rep": rep,
            "account": np.where(rng.random(count) < 0.01, -1, account),
            "source": source,
            "is_won": rng.random(count) < 1 / (1 + np.exp(-odds - 0.2 * day / span)),
        }
    )
    deals = _ends(rng, deals, pace=SEGMENT_PACE[segment])
    deals = _left_behind(rng, deals, left=reps["left"].to_numpy()[rep])
    first = rng.choice(4, count, p=(0.78, 0.14, 0.06, 0.02)) + 1
    drop = rng.choice(LAST_OPEN, count, p=(0.24, 0.26, 0.24, 0.16, 0.1)) + 1
    cap = np.where(deals["is_won"], LAST_OPEN, np.maximum(drop, first))
    return deals.assign(first_stage=first, cap=cap)


def _ends(rng: np.random.Generator, deals: pd.DataFrame, *, pace: np.ndarray) -> pd.DataFrame:
    """When each is due to end; some never end, many end as a quarter does."""
    count = len(deals)
    day = local_days(deals["created"])
    median = np.where(deals["is_won"], 42, 33) * pace
    length = np.maximum(rng.lognormal(np.log(median), 0.6, count).astype(int), 2)
    closed = _pushed_to_quarter_end(rng, day + length)
    closed = date_to_day(np.busday_offset(day_to_date(closed), 0, roll="backward"))
    ends = busy_moments(rng, np.maximum(closed, day + 1))
    is_endless = rng.random(count) < 0.025
    return deals.assign(
        ends=ends,
        closed=np.where(is_endless, NEVER, ends),
        is_won=deals["is_won"] & ~is_endless,
        planned_days=np.maximum(length * rng.lognormal(0.05, 0.3, count), 5).astype(int),
    )


def _pushed_to_quarter_end(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
    """Half of what would end in a quarter's last five weeks ends in its last eight days."""
    quarter = day_to_date(day).astype("datetime64[M]").astype(int) // 3
    end = date_to_day(((quarter + 1) * 3).astype("datetime64[M]"))
    is_pushed = (end - day <= 35) & (rng.random(len(day)) < 0.5)
    return np.where(is_pushed, np.maximum(day, end - rng.integers(1, 9, len(day))), day)


def _left_behind(
    rng: np.random.Generator, deals: pd.DataFrame, *, left: np.ndarray
) -> pd.DataFrame:
    """Of what is open when its rep leaves, most stays with the rep as it is, for good."""
    gone = moments(np.minimum(left, 10_000), 0)
    is_stuck = (left < NO_DAY) & (deals["closed"] >= gone) & (rng.random(len(deals)) < STUCK_SHARE)
    return deals.assign(
        closed=np.where(is_stuck, NEVER, deals["closed"]),
        is_won=deals["is_won"] & ~is_stuck,
        frozen=np.where(is_stuck, gone, NEVER),
    )


def name_kinds(rng: np.random.Generator, deals: pd.DataFrame, accounts: pd.DataFrame) -> np.ndarray:
    """New business until the account is a customer; later, existing business or a renewal."""
    first_win = np.full(len(accounts), NEVER)
    won = deals.loc[deals["is_won"] & (deals["account"] >= 0)]
    np.minimum.at(first_win, won["account"].to_numpy(), won["closed"].to_numpy())
    since = np.minimum(local_days(first_win), accounts["customer_since"].to_numpy())
    account = deals["account"].to_numpy()
    day = local_days(deals["created"])
    is_known = (account >= 0) & (since[account] < day)
    is_due = (account >= 0) & (local_days(first_win)[account] + RENEWED_AFTER_DAYS < day)
    is_renewal = is_due & (rng.random(len(deals)) < 0.4)
    return np.where(is_renewal, RENEWAL, np.where(is_known, EXISTING, NEW)).astype(object)


def hand_over(
    deals: pd.DataFrame, staff: pd.DataFrame, teams: np.ndarray, *, day: int
) -> pd.DataFrame:
    """The deals when a rep leaves on `day`: what is open then is `handed` to a colleague, the heir.

    The one who leaves (noted in `staff`) is the one with most open deals, of those whose team has
    somebody who stays; `teams` are those of that day. What begins later is the heir's own; what
    would have happened to the handed deals from that day on happens a day later, so that nothing
    but the handing over is on that day.
    """
    reps = reps_of(staff)
    gone = midnight(day)
    stays = (reps["left"] == NO_DAY) & (reps["hired"] < day - 30) & (reps["capacity"] > 0)
    team = teams[: len(reps)]
    names, counts = np.unique(team[stays].astype(str), return_counts=True)
    has_heir = stays & np.isin(team.astype(str), names[counts > 1])
    is_open = (deals["created"] < gone) & (deals["closed"] >= gone)
    open_count = np.bincount(deals.loc[is_open, "rep"], minlength=len(reps))
    leaver = int(np.argmax(np.where(has_heir, open_count, -1)))
    colleagues = stays & (team == team[leaver]) & (reps.index != leaver)
    heir = int(reps.index[colleagues][0])
    staff.loc[leaver, "left"] = day
    is_leavers = deals["rep"] == leaver
    is_handed = is_leavers & is_open
    is_later = is_leavers & (deals["created"] >= gone)
    delay = np.where(is_handed & (deals["closed"] < NEVER), DAY, 0)
    return deals.assign(
        rep=np.where(is_later, heir, deals["rep"]),
        heir=np.where(is_handed | is_later, heir, deals["rep"]),
        handed=np.where(is_handed, moments(day, 8 * HOUR), NEVER),
        closed=deals["closed"] + delay,
    )
