"""The made-up sales organisation: who sells, what is sold, and to whom; deals are not made here.

Days are whole numbers counted from START; NEVER stands for what does not happen.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pipelines.sample.amounts import PRODUCTS as SOLD_PRODUCTS
from tests.mapped_export.names import BRANDS, PEOPLE, capacity, distinct_names

START = date(2024, 10, 1)
NEVER = 1_000_000
DEALS_AT_SCALE_1 = 100_000
ACCOUNTS_PER_DEAL = 0.32

TEAMS = {
    "Americas East": "Americas",
    "Americas West": "Americas",
    "Latin America": "Americas",
    "EMEA North": "EMEA",
    "EMEA South": "EMEA",
    "APAC North": "APAC",
    "APAC South": "APAC",
}
COUNTRIES = {
    "Americas": ("United States", "Canada", "Brazil", "Mexico"),
    "EMEA": ("Germany", "United Kingdom", "Sweden", "Spain"),
    "APAC": ("Japan", "Australia", "Singapore", "India"),
}
REGIONS = tuple(COUNTRIES)
REGION_SHARES = (0.5, 0.3, 0.2)
INDUSTRIES = ("Manufacturing", "Retail", "Healthcare", "Logistics", "Finance", "Education")
SEGMENTS = ("Small Business", "Mid-Market", "Enterprise")
SEGMENT_SHARES = (0.5, 0.35, 0.15)
PRODUCTS = SOLD_PRODUCTS.rename(columns={"code": "product_id", "name": "product_name"})


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """People (reps first: a deal's rep is a row number), and accounts, sorted by region."""

    people: pd.DataFrame
    accounts: pd.DataFrame
    rep_count: int

    @property
    def reps(self) -> pd.DataFrame:
        """The people who may own deals."""
        return self.people.iloc[: self.rep_count]


def make_organisation(rng: np.random.Generator, *, scale: float, span: int) -> Organisation:
    """The organisation over `span` days; 24 reps at scale 0.02, growing with the root of it."""
    wanted = round(DEALS_AT_SCALE_1 * scale * ACCOUNTS_PER_DEAL)
    rep_count = max(round(24 * np.sqrt(scale / 0.02)), 2 * len(TEAMS))
    return Organisation(
        people=_make_people(rng, rep_count=rep_count, span=span),
        accounts=_make_accounts(rng, count=min(wanted, capacity(BRANDS))),
        rep_count=rep_count,
    )


def _make_people(rng: np.random.Generator, *, rep_count: int, span: int) -> pd.DataFrame:
    """Reps, one manager per team, one head of sales.

    Every fifth rep joined and every ninth left inside the time; the last two own no deals.
    """
    teams = np.array(list(TEAMS))
    names = distinct_names(rng, rep_count + len(teams) + 1, parts=PEOPLE)
    managers = names[rep_count : rep_count + len(teams)]
    number = np.arange(rep_count)
    capacities = rng.lognormal(0, 0.3, rep_count)
    capacities[-2:] = 0
    reps = pd.DataFrame(
        {
            "title": "Account Executive",
            "team": teams[number % len(teams)],
            "manager": managers[number % len(teams)],
            "hired": np.where(
                number % 5 == 3,
                rng.integers(1, int(span * 0.7), rep_count),
                -rng.integers(200, 2_000, rep_count),
            ),
            "left": np.where(
                number % 9 == 7, rng.integers(int(span * 0.3), int(span * 0.9), rep_count), NEVER
            ),
            "skill": rng.normal(0, 0.35, rep_count),
            "capacity": capacities,
        }
    )
    reps.loc[reps["left"] <= reps["hired"] + 90, "left"] = NEVER
    reps["successor"] = _successors(reps)
    leaders = pd.DataFrame(
        {
            "title": ["Sales Manager"] * len(teams) + ["Head of Sales"],
            "team": [*teams, ""],
            "manager": [names[-1]] * len(teams) + [""],
            "hired": -rng.integers(800, 3_000, len(teams) + 1),
            "left": NEVER,
            "successor": -1,
        }
    )
    people = pd.concat([reps, leaders], ignore_index=True)
    people.insert(0, "name", names)
    people.insert(0, "user_id", _ids("U-", len(people), digits=4))
    people["region"] = [TEAMS.get(team, "") for team in people["team"]]
    people["email"] = people["name"].str.lower().str.replace(" ", ".") + "@halden.example"
    return people


def _successors(reps: pd.DataFrame) -> np.ndarray:
    """The row number of the rep who takes over when a rep leaves: one of the team who stays."""
    stays = ((reps["left"] == NEVER) & (reps["hired"] < 0) & (reps["capacity"] > 0)).to_numpy()
    teams = reps["team"].to_numpy()
    is_heir = stays & (teams[:, None] == teams)
    return np.where(is_heir.any(axis=1), is_heir.argmax(axis=1), stays.argmax())


def _make_accounts(rng: np.random.Generator, *, count: int) -> pd.DataFrame:
    """Accounts sorted by region; some are customers since before the data, some have a parent."""
    region = np.sort(rng.choice(len(REGIONS), count, p=REGION_SHARES))
    countries = np.array([COUNTRIES[name] for name in REGIONS])
    accounts = pd.DataFrame(
        {
            "account_id": _ids("A-", count, digits=6),
            "name": distinct_names(rng, count, parts=BRANDS),
            "region": region,
            "country": countries[region, rng.choice(4, count, p=(0.55, 0.2, 0.15, 0.1))],
            "industry": np.array(INDUSTRIES)[rng.integers(0, len(INDUSTRIES), count)],
            "segment": rng.choice(len(SEGMENTS), count, p=SEGMENT_SHARES),
            "customer_since": np.where(
                rng.random(count) < 0.08, -rng.integers(60, 2_400, count), NEVER
            ),
        }
    )
    parent = (np.arange(count) * rng.random(count)).astype(int)
    accounts["parent"] = np.where((rng.random(count) < 0.1) & (np.arange(count) > 0), parent, -1)
    return accounts


def _ids(prefix: str, count: int, *, digits: int) -> np.ndarray:
    return np.char.add(prefix, np.char.zfill(np.arange(1, count + 1).astype(str), digits))
