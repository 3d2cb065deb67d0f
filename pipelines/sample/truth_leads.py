"""The truth about leads: who is new, qualified, answered when, and what came of them."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipelines.sample.clock import DAY, NEVER, local_days, midnight
from pipelines.sample.leads import INBOUND, RE_INQUIRY_DAYS
from pipelines.sample.opportunities import LEAD_SOURCES
from pipelines.sample.truth_business import seconds_worked
from pipelines.sample.truth_cells import Answer, Answers, Places, Value, count, share, values
from pipelines.sample.truth_touches import booked, dialled, left_out, sent
from pipelines.sample.world import World

IMPORT_SIZE, IMPORT_SECONDS = 50, 60
OPPORTUNITY_DAYS = 90
UNANSWERED_DAYS = 7
TARGET = 3_600  # seconds of business time
FIRST, DUPLICATE, RE_INQUIRY = 0, 1, 2


def of_leads(world: World, places: Places) -> Iterator[Value]:
    """Everything by the day on which a lead was created, or first qualified."""
    cutoff = midnight(world.span)
    leads = world.met.leads
    leads = leads.loc[
        (leads["created"] < cutoff)
        & (leads["merged"] >= cutoff)
        & ~left_out(world, leads["person"].to_numpy())
    ]
    kind = arrivals(leads)
    day, owner = local_days(leads["created"]), leads["owner"].to_numpy()
    is_first = kind == FIRST
    yield from values(
        places.groups(day[is_first], owner[is_first]), lambda rows: count("leads_created", rows)
    )
    is_qualified = (kind != DUPLICATE) & (leads["qualified"] < cutoff).to_numpy()
    reached = local_days(leads["qualified"].to_numpy()[is_qualified])
    yield from values(
        places.groups(reached, owner[is_qualified]), lambda rows: count("qualified_leads", rows)
    )
    converts = has_opportunity(world, leads, cutoff=cutoff)[is_first]

    def say(rows: np.ndarray) -> Answers:
        return share("lead_to_opportunity_rate", int(converts[rows].sum()), len(rows))

    yield from values(places.groups(day[is_first], owner[is_first]), say)
    yield from _of_answers(world, leads, places, kind=kind, cutoff=cutoff)


def arrivals(leads: pd.DataFrame) -> np.ndarray:
    """Of each lead: the person's FIRST, a DUPLICATE of the last one, or a RE_INQUIRY after long."""
    order = np.lexsort((leads["created"], leads["person"]))
    person, created = leads["person"].to_numpy()[order], leads["created"].to_numpy()[order]
    follows = np.concatenate([[False], person[1:] == person[:-1]])
    gap = np.concatenate([[0], np.diff(created)])
    kind = np.where(gap <= RE_INQUIRY_DAYS * DAY, DUPLICATE, RE_INQUIRY)
    kinds = np.empty(len(leads), dtype=int)
    kinds[order] = np.where(follows, kind, FIRST)
    return kinds


def has_opportunity(world: World, leads: pd.DataFrame, *, cutoff: int) -> np.ndarray:
    """True where the first opportunity came within 90 days: the one named, else the person's."""
    deals = world.deals.loc[world.deals["created"] < cutoff]
    created = local_days(deals["created"]).tolist()
    by_row = dict(zip(deals.index.tolist(), created, strict=True))
    by_person: dict[int, list[int]] = {}
    persons = world.met.contacts["person"].tolist()
    for contact, day in zip(deals["contact"].tolist(), created, strict=True):
        if contact >= 0:
            by_person.setdefault(persons[contact], []).append(day)
    found: list[bool] = []
    days = local_days(leads["created"]).tolist()
    columns = (leads[name].tolist() for name in ("person", "deal", "converted"))
    for day, person, deal, converted in zip(days, *columns, strict=True):
        if deal >= 0 and converted < cutoff:
            first = max(by_row[deal], day)
        else:
            first = min((own for own in by_person.get(person, []) if own >= day), default=NEVER)
        found.append(first - day <= OPPORTUNITY_DAYS)
    return np.array(found)


