"""The made-up meetings of the calendar; what the CRM calls tasks is in tasks.py."""

import numpy as np
import pandas as pd

from pipelines.sample.clock import DAY, HOUR, NEVER, at_work, local_days, moments
from pipelines.sample.leads import Prospecting

HALF_HOUR = HOUR // 2


def make_meetings(
    rng: np.random.Generator, occasions: pd.DataFrame, met: Prospecting, staff: pd.DataFrame
) -> pd.DataFrame:
    """One row per calendar entry, as booked: who booked it (`user`), who holds it (`owner`).

    With a `lead` or a `contact` (row numbers, -1), or with neither: internal. `is_child` marks a
    colleague's copy of an entry. `deleted` is the moment of a cancellation, before it would begin.
    """
    booked = occasions.loc[occasions["kind"] == "meeting"].drop(columns="kind")
    booked = booked.rename(columns={"at": "created"}).reset_index(drop=True)
    contact = np.where(booked["deal"] >= 0, met.deals["contact"].to_numpy()[booked["deal"]], -1)
    meetings = pd.concat(
        [booked.assign(contact=contact), _internal(rng, booked)], ignore_index=True
    )
    count = len(meetings)
    day = local_days(meetings["created"]) + rng.integers(1, 15, count)
    slot = 9 * HOUR + HALF_HOUR * rng.integers(0, 17, count)
    start = at_work(rng, moments(day, slot)) // HALF_HOUR * HALF_HOUR
    is_cancelled = rng.random(count) < 0.07
    gap = start - meetings["created"].to_numpy()
    meetings = meetings.assign(
        owner=_holders(rng, meetings["user"].to_numpy(), local_days(start), staff),
        starts=start,
        ends=start + HALF_HOUR * rng.integers(1, 3, count),
        deleted=np.where(
            is_cancelled, start - (gap * rng.uniform(0.05, 0.9, count)).astype(int), NEVER
        ),
        is_child=False,
    )
    copies = meetings.loc[(rng.random(count) < 0.05) & (meetings["person"] >= 0)]
    colleague = _holders(rng, np.full(len(copies), -1), local_days(copies["starts"]), staff)
    copies = copies.assign(is_child=True, owner=colleague)
    meetings = pd.concat([meetings, copies], ignore_index=True)
    return meetings.sort_values("created", kind="stable", ignore_index=True)


def _internal(rng: np.random.Generator, booked: pd.DataFrame) -> pd.DataFrame:
    """Team meetings: nobody from outside."""
    chosen = booked.loc[rng.random(len(booked)) < 0.06]
    moved = at_work(rng, chosen["created"].to_numpy() + rng.integers(HOUR, DAY, len(chosen)))
    return chosen.assign(created=moved, person=-1, lead=-1, deal=-1, contact=-1)


def _holders(
    rng: np.random.Generator, user: np.ndarray, day: np.ndarray, staff: pd.DataFrame
) -> np.ndarray:
    """Who holds each meeting: mostly who booked it, else somebody who is there for good."""
    stays = np.flatnonzero((staff["hired"] < 0) & (staff["left"] > 10_000) & (staff["role"] > 0))
    other = stays[rng.integers(0, len(stays), len(user))]
    is_gone = day >= staff["left"].to_numpy()[np.maximum(user, 0)]
    return np.where((user < 0) | is_gone | (rng.random(len(user)) < 0.15), other, user)
