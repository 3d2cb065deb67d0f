"""The made-up deals: how each began, moved and ended, and its lines; true, before any dirt.

Days are whole numbers counted from START; NEVER stands for what does not happen.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tests.mapped_export.organisation import NEVER, PRODUCTS, REGIONS, START, Organisation

OPEN_STAGES = ("Lead In", "Qualified", "Proposal", "Negotiation")
STAGES = (*OPEN_STAGES, "Closed Won", "Closed Lost")
WON, LOST = 4, 5
LEAD_SOURCES = ("Website", "Outbound", "Referral", "Partner", "Event")
LEAD_SOURCE_SHARES = (0.34, 0.3, 0.14, 0.14, 0.08)
LEAD_SOURCE_ODDS = np.array([0.0, -0.35, 0.6, 0.25, -0.1])
SEGMENT_ODDS = np.array([0.2, 0.0, -0.35])
SEGMENT_PACE = np.array([0.7, 1.0, 1.7])
SEGMENT_QUANTITY = np.array([2.5, 4.0, 7.0])
LOST_REASONS = ("Price", "No decision", "Competitor", "Missing feature", "Timing")
LOST_REASON_SHARES = (0.3, 0.28, 0.2, 0.1, 0.12)
DISCOUNTS = (0.0, 0.05, 0.1, 0.15, 0.2)

_EPOCH = np.datetime64(START, "D")


def day_to_date(day: ArrayLike) -> np.ndarray:
    """The dates (datetime64[D]) of days counted from START."""
    return _EPOCH + np.asarray(day)


@dataclass(frozen=True, kw_only=True)
class Deals:
    """Deals in the order of their creation, and their lines in the order of the deals.

    `deals.cap` is the last open stage a deal reaches, `entered_1` … `entered_3` the days on which
    it would enter the open stages after the first.
    """

    deals: pd.DataFrame
    lines: pd.DataFrame


def make_deals(
    rng: np.random.Generator, organisation: Organisation, *, count: int, span: int
) -> Deals:
    """`count` deals created within `span` days, with their whole life, even after the last day."""
    deals = pd.DataFrame({"created": _creation_days(rng, count=count, span=span)})
    deals.insert(0, "deal_id", np.char.add("D-", (100_001 + np.arange(count)).astype(str)))
    deals["rep"] = _assign_reps(rng, organisation.reps, deals, span=span)
    deals["account"] = _assign_accounts(rng, organisation, deals, span=span)
    segment = organisation.accounts["segment"].to_numpy()[deals["account"]]
    deals["source"] = rng.choice(len(LEAD_SOURCES), count, p=LEAD_SOURCE_SHARES)
    deals["product"] = rng.choice(len(PRODUCTS), count, p=PRODUCTS["share"])
    odds = (
        -0.35
        + organisation.reps["skill"].to_numpy()[deals["rep"]]
        + SEGMENT_ODDS[segment]
        + LEAD_SOURCE_ODDS[deals["source"]]
        + 0.2 * deals["created"] / span
    )
    deals["is_won"] = rng.random(count) < 1 / (1 + np.exp(-odds))
    deals = _live(rng, deals, pace=SEGMENT_PACE[segment])
    deals = _hand_on(organisation.reps, deals)
    deals["is_expansion"] = _is_expansion(organisation, deals)
    deals["lost_reason"] = rng.choice(len(LOST_REASONS), count, p=LOST_REASON_SHARES)
    deals["is_valued_early"] = rng.random(count) < 0.5
    deals["is_diligent"] = rng.random(count) < 0.75
    deals["minute"] = rng.integers(8 * 60, 18 * 60, count)
    lines = _make_lines(rng, deals, quantity=SEGMENT_QUANTITY[segment])
    total = np.bincount(lines["deal"], weights=lines["cents"], minlength=count).astype("int64")
    is_rounded = rng.random(count) < 0.03
    deals["cents"] = np.where(is_rounded, total // 10_000 * 10_000 + 10_000, total)
    return Deals(deals=deals, lines=lines)


def _creation_days(rng: np.random.Generator, *, count: int, span: int) -> np.ndarray:
    """Sorted days: growing over time, quiet at weekends and in December, July and August."""
    day = np.arange(span)
    date = day_to_date(day)
    month = date.astype("datetime64[M]").astype(int) % 12 + 1
    weight = np.exp(0.6 * day / span)
    weight *= np.where(np.is_busday(date), 1.0, 0.05)
    weight *= np.where(np.isin(month, (7, 8, 12)), 0.75, 1.0)
    return np.sort(rng.choice(span, count, p=weight / weight.sum()))


def _assign_reps(
    rng: np.random.Generator, reps: pd.DataFrame, deals: pd.DataFrame, *, span: int
) -> np.ndarray:
    """A rep present on the day of creation, by capacity: one search in all days' shares at once."""
    day = np.arange(span)[:, None]
    is_present = (reps["hired"].to_numpy() <= day) & (day < reps["left"].to_numpy())
    weight = np.cumsum(is_present * reps["capacity"].to_numpy(), axis=1)
    shares = (day + weight / weight[:, -1:]).ravel()
    created = deals["created"].to_numpy()
    found = np.searchsorted(shares, created + rng.random(len(created)), side="right")
    return found - created * len(reps)


