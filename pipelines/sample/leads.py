"""The made-up leads: who asked or was found, when, through what, and what became of each.

People and contacts are made here with them, since a person may be several leads and a contact.
What becomes of a lead is in lead_life.py, who gets in touch with it in occasions.py.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.sample.accounts import RESERVED
from pipelines.sample.clock import (
    DAY,
    HOUR,
    NEVER,
    at_work,
    local_days,
    midnight,
    moments,
)
from pipelines.sample.lead_life import live
from pipelines.sample.names import people as draw_people
from pipelines.sample.opportunities import LEAD_SOURCES, NEW, SOURCE_SHARES
from pipelines.sample.organisation import busy_days, present_reps

LEADS_PER_DEAL = 1.5
INBOUND = ("Web", "Phone Inquiry", "Trade Show")
CONTACTS_PER_ACCOUNT = 2
CONVERTED_SHARE = 0.55
IMPORT_SIZE = 64
RE_INQUIRY_DAYS = 180
QUEUE = -1
WEB, TRADE_SHOW = LEAD_SOURCES.index("Web"), LEAD_SOURCES.index("Trade Show")
TITLES = ("CEO", "CFO", "Head of Procurement", "IT Manager", "Operations Lead", "Buyer")


@dataclass(frozen=True, kw_only=True)
class Prospecting:
    """Leads by creation, the people they are, and the contacts that people become.

    `leads.person`, `contacts.person` are row numbers of `people`; moments are NEVER where nothing
    happened. `deals.contact` is a row number of `contacts`, -1 for none.
    """

    leads: pd.DataFrame
    people: pd.DataFrame
    contacts: pd.DataFrame
    deals: pd.DataFrame


def make_prospecting(
    rng: np.random.Generator,
    *,
    staff: pd.DataFrame,
    companies: pd.DataFrame,
    accounts: pd.DataFrame,
    deals: pd.DataFrame,
    span: int,
) -> Prospecting:
    """All leads of the time, converted ones with their contact; each deal has a contact or none."""
    pool = len(accounts) * CONTACTS_PER_ACCOUNT
    wanted = round(LEADS_PER_DEAL * len(deals))
    converted = _converted(rng, deals, staff=staff, first_person=pool)
    fresh = _fresh(rng, staff=staff, count=wanted, span=span, first_person=pool + len(converted))
    fresh["company"] = rng.integers(len(accounts), len(companies), len(fresh))
    fresh = _converted_bare(rng, fresh, accounts=accounts, span=span)
    imported = _imported(
        rng,
        staff=staff,
        count=1 + wanted // 5_000,
        span=span,
        first_person=pool + len(converted) + len(fresh),
    )
    imported["company"] = rng.integers(len(accounts), len(companies), len(imported))
    contacts = _contacts(pool, pd.concat([converted, fresh], ignore_index=True))
    deals, contacts = _contacts_of_deals(rng, deals, contacts, converted)
    persons = _people(rng, companies, pd.concat([converted, fresh, imported]), pool=pool)
    again = _again(rng, fresh, staff=staff, span=span)
    known = _known_people(rng, deals, contacts, converted, staff=staff, span=span)
    leads = pd.concat([converted, fresh, imported, again, known], ignore_index=True)
    leads = leads.sort_values("created", kind="stable", ignore_index=True)
    return Prospecting(
        leads=live(rng, leads, staff=staff), people=persons, contacts=contacts, deals=deals
    )


def _converted(
    rng: np.random.Generator, deals: pd.DataFrame, *, staff: pd.DataFrame, first_person: int
) -> pd.DataFrame:
    """The leads from which deals of new business came, most in weeks, some after months.

    Of one in ten the lead does not say which deal it became: it was converted before there was one.
    """
    chosen = deals.loc[
        (deals["kind"] == NEW)
        & (deals["account"] >= 0)
        & (rng.random(len(deals)) < CONVERTED_SHARE)
    ]
    count = len(chosen)
    lag = np.maximum(rng.lognormal(np.log(9), 1.3, count) * DAY, 2 * HOUR).astype("int64")
    is_bare = rng.random(count) < 0.1
    opened = chosen["created"].to_numpy()
    created = opened - lag
    early = created + (lag * rng.uniform(0.3, 0.9, count)).astype("int64")
    hired = moments(np.maximum(staff["hired"].to_numpy()[chosen["rep"]], 0), 0)
    leads = pd.DataFrame(
        {
            "created": created,
            "source": chosen["source"].to_numpy(),
            "owner": chosen["rep"].to_numpy(),
            "company": chosen["account"].to_numpy(),
            "deal": np.where(is_bare, -1, chosen.index),
            "met_in": chosen.index,
            "converted": np.where(is_bare, early, opened),
        }
    )
    leads = leads.loc[created >= hired].reset_index(drop=True)
    return leads.assign(person=first_person + np.arange(len(leads)))


def _fresh(
    rng: np.random.Generator, *, staff: pd.DataFrame, count: int, span: int, first_person: int
) -> pd.DataFrame:
    """Leads that are nobody's deal; web forms are sent at any hour, some leads wait in a queue."""
    source = rng.choice(len(LEAD_SOURCES), count, p=SOURCE_SHARES)
    day = busy_days(rng, count=count, span=span, quiet=0.25)
    evening = np.clip(rng.normal(14, 4.5, count), 0.1, 23.9) * HOUR
    created = np.sort(moments(day, evening.astype("int64")))
    rep = present_reps(rng, staff, local_days(created), span=span)
    waits = (rng.random(count) < 0.1) & np.isin(source, (WEB, TRADE_SHOW))
    return pd.DataFrame(
        {
            "created": created,
            "source": source,
            "owner": np.where(waits, QUEUE, rep),
            "deal": -1,
            "met_in": -1,
            "converted": NEVER,
            "person": first_person + np.arange(count),
        }
    )