def _of_answers(
    world: World, leads: pd.DataFrame, places: Places, *, kind: np.ndarray, cutoff: int
) -> Iterator[Value]:
    touched = first_touches(world, leads)
    asks = asks_for_an_answer(world, leads, kind=kind, touched=touched, cutoff=cutoff)
    created = leads["created"].to_numpy()[asks]
    seconds = (touched[asks] - created).astype(float)
    seconds[touched[asks] == NEVER] = np.inf
    day, owner = local_days(created), leads["owner"].to_numpy()[asks]
    worked = seconds_worked(world, places, owner, created, touched[asks])
    is_due = seconds_worked(world, places, owner, created, np.full(len(owner), cutoff)) >= TARGET
    limit = UNANSWERED_DAYS * DAY
    is_late = (created + limit <= cutoff) & (seconds > limit)

    def say(rows: np.ndarray) -> Answers:
        due = rows[is_due[rows]]
        return {
            ("lead_response_time", "median"): Answer(_middle_minutes(seconds[rows])),
            ("lead_response_business_time", "median"): Answer(_middle_minutes(worked[rows])),
            **share("lead_response_within_target", int((worked[due] <= TARGET).sum()), len(due)),
            ("unanswered_leads", "value"): Answer(int(is_late[rows].sum())),
        }

    yield from values(places.groups(day, owner), say)


def _middle_minutes(seconds: np.ndarray) -> float | None:
    """The lower median; None where that half are never answered."""
    middle = float(np.sort(seconds)[(len(seconds) + 1) // 2 - 1])
    return None if np.isinf(middle) else middle / 60


def first_touches(world: World, leads: pd.DataFrame) -> np.ndarray:
    """The first human outbound touch of each lead's person since it was created; NEVER for none."""
    calls, mails = dialled(world), sent(world)
    mails = mails.loc[mails["is_manual"]]
    meetings = booked(world)
    person = np.concatenate([calls["person"], mails["person"], meetings["person"], [1 << 28]])
    at = np.concatenate([calls["at"], mails["delivered"], meetings["created"], [0]])
    order = np.lexsort((at, person))
    key = (person[order].astype("int64") << 32) + at[order]
    mine = (leads["person"].to_numpy().astype("int64") << 32) + leads["created"].to_numpy()
    found = np.searchsorted(key, mine)
    is_mine = person[order][found] == leads["person"].to_numpy()
    return np.where(is_mine, at[order][found], NEVER)


def asks_for_an_answer(
    world: World, leads: pd.DataFrame, *, kind: np.ndarray, touched: np.ndarray, cutoff: int
) -> np.ndarray:
    """Inbound, no duplicate, no import, no spam, and not opted out before any touch."""
    prospects = world.touched.prospects
    out_by_person = dict(
        zip(prospects["known_as"].tolist(), prospects["opted_out"].tolist(), strict=True)
    )
    opted_out = np.array([out_by_person.get(person, NEVER) for person in leads["person"].tolist()])
    return (
        (kind != DUPLICATE)
        & np.isin(np.array(LEAD_SOURCES, dtype=object)[leads["source"]], INBOUND)
        & ~bulk_imports(leads)
        & (leads["spam"] >= cutoff).to_numpy()
        & ~((opted_out < cutoff) & (opted_out < touched))
    )


def bulk_imports(leads: pd.DataFrame) -> np.ndarray:
    """True for each of 50 or more leads that one user created within 60 seconds."""
    found = np.zeros(len(leads), dtype=bool)
    created = leads["created"].to_numpy()
    for rows in pd.Series(range(len(leads))).groupby(leads["creator"].to_numpy()).groups.values():
        mine = np.array(rows)[np.argsort(created[rows], kind="stable")]
        at = created[mine]
        beyond = np.searchsorted(at, at + IMPORT_SECONDS, side="right")
        for first in np.flatnonzero(beyond - np.arange(len(at)) >= IMPORT_SIZE).tolist():
            found[mine[first : beyond[first]]] = True
    return found
