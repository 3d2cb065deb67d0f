"""What the made-up opportunities are worth: their products, lines, and amounts on the way.

Money is whole cents; NO_AMOUNT stands for an empty one.
"""

import numpy as np
import pandas as pd

from pipelines.sample.clock import DAY, HOUR, NEVER, by_day
from pipelines.sample.opportunities import LAST_OPEN

NO_AMOUNT = -(1 << 40)
SEGMENT_QUANTITY = np.array([2.5, 4.0, 7.0])
PRODUCTS = pd.DataFrame(
    [
        ("P-01", "Atlas Basic", "Atlas", 550, 0.16),
        ("P-02", "Atlas Plus", "Atlas", 1_200, 0.16),
        ("P-03", "Atlas Pro", "Atlas", 3_400, 0.14),
        ("P-04", "Beacon Basic", "Beacon", 300, 0.14),
        ("P-05", "Beacon Pro", "Beacon", 2_100, 0.14),
        ("P-06", "Cirrus Plus", "Cirrus", 900, 0.08),
        ("P-07", "Cirrus Pro", "Cirrus", 4_800, 0.06),
        ("P-08", "Care Plan", "Services", 450, 0.08),
        ("P-09", "Onboarding", "Services", 1_500, 0.04),
    ],
    columns=["code", "name", "family", "list_price", "share"],
)
PERCENT_OFF = np.array([0, 5, 10, 15, 20])