def _assign_accounts(
    rng: np.random.Generator, organisation: Organisation, deals: pd.DataFrame, *, span: int
) -> np.ndarray:
    """An account of the rep's region; ever more accounts come into play, a few recur often."""
    region = np.array([REGIONS.index(name) for name in organisation.reps["region"]])
    of_deal = region[deals["rep"]]
    sizes = np.bincount(organisation.accounts["region"], minlength=len(REGIONS))
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    in_play = sizes[of_deal] * (0.3 + 0.7 * deals["created"].to_numpy() / span)
    return starts[of_deal] + (in_play * rng.random(len(deals)) ** 1.4).astype(int)


def _live(rng: np.random.Generator, deals: pd.DataFrame, *, pace: np.ndarray) -> pd.DataFrame:
    """Each deal's stages, expected and true end; some never end, many end as a quarter does."""
    count = len(deals)
    created = deals["created"].to_numpy()
    median = np.where(deals["is_won"], 42, 33) * pace
    length = np.maximum(rng.lognormal(np.log(median), 0.6).astype(int), 2)
    is_endless = rng.random(count) < 0.025
    closed = _pushed_to_quarter_end(rng, created + length)
    closed = np.maximum(np.busday_offset(day_to_date(closed), 0, roll="backward") - _EPOCH, 0)
    closed = np.maximum(closed.astype(int), created + 1)
    steps = rng.gamma(2, size=(count, len(OPEN_STAGES)))
    parts = np.cumsum(steps, axis=1) / steps.sum(axis=1, keepdims=True)
    entered = created[:, None] + ((closed - created)[:, None] * parts).astype(int)
    last = len(OPEN_STAGES) - 1
    drop = rng.choice(last + 1, count, p=(0.18, 0.34, 0.32, 0.16))
    guess = np.maximum(length * rng.lognormal(0.05, 0.3, count), 5).astype(int)
    return deals.assign(
        entered_1=entered[:, 0],
        entered_2=entered[:, 1],
        entered_3=entered[:, 2],
        cap=np.where(deals["is_won"] & ~is_endless, last, drop),
        closed=np.where(is_endless, NEVER, closed),
        is_won=deals["is_won"] & ~is_endless,
        expected=_month_end(created + guess),
    )


