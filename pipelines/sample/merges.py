"""Leads and contacts that were entered twice, and merged one day: the loser names its survivor.

`merged` is the moment (NEVER for the others), `master` the survivor's row number, `alias` the
address where the record has another one than the person's.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from pipelines.sample.clock import DAY, NEVER, at_work, midnight
from pipelines.sample.leads import RE_INQUIRY_DAYS, Prospecting
from pipelines.sample.names import address

MERGED_LEADS, MERGED_CONTACTS = 0.4, 0.03
ALIASED = 0.5
EARLIER_LOSES = 0.25


def merge_records(rng: np.random.Generator, met: Prospecting, *, span: int) -> Prospecting:
    """The same leads, some merged; and the contacts, some followed by their duplicates."""
    leads = met.leads.assign(merged=NEVER, master=-1, alias="")
    contacts = met.contacts.assign(merged=NEVER, master=-1, alias="")
    _merge_leads(rng, leads, met.people, span=span)
    duplicates = _duplicate_contacts(rng, contacts, met.people, span=span)
    contacts = pd.concat([contacts, duplicates], ignore_index=True)
    return replace(met, leads=leads, contacts=contacts)


def _merge_leads(
    rng: np.random.Generator, leads: pd.DataFrame, people: pd.DataFrame, *, span: int
) -> None:
    """Of people who came twice within RE_INQUIRY_DAYS, one lead into the other; in place.

    Mostly the later one is given up. Half of those given up have an address of their own.
    """
    order = np.lexsort((leads["created"], leads["person"]))
    person = leads["person"].to_numpy()[order]
    begins = np.flatnonzero(np.append(True, person[1:] != person[:-1]))
    size = np.diff(np.append(begins, len(person)))
    earlier, later = order[begins[size == 2]], order[begins[size == 2] + 1]
    created = leads["created"].to_numpy()
    may = (leads["converted"] == NEVER) & (leads["spam"] == NEVER) & ~leads["is_import"]
    is_soon = created[later] - created[earlier] <= RE_INQUIRY_DAYS * DAY
    is_chosen = may.to_numpy()[earlier] & may.to_numpy()[later] & is_soon
    is_chosen &= rng.random(len(later)) < MERGED_LEADS
    merged = at_work(rng, created[later] + rng.integers(DAY, 20 * DAY, len(later)))
    is_chosen &= merged < midnight(span)
    is_swapped = rng.random(len(later)) < EARLIER_LOSES
    is_aliased = rng.random(len(later)) < ALIASED
    loser = np.where(is_swapped, earlier, later)
    leads.loc[loser[is_chosen], "master"] = np.where(is_swapped, later, earlier)[is_chosen]
    leads.loc[loser[is_chosen], "merged"] = merged[is_chosen]
    aliased = loser[is_chosen & is_aliased]
    leads.loc[aliased, "alias"] = _aliases(people, leads["person"].to_numpy()[aliased])


def _duplicate_contacts(
    rng: np.random.Generator, contacts: pd.DataFrame, people: pd.DataFrame, *, span: int
) -> pd.DataFrame:
    """Second records of some people, made in the weeks after the first, and given up later."""
    is_chosen = (contacts["created"] < NEVER) & (rng.random(len(contacts)) < MERGED_CONTACTS)
    chosen = contacts.loc[is_chosen]
    count, person = len(chosen), chosen["person"].to_numpy()
    created = at_work(rng, chosen["created"].to_numpy() + rng.integers(DAY, 30 * DAY, count))
    duplicates = chosen.assign(
        created=created,
        merged=at_work(rng, created + rng.integers(DAY, 90 * DAY, count)),
        master=chosen.index,
        alias=np.where(rng.random(count) < ALIASED, _aliases(people, person), ""),
    )
    return duplicates.loc[duplicates["merged"] < midnight(span)]


def _aliases(people: pd.DataFrame, person: np.ndarray) -> np.ndarray:
    of = people.loc[person]
    domain = of["email"].str.split("@").str[1]
    return address(of["first"] + ".", of["last"], number=person, domain=domain)