def make_lines(rng: np.random.Generator, deals: pd.DataFrame, segment: np.ndarray) -> pd.DataFrame:
    """One to four lines per deal, in the order of the deals; `deal` and `product` are row numbers.

    What is off the list price is off the unit price, or, on one line in ten, said as a `discount`
    in percent. `quantity` and `cents` are the first offer's, the `revised_…` those of the last one.
    """
    per_deal = 1 + rng.binomial(3, 0.25, len(deals))
    deal = np.repeat(np.arange(len(deals)), per_deal)
    count = len(deal)
    product = rng.choice(len(PRODUCTS), count, p=PRODUCTS["share"])
    scale = np.log(SEGMENT_QUANTITY[segment[deal]])
    quantity = np.maximum(np.round(rng.lognormal(scale, 0.45)), 1).astype("int64")
    revised = np.maximum(quantity + rng.integers(-2, 4, count), 1)
    list_price = PRODUCTS["list_price"].to_numpy()[product] * 100
    off = PERCENT_OFF[rng.choice(len(PERCENT_OFF), count, p=(0.5, 0.15, 0.2, 0.1, 0.05))]
    is_said = rng.random(count) < 0.2
    price = np.where(is_said, list_price, list_price * (100 - off) // 100)
    discount = np.where(is_said, off, 0)
    return pd.DataFrame(
        {
            "deal": deal,
            "product": product,
            "list_price": list_price,
            "price": price,
            "discount": discount,
            "quantity": quantity,
            "cents": _total(price, quantity, discount),
            "revised_quantity": revised,
            "revised_cents": _total(price, revised, discount),
        }
    )


def _total(price: np.ndarray, quantity: np.ndarray, discount: np.ndarray) -> np.ndarray:
    """Prices are whole dollars or half ones and percentages whole: no cent is ever divided."""
    return price * quantity * (100 - discount) // 100


def price_deals(
    rng: np.random.Generator, deals: pd.DataFrame, lines: pd.DataFrame, entered: np.ndarray
) -> pd.DataFrame:
    """The deals with their amounts: `estimate` at first, `offer` from `valued` on, `final` at last.

    `entered` holds the moments at which each would enter the open stages. `valued` and `revised`
    are NEVER for what does not happen. A lost deal's amount stays, is set to 0, or is emptied
    (`lost_amount`; NEVER: stays). A few deals have no lines, and some of these are credits.
    """
    count = len(deals)
    offer = _sums(lines, "cents", count)
    final = _sums(lines, "revised_cents", count)
    estimate = np.maximum(np.round(offer * rng.lognormal(0, 0.25, count) / 50_000), 1) * 50_000
    has_estimate = rng.random(count) < 0.62
    is_same_second = rng.random(count) < 0.04
    ends = deals["ends"].to_numpy()
    later = rng.integers(HOUR, 2 * DAY, count)
    valued = np.where(is_same_second, entered[:, 2], by_day(entered[:, 2] + later))
    valued = np.minimum(valued, ends - 15)
    reaches = (deals["cap"] >= 3) | (rng.random(count) < 0.35)
    valued = np.where(reaches | deals["is_won"], valued, NEVER)
    is_revised = (rng.random(count) < 0.3) & (valued < NEVER)
    first = np.minimum(valued, ends)
    revised = np.maximum(by_day(first + ((ends - first) * 0.6).astype("int64")), first + 60)
    revised = np.where(is_revised, revised, NEVER)
    loss = rng.random(count)
    lost_amount = np.where(loss < 0.3, 0, np.where(loss < 0.45, NO_AMOUNT, NEVER))
    has_lines = rng.random(count) > 0.06
    return deals.assign(
        estimate=np.where(has_estimate, estimate.astype("int64"), NO_AMOUNT),
        offer=offer,
        final=final,
        valued=valued,
        revised=np.where(revised < ends - 5, revised, NEVER),
        lost_amount=lost_amount,
        has_lines=has_lines,
    )


def _sums(lines: pd.DataFrame, column: str, count: int) -> np.ndarray:
    return np.bincount(lines["deal"], weights=lines[column], minlength=count).astype("int64")


def last_offer(deals: pd.DataFrame) -> np.ndarray:
    """What was offered last, in cents."""
    return np.where(deals["revised"] < NEVER, deals["final"], deals["offer"])


def odd_wins(rng: np.random.Generator, deals: pd.DataFrame, *, accounts: int) -> pd.DataFrame:
    """A few wins, without lines, are worth nothing, have no amount, or are credits.

    They are the last wins of ordinary accounts (the first `accounts`) that won something within the
    year before, so that it never hangs on them whose customer is new.
    """
    is_ordinary = (deals["account"] >= 0) & (deals["account"] < accounts)
    is_ordinary &= deals["reopened"] == NEVER
    won = deals.loc[deals["is_won"] & is_ordinary].sort_values("closed")
    per_account = won.groupby("account")["closed"]
    is_last = per_account.cumcount(ascending=False) == 0
    is_close = won["closed"] - per_account.shift() < 360 * DAY
    chosen = won.index[is_last & is_close & (rng.random(len(won)) < 0.12)]
    amounts = np.resize([0, NO_AMOUNT, -25_000], len(chosen))
    amounts = np.where(amounts == -25_000, -deals.loc[chosen, "offer"] // 4, amounts)
    made = deals.copy()
    made.loc[chosen, ["offer", "final", "estimate"]] = np.repeat(amounts[:, None], 3, axis=1)
    made.loc[chosen, "has_lines"] = False
    made.loc[chosen, "revised"] = NEVER
    return made


def date_lines(lines: pd.DataFrame, deals: pd.DataFrame) -> pd.DataFrame:
    """The lines that ever are, with the moments at which they come, change and go.

    Where a lost deal's amount is taken away, its lines are.
    """
    deal = lines["deal"].to_numpy()
    of = {name: deals[name].to_numpy()[deal] for name in deals.columns}
    is_cleared = ~of["is_won"] & (of["lost_amount"] != NEVER)
    made = lines.assign(
        created=of["valued"],
        revised=of["revised"],
        removed=np.where(is_cleared, of["closed"], NEVER),
    )
    return made.loc[of["has_lines"] & (of["valued"] < NEVER)].reset_index(drop=True)


def entry_moments(rng: np.random.Generator, deals: pd.DataFrame) -> np.ndarray:
    """When each deal would enter the open stages 1 to 5: (deals, 5) moments in rising order."""
    count = len(deals)
    created, ends = deals["created"].to_numpy(), deals["ends"].to_numpy()
    steps = rng.gamma(2, size=(count, LAST_OPEN))
    parts = np.cumsum(steps, axis=1) / steps.sum(axis=1, keepdims=True)
    entered = created[:, None] + ((ends - created)[:, None] * parts[:, :-1]).astype("int64")
    entered = np.concatenate([created[:, None], entered], axis=1)
    number = np.arange(LAST_OPEN)
    entered = np.clip(
        by_day(entered), created[:, None] + 30 * number, ends[:, None] - 600 * (LAST_OPEN - number)
    )
    return np.maximum.accumulate(entered, axis=1)
