"""The made-up sales organisation: roles and people; who buys is in accounts.py."""

import numpy as np
import pandas as pd

from pipelines.sample.clock import NO_DAY, ZONE, day_to_date
from pipelines.sample.names import distinct_people

DEALS_AT_SCALE_1 = 100_000
MAIL_DOMAIN = "halden.example"
HEAD_ROLE = "Sales"
TEAMS = {
    "Americas East": "Americas",
    "Americas West": "Americas",
    "Latin America": "Americas",
    "EMEA North": "EMEA",
    "EMEA South": "EMEA",
    "APAC North": "APAC",
    "APAC South": "APAC",
}
REGIONS = tuple(dict.fromkeys(TEAMS.values()))
ZONES = {
    "Americas East": "America/New_York",
    "Americas West": "America/Los_Angeles",
    "Latin America": "America/Sao_Paulo",
    "EMEA North": "Europe/London",
    "EMEA South": "Europe/Madrid",
    "APAC North": "Asia/Tokyo",
    "APAC South": "Australia/Sydney",
}
REP, MANAGER, HEAD, INTEGRATION = (
    "Account Executive",
    "Sales Manager",
    "VP Sales",
    "Integration",
)


def make_roles() -> pd.DataFrame:
    """The roles: the head's, below it the regions, below each its teams; by row number."""
    names = [HEAD_ROLE, *REGIONS, *TEAMS]
    parents = ["", *[HEAD_ROLE] * len(REGIONS), *TEAMS.values()]
    parent = [names.index(name) if name else -1 for name in parents]
    return pd.DataFrame({"name": names, "parent": parent})


def make_people(rng: np.random.Generator, *, scale: float, span: int) -> pd.DataFrame:
    """Reps first, then a manager per team, the head, and the user of the web forms.

    24 reps at scale 0.02, growing with its root. Every fifth joined and every ninth left within
    the `span` days, at least 100 days before their end; the last two sell nothing.
    `hired` and `left` are days; `manager` and `role` are row numbers, -1 for none. `zone` is where
    they live, whichever team they move to.
    """
    teams = list(TEAMS)
    rep_count = max(round(24 * np.sqrt(scale / 0.02)), 2 * len(teams))
    reps = _make_reps(rng, rep_count=rep_count, span=span)
    leaders = pd.DataFrame(
        {
            "title": [MANAGER] * len(teams) + [HEAD, INTEGRATION],
            "team": [*teams, HEAD_ROLE, ""],
            "manager": [rep_count + len(teams)] * len(teams) + [-1, -1],
            "hired": -rng.integers(800, 3_000, len(teams) + 2),
            "left": NO_DAY,
            "skill": 0.0,
            "capacity": 0.0,
        }
    )
    people = pd.concat([reps, leaders], ignore_index=True)
    first, last = distinct_people(rng, len(people))
    first[-1], last[-1] = "Web", "Forms"
    people.insert(0, "first", first)
    people.insert(1, "last", last)
    people["name"] = people["first"] + " " + people["last"]
    people["email"] = people["name"].str.lower().str.replace(" ", ".") + "@" + MAIL_DOMAIN
    roles = make_roles()["name"].tolist()
    people["zone"] = [ZONES.get(team, ZONE) for team in people["team"]]
    people["role"] = [roles.index(team) if team else -1 for team in people["team"]]
    return people


def _make_reps(rng: np.random.Generator, *, rep_count: int, span: int) -> pd.DataFrame:
    number = np.arange(rep_count)
    team = number % len(TEAMS)
    hired = np.where(
        number % 5 == 3,
        rng.integers(1, int(span * 0.7), rep_count),
        -rng.integers(200, 2_000, rep_count),
    )
    latest = min(int(span * 0.9), span - 100)
    left = np.where(number % 9 == 7, rng.integers(int(span * 0.3), latest, rep_count), NO_DAY)
    capacity = rng.lognormal(0, 0.3, rep_count)
    capacity[-2:] = 0
    return pd.DataFrame(
        {
            "title": REP,
            "team": np.array(list(TEAMS))[team],
            "manager": rep_count + team,
            "hired": hired,
            "left": np.where(left <= hired + 90, NO_DAY, left),
            "skill": rng.normal(0, 0.35, rep_count),
            "capacity": capacity,
        }
    )


def reps_of(people: pd.DataFrame) -> pd.DataFrame:
    """The people who may own deals and leads."""
    return people.loc[people["title"] == REP]


def present_reps(
    rng: np.random.Generator, people: pd.DataFrame, day: np.ndarray, *, span: int
) -> np.ndarray:
    """For each day, a rep who was there, by capacity: one search in all days' shares at once."""
    reps = reps_of(people)
    days = np.arange(span)[:, None]
    is_present = (reps["hired"].to_numpy() <= days) & (days < reps["left"].to_numpy())
    weight = np.cumsum(is_present * reps["capacity"].to_numpy(), axis=1)
    shares = (days + weight / weight[:, -1:]).ravel()
    found = np.searchsorted(shares, day + rng.random(len(day)), side="right")
    return found - day * len(reps)


def busy_days(rng: np.random.Generator, *, count: int, span: int, quiet: float) -> np.ndarray:
    """Sorted days: growing over time, `quiet` at weekends, less in December, July and August."""
    day = np.arange(span)
    date = day_to_date(day)
    month = date.astype("datetime64[M]").astype(int) % 12 + 1
    weight = np.exp(0.6 * day / span)
    weight *= np.where(np.is_busday(date), 1.0, quiet)
    weight *= np.where(np.isin(month, (7, 8, 12)), 0.75, 1.0)
    return np.sort(rng.choice(span, count, p=weight / weight.sum()))