def _pushed_to_quarter_end(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
    """Half of what would end in a quarter's last five weeks ends in its last eight days."""
    quarter = day_to_date(day).astype("datetime64[M]").astype(int) // 3
    end = ((quarter + 1) * 3).astype("datetime64[M]").astype("datetime64[D]") - _EPOCH
    end = end.astype(int)
    is_pushed = (end - day <= 35) & (rng.random(len(day)) < 0.5)
    return np.where(is_pushed, np.maximum(day, end - rng.integers(1, 9, len(day))), day)


def _month_start(day: ArrayLike) -> np.ndarray:
    return (day_to_date(day).astype("datetime64[M]").astype("datetime64[D]") - _EPOCH).astype(int)


def _month_end(day: ArrayLike) -> np.ndarray:
    following = day_to_date(day).astype("datetime64[M]") + 1
    return (following.astype("datetime64[D]") - _EPOCH).astype(int) - 1


def _hand_on(reps: pd.DataFrame, deals: pd.DataFrame) -> pd.DataFrame:
    """What is open on the day a rep leaves goes to a colleague of the same team."""
    left = reps["left"].to_numpy()[deals["rep"]]
    return deals.assign(
        handed_on=np.where(deals["closed"] >= left, left, NEVER),
        heir=reps["successor"].to_numpy()[deals["rep"]],
    )


def _is_expansion(organisation: Organisation, deals: pd.DataFrame) -> np.ndarray:
    """True where the account was a customer before the deal began."""
    since = organisation.accounts["customer_since"].to_numpy().copy()
    won = deals.loc[deals["is_won"]]
    np.minimum.at(since, won["account"].to_numpy(), won["closed"].to_numpy())
    return since[deals["account"]] < deals["created"].to_numpy()


def _make_lines(
    rng: np.random.Generator, deals: pd.DataFrame, *, quantity: np.ndarray
) -> pd.DataFrame:
    """One to four lines per deal, the first of the deal's own product; discounts off the list."""
    per_deal = 1 + rng.binomial(3, 0.25, len(deals))
    deal = np.repeat(np.arange(len(deals)), per_deal)
    count = len(deal)
    is_first = np.diff(deal, prepend=-1) > 0
    product = rng.choice(len(PRODUCTS), count, p=PRODUCTS["share"])
    product = np.where(is_first, deals["product"].to_numpy()[deal], product)
    units = np.maximum(np.round(rng.lognormal(np.log(quantity[deal]), 0.45)), 1).astype("int64")
    discount = rng.choice(DISCOUNTS, count, p=(0.5, 0.15, 0.2, 0.1, 0.05))
    price = PRODUCTS["list_price"].to_numpy()[product] * 100
    return pd.DataFrame(
        {
            "line_id": np.char.add("L-", (500_001 + np.arange(count)).astype(str)),
            "deal": deal,
            "product": product,
            "quantity": units,
            "cents": np.round(price * units * (1 - discount)).astype("int64"),
        }
    )


def state_on(deals: pd.DataFrame, *, day: int) -> pd.DataFrame:
    """The deals that exist at the end of `day`, with what is known of them by then.

    Adds `is_closed`, `stage`, `owner` and `changed` (the day of the last change), and moves
    `expected`: diligent reps move an overdue one to the end of the month.
    """
    deals = deals.loc[deals["created"] <= day]
    is_closed = (deals["closed"] <= day).to_numpy()
    reached = np.zeros(len(deals), dtype=int)
    changed = deals["created"].to_numpy()
    for number in range(1, len(OPEN_STAGES)):
        entered = deals[f"entered_{number}"].to_numpy()
        has_entered = (entered <= day) & (deals["cap"] >= number).to_numpy()
        reached += has_entered
        changed = np.where(has_entered, entered, changed)
    changed = np.where(is_closed, deals["closed"], changed)
    month_start, month_end = _month_start(day), _month_end(day)
    is_pushed = ~is_closed & deals["is_diligent"] & (deals["expected"] < month_start)
    changed = np.where(is_pushed, np.maximum(changed, month_start), changed)
    is_handed_on = deals["handed_on"] <= day
    changed = np.where(is_handed_on, np.maximum(changed, deals["handed_on"]), changed)
    return deals.assign(
        is_closed=is_closed,
        stage=np.where(is_closed, np.where(deals["is_won"], WON, LOST), reached),
        owner=np.where(is_handed_on, deals["heir"], deals["rep"]),
        expected=np.where(is_pushed, month_end, deals["expected"]),
        changed=changed,
    )
