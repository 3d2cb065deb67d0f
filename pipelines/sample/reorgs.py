"""Who is in which team from when on: two re-organisations, and a few people shared by two teams."""

import numpy as np
import pandas as pd

from pipelines.sample.clock import date_to_day, day_to_date
from pipelines.sample.organisation import TEAMS, reps_of

WHOLE, MAIN_SHARE = 100, 60
MOVED_PART, SHARED_PART = 6, 12  # one in so many reps
SHARED_DAYS = 150


def make_places(rng: np.random.Generator, people: pd.DataFrame, *, span: int) -> pd.DataFrame:
    """One row per person, day from which on it holds, and team: `person`, `since`, `team`, `share`.

    All rows of a person and day together are where the person is until the next day that has
    rows; shares are percent. `is_filed` marks the people who are ever moved or shared: of these
    the org file knows, of the others only the CRM does.
    """
    team = people["team"].to_numpy().copy()
    begun = {"person": people.index, "since": people["hired"], "team": people["team"]}
    rows = [pd.DataFrame(begun).assign(share=WHOLE)]
    reps = reps_of(people)
    first, shared, second = (
        _month_start(int(span * part)) + later
        for part, later in ((0.4, 0), (0.55, 0), (0.75, 15))  # the second within a month
    )
    is_free = (reps["hired"] < first).to_numpy() & (reps["left"] > span).to_numpy()
    is_free &= (reps["capacity"] > 0).to_numpy()
    chosen = rng.permutation(np.flatnonzero(is_free))
    halved = chosen[: max(len(reps) // SHARED_PART, 1)]
    movers = chosen[len(halved) :]
    for day in (first, second):
        moved = rng.permutation(movers)[: max(len(reps) // MOVED_PART, 1)]
        team[moved] = _others(rng, team[moved])
        rows.append(_rows(moved, day, team[moved], share=WHOLE))
    rows += [
        _rows(halved, shared, team[halved], share=MAIN_SHARE),
        _rows(halved, shared, _others(rng, team[halved]), share=WHOLE - MAIN_SHARE),
        _rows(halved, shared + SHARED_DAYS, team[halved], share=WHOLE),
    ]
    places = pd.concat(rows, ignore_index=True)
    places["is_filed"] = places["person"].duplicated(keep=False)
    return places.sort_values(["person", "since", "share"], kind="stable", ignore_index=True)


def _month_start(day: int) -> int:
    """The first day of the month after the day."""
    return int(date_to_day(day_to_date(day).astype("datetime64[M]") + 1))


def _others(rng: np.random.Generator, team: np.ndarray) -> np.ndarray:
    """For each team, another one."""
    names = np.array(list(TEAMS), dtype=object)
    number = np.array([list(TEAMS).index(name) for name in team])
    return names[(number + rng.integers(1, len(names), len(team))) % len(names)]


def _rows(person: np.ndarray, since: int, team: np.ndarray, *, share: int) -> pd.DataFrame:
    return pd.DataFrame({"person": person, "since": since, "team": team, "share": share})


def teams_on(places: pd.DataFrame, day: int) -> np.ndarray:
    """Each person's team on a day: the one with the largest share; before the first row, its."""
    first = places.groupby("person")["since"].transform("min")
    known = places.loc[(places["since"] <= day) | (places["since"] == first)]
    latest = known.loc[known["since"] == known.groupby("person")["since"].transform("max")]
    return latest.sort_values(["person", "share"]).groupby("person")["team"].last().to_numpy()
