"""The made-up companies that are sold to: the accounts, and those that are no account yet."""

import numpy as np
import pandas as pd

from pipelines.sample.clock import DAY, NO_DAY, midnight
from pipelines.sample.names import distinct_companies
from pipelines.sample.organisation import DEALS_AT_SCALE_1, REGIONS

ACCOUNTS_PER_DEAL = 0.32
LEADS_PER_ACCOUNT = 3.5
RESERVED = 8
COUNTRIES = {
    "Americas": ("United States", "Canada", "Brazil", "Mexico"),
    "EMEA": ("Germany", "United Kingdom", "Sweden", "Spain"),
    "APAC": ("Japan", "Australia", "Singapore", "India"),
}
CODES = ("US", "CA", "BR", "MX", "DE", "GB", "SE", "ES", "JP", "AU", "SG", "IN")
REGION_SHARES = (0.5, 0.3, 0.2)
INDUSTRIES = ("Manufacturing", "Retail", "Healthcare", "Logistics", "Finance", "Education")
SEGMENTS = ("Small Business", "Mid-Market", "Enterprise")
SEGMENT_SHARES = (0.5, 0.35, 0.15)


def make_companies(rng: np.random.Generator, *, scale: float) -> pd.DataFrame:
    """Names and domains: first the accounts, then companies of which only leads are known."""
    accounts = _account_count(scale)
    name, domain = distinct_companies(rng, round(accounts * LEADS_PER_ACCOUNT))
    return pd.DataFrame({"name": name, "domain": domain})


def _account_count(scale: float) -> int:
    return round(DEALS_AT_SCALE_1 * scale * ACCOUNTS_PER_DEAL) + RESERVED


def make_accounts(rng: np.random.Generator, *, scale: float) -> pd.DataFrame:
    """Accounts by region, a row number each; the last RESERVED are dealt to nobody at random.

    `customer_since` is a day before the data for some, NO_DAY for the others; `parent` is an
    earlier row, -1 for none. When they were created is known once their deals are: `date_accounts`.
    """
    count = _account_count(scale)
    region = np.sort(rng.choice(len(REGIONS), count - RESERVED, p=REGION_SHARES))
    region = np.concatenate([region, np.zeros(RESERVED, dtype=int)])
    is_old = rng.random(count) < 0.08
    is_old[-RESERVED:] = False
    parent = (np.arange(count) * rng.random(count)).astype(int)
    has_parent = (rng.random(count) < 0.1) & (np.arange(count) > 0)
    has_parent[-RESERVED:] = False
    return pd.DataFrame(
        {
            "region": region,
            "country": region * 4 + rng.choice(4, count, p=(0.55, 0.2, 0.15, 0.1)),
            "industry": rng.integers(0, len(INDUSTRIES), count),
            "segment": rng.choice(len(SEGMENTS), count, p=SEGMENT_SHARES),
            "customer_since": np.where(is_old, -rng.integers(60, 2_400, count), NO_DAY),
            "parent": np.where(has_parent, parent, -1),
            "employees": np.round(rng.lognormal(5, 1.2, count)).astype(int),
        }
    )


def pick_accounts(
    rng: np.random.Generator, accounts: pd.DataFrame, *, region: np.ndarray, ripeness: np.ndarray
) -> np.ndarray:
    """An account of each region; ever more are in play as `ripeness` goes to 1, few recur often."""
    sizes = np.bincount(accounts["region"][:-RESERVED], minlength=len(REGIONS))
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    in_play = np.maximum(sizes[region] * (0.3 + 0.7 * ripeness), 1)
    return starts[region] + (in_play * rng.random(len(region)) ** 1.4).astype(int)


def date_accounts(
    rng: np.random.Generator, accounts: pd.DataFrame, *, first_seen: np.ndarray, span: int
) -> pd.DataFrame:
    """The accounts with the moment of their creation, at the latest when first seen.

    `first_seen` is a moment per account, NEVER for those nobody has dealt with.
    """
    count = len(accounts)
    created = midnight(-300) + rng.integers(0, (300 + span) * DAY, count)
    created = np.minimum(created, first_seen - rng.integers(60, 20 * DAY, count))
    parent = accounts["parent"].to_numpy()
    is_known = (parent >= 0) & (created[parent] <= created)
    return accounts.assign(created=created, parent=np.where(is_known, parent, -1))
