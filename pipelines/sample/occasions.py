"""Occasions on which a rep gets in touch with somebody: answers to leads, follow-ups, deals.

What comes of an occasion is a call, a mail or a meeting: see calls.py, mailings.py, meetings.py.
"""

import numpy as np
import pandas as pd

from pipelines.sample.clock import DAY, HOUR, NEVER, at_work, local_days
from pipelines.sample.leads import Prospecting

PER_DEAL = {"call": 1.7, "mail": 1.9, "meeting": 0.55}
PER_LEAD = {"call": 0.9, "mail": 0.35, "meeting": 0.03}
ANSWER_KINDS = ("call", "mail", "meeting")
ANSWER_SHARES = (0.58, 0.34, 0.08)


def make_prospects(rng: np.random.Generator, met: Prospecting) -> pd.DataFrame:
    """The people whom the outbound tool knows: nearly every lead, and half of the contacts.

    `person` is a row number; `created` follows the CRM's first record of the person by less than
    a minute; a few opted out one day (`opted_out`, else NEVER).
    """
    first = np.full(len(met.people), NEVER)
    np.minimum.at(first, met.leads["person"].to_numpy(), met.leads["created"].to_numpy())
    is_lead = first < NEVER
    np.minimum.at(first, met.contacts["person"].to_numpy(), met.contacts["created"].to_numpy())
    draw = rng.random(len(first))
    is_known = (first < NEVER) & np.where(is_lead, draw < 0.95, draw < 0.5)
    person = np.flatnonzero(is_known)
    created = first[person] + rng.integers(15, 60, len(person))
    opts_out = rng.random(len(person)) < 0.015
    opted_out = np.where(opts_out, created + rng.integers(HOUR, 200 * DAY, len(person)), NEVER)
    prospects = pd.DataFrame({"person": person, "created": created, "opted_out": opted_out})
    prospects["has_own_case"] = rng.random(len(person)) < 0.07
    return prospects.sort_values("created", kind="stable", ignore_index=True)


def make_occasions(
    rng: np.random.Generator, met: Prospecting, staff: pd.DataFrame, prospects: pd.DataFrame
) -> pd.DataFrame:
    """One row per occasion, by moment: `kind`, `at`, `user`, `person`, and `lead`, `deal` or -1.

    Only by people who were still there, and only to people who may still be written to.
    """
    drafts = [_answers(rng, met.leads)]
    for kind in ANSWER_KINDS:
        drafts += [
            _follow_ups(rng, met.leads, kind=kind),
            _on_deals(rng, met, kind=kind),
        ]
    occasions = pd.concat(drafts, ignore_index=True)
    occasions = occasions.loc[is_possible(occasions, staff=staff, prospects=prospects, met=met)]
    return occasions.sort_values("at", kind="stable", ignore_index=True)


def is_possible(
    occasions: pd.DataFrame, *, staff: pd.DataFrame, prospects: pd.DataFrame, met: Prospecting
) -> np.ndarray:
    """True where the user is still there, and the person has not opted out."""
    day = local_days(occasions["at"])
    user = occasions["user"].to_numpy()
    is_there = (staff["hired"].to_numpy()[user] <= day) & (day < staff["left"].to_numpy()[user])
    opted_out = np.full(len(met.people), NEVER)
    opted_out[prospects["person"]] = prospects["opted_out"]
    return is_there & (occasions["at"].to_numpy() < opted_out[occasions["person"]])


def _answers(rng: np.random.Generator, leads: pd.DataFrame) -> pd.DataFrame:
    """The first answer to each lead that gets one; where nobody owns it, any rep's."""
    answered = leads.loc[leads["answered"] < NEVER]
    owner = answered["owner"].to_numpy()
    somebody = leads["owner"].to_numpy()[rng.integers(0, len(leads), len(answered))]
    return pd.DataFrame(
        {
            "kind": np.array(ANSWER_KINDS, dtype=object)[
                rng.choice(len(ANSWER_KINDS), len(answered), p=ANSWER_SHARES)
            ],
            "at": answered["answered"].to_numpy(),
            "user": np.where(owner >= 0, owner, np.maximum(somebody, 0)),
            "person": answered["person"].to_numpy(),
            "lead": answered.index.to_numpy(),
            "deal": -1,
        }
    )


def _follow_ups(rng: np.random.Generator, leads: pd.DataFrame, *, kind: str) -> pd.DataFrame:
    """Later tries with leads that somebody owns, within six weeks."""
    owned = leads.loc[(leads["owner"] >= 0) & ~leads["is_import"] & (leads["spam"] == NEVER)]
    lead = np.repeat(owned.index.to_numpy(), rng.poisson(PER_LEAD[kind], len(owned)))
    of = leads.loc[lead]
    begun = np.where(of["answered"] < NEVER, of["answered"], of["created"] + 9 * DAY)
    at = at_work(rng, begun + rng.integers(HOUR, 42 * DAY, len(lead)))
    return pd.DataFrame(
        {
            "kind": kind,
            "at": at,
            "user": of["owner"].to_numpy(),
            "person": of["person"].to_numpy(),
            "lead": lead,
            "deal": -1,
        }
    ).loc[at < of["closed"].to_numpy()]


def _on_deals(rng: np.random.Generator, met: Prospecting, *, kind: str) -> pd.DataFrame:
    """What happens between a deal's creation and its end, with its contact, by its owner."""
    deals = met.deals.loc[met.deals["contact"] >= 0]
    deal = np.repeat(deals.index.to_numpy(), rng.poisson(PER_DEAL[kind], len(deals)))
    of = deals.loc[deal]
    length = (of["ends"] - of["created"]).to_numpy()
    at = of["created"].to_numpy() + (length * rng.random(len(deal))).astype("int64")
    at = at_work(rng, at)
    return pd.DataFrame(
        {
            "kind": kind,
            "at": at,
            "user": np.where(at >= of["handed"], of["heir"], of["rep"]),
            "person": met.contacts["person"].to_numpy()[of["contact"]],
            "lead": -1,
            "deal": deal,
        }
    )