def _converted_bare(
    rng: np.random.Generator, fresh: pd.DataFrame, *, accounts: pd.DataFrame, span: int
) -> pd.DataFrame:
    """Some become a contact of an account without any deal."""
    is_bare = (rng.random(len(fresh)) < 0.02) & (fresh["owner"] != QUEUE)
    account = rng.integers(0, len(accounts) - RESERVED, len(fresh))
    converted = at_work(rng, fresh["created"].to_numpy() + rng.integers(DAY, 40 * DAY, len(fresh)))
    return fresh.assign(
        company=np.where(is_bare, account, fresh["company"]),
        converted=np.where(is_bare, converted, NEVER),
    )


def _imported(
    rng: np.random.Generator, *, staff: pd.DataFrame, count: int, span: int, first_person: int
) -> pd.DataFrame:
    """Lists of a trade show's visitors, each brought in by one rep within a minute."""
    day = np.sort(rng.integers(span // 5, span - 20, count))
    importer = present_reps(rng, staff, day, span=span)
    size = rng.integers(IMPORT_SIZE, 2 * IMPORT_SIZE, count)
    begun = moments(day, rng.integers(9 * HOUR, 16 * HOUR, count))
    total = int(size.sum())
    created = np.repeat(begun, size) + rng.integers(0, 45, total)
    return pd.DataFrame(
        {
            "created": created,
            "source": TRADE_SHOW,
            "owner": present_reps(rng, staff, np.repeat(day, size), span=span),
            "deal": -1,
            "met_in": -1,
            "converted": NEVER,
            "person": first_person + np.arange(total),
            "creator": np.repeat(importer, size),
        }
    )


def _contacts(pool: int, leads: pd.DataFrame) -> pd.DataFrame:
    """The contacts: CONTACTS_PER_ACCOUNT of each account, then the converted leads' people."""
    of_leads = leads.loc[leads["converted"] < NEVER]
    return pd.DataFrame(
        {
            "person": np.concatenate([np.arange(pool), of_leads["person"]]),
            "account": np.concatenate(
                [np.arange(pool) // CONTACTS_PER_ACCOUNT, of_leads["company"]]
            ),
            "created": np.concatenate([np.full(pool, NEVER), of_leads["converted"]]),
        }
    )


def _contacts_of_deals(
    rng: np.random.Generator, deals: pd.DataFrame, contacts: pd.DataFrame, converted: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Deals with their contact; contacts of the pool exist since before their first deal."""
    account = deals["account"].to_numpy()
    contact = account * CONTACTS_PER_ACCOUNT + rng.integers(0, CONTACTS_PER_ACCOUNT, len(deals))
    contact = np.where((rng.random(len(deals)) < 0.06) | (account < 0), -1, contact)
    persons = contacts["person"].to_numpy()
    by_person = np.full(persons.max() + 1, -1)
    by_person[persons] = contacts.index
    contact[converted["met_in"]] = by_person[converted["person"]]
    created = contacts["created"].to_numpy().copy()
    has_contact = contact >= 0
    is_pool = persons == contacts.index.to_numpy()
    before = deals["created"].to_numpy() - rng.integers(60, 5 * DAY, len(deals))
    first = np.full(len(contacts), NEVER)
    np.minimum.at(first, contact[has_contact], before[has_contact])
    created = np.where(is_pool, first, created)
    return deals.assign(contact=contact), contacts.assign(created=created)


def _people(
    rng: np.random.Generator, companies: pd.DataFrame, leads: pd.DataFrame, *, pool: int
) -> pd.DataFrame:
    """Everybody outside: name, title, company, and an address nobody else has."""
    company = np.concatenate([np.arange(pool) // CONTACTS_PER_ACCOUNT, leads["company"]])
    count = len(company)
    first, last = draw_people(rng, count)
    people = pd.DataFrame({"first": first, "last": last, "company": company})
    local = people["first"].str.lower() + "." + people["last"].str.lower().str.replace("'", "")
    domain = pd.Series(companies["domain"].to_numpy()[company])
    twin = (local + domain).groupby(local + domain).cumcount()
    number = twin.astype(str).where(twin > 0, "")
    people["email"] = local + number + "@" + domain
    people["title"] = np.array(TITLES, dtype=object)[rng.integers(0, len(TITLES), count)]
    people["phone"] = rng.integers(2_000_000, 9_999_999, count)
    return people


def _again(
    rng: np.random.Generator, fresh: pd.DataFrame, *, staff: pd.DataFrame, span: int
) -> pd.DataFrame:
    """People who come a second time: soon (a duplicate), or after RE_INQUIRY_DAYS (a re-inquiry).

    Never within two days of that limit, so that no answer hangs on how it is counted.
    """
    draw = rng.random(len(fresh))
    may = (fresh["converted"] == NEVER).to_numpy()
    first = fresh.loc[may & (draw < 0.075)]
    is_soon = draw[first.index] < 0.045
    soon = rng.integers(HOUR, (RE_INQUIRY_DAYS - 3) * DAY, len(first))
    late = rng.integers((RE_INQUIRY_DAYS + 3) * DAY, 700 * DAY, len(first))
    created = first["created"].to_numpy() + np.where(is_soon, soon, late)
    again = first.assign(created=created, source=np.where(rng.random(len(first)) < 0.7, WEB, 1))
    again = again.loc[created < midnight(span) - HOUR].reset_index(drop=True)
    owner = present_reps(rng, staff, local_days(again["created"]), span=span)
    return again.assign(owner=owner)


def _known_people(
    rng: np.random.Generator,
    deals: pd.DataFrame,
    contacts: pd.DataFrame,
    converted: pd.DataFrame,
    *,
    staff: pd.DataFrame,
    span: int,
) -> pd.DataFrame:
    """A few contacts of deals, who were no lead before, fill in the web form around that time."""
    is_free = (deals["contact"] >= 0).to_numpy().copy()
    is_free[converted["met_in"]] = False
    chosen = deals.loc[is_free & (rng.random(len(deals)) < 0.03)].drop_duplicates("contact")
    contact = chosen["contact"].to_numpy()
    created = chosen["created"].to_numpy() + rng.integers(-60 * DAY, 60 * DAY, len(chosen))
    is_within = (created >= midnight(0)) & (created < midnight(span) - HOUR)
    created, contact = created[is_within], contact[is_within]
    return pd.DataFrame(
        {
            "created": created,
            "source": WEB,
            "owner": present_reps(rng, staff, local_days(created), span=span),
            "company": contacts["account"].to_numpy()[contact],
            "deal": -1,
            "met_in": -1,
            "converted": NEVER,
            "person": contacts["person"].to_numpy()[contact],
        }
    )
