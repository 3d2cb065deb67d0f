"""Who is who: what the tools' records of a person have in common, and who is no customer at all.

The CRM and the outbound tool mostly know a person by one address. Where they do not, the tool
carries the CRM's id, or there is just one person of that name at the mail domain; else its records
are those of somebody else. Company staff and testers fill in forms as well, and make deals.
"""

import numpy as np
import pandas as pd

from pipelines.sample.clock import NEVER, local_days
from pipelines.sample.leads import Prospecting
from pipelines.sample.names import address
from pipelines.sample.organisation import MAIL_DOMAIN

Found = dict[str, list[int]]
FREE_MAIL, TEST_DOMAIN = "freemail.example", "test.example"
TEST, INTERNAL = "test", "internal"
WITH_ID = 0.7
# Shares of the prospects: the address changed, or is another one of the same domain, or both are
# free mail: the same, or two.
CHANGED, OTHER, SAME_FREE, TWO_FREE = 0.03, 0.03, 0.01, 0.008
TESTS, INTERNALS = 0.006, 0.004
PAIRS = 0.001
TRIED_SHARE = 0.004  # of the deals


def tell_apart(
    rng: np.random.Generator, prospects: pd.DataFrame, met: Prospecting, *, kept: list[int]
) -> Found:
    """The cases of who is who, as rows of `prospects`; both it and the people change in place.

    Prospects get an `email`, and the CRM's record that they name: `of_lead` or `of_contact`, a row
    number or -1. `known_as` is none of the people where no rule tells who it is. The leads in
    `kept` stay as they are.
    """
    people, person = met.people, prospects["person"].to_numpy()
    lead, contact = _first_records(met)
    is_free = (np.maximum(lead, contact)[person] >= 0) & (people["exclusion"] == "").to_numpy()[
        person
    ]
    is_free &= ~np.isin(person, met.leads["person"].to_numpy()[kept])
    is_lead_only = np.isin(person, met.leads["person"]) & ~np.isin(person, met.contacts["person"])
    is_lead_only &= is_free & (prospects["opted_out"] == NEVER).to_numpy()
    pairs = _namesakes(prospects, people, np.flatnonzero(is_lead_only))
    is_free[pairs] = is_lead_only[pairs] = False
    draw = rng.random(len(person))
    bounds = np.cumsum([0, CHANGED, OTHER, SAME_FREE, TWO_FREE])
    changed, other, same_free, two_free = (
        np.flatnonzero((low <= draw) & (draw < high) & may)
        for low, high, may in zip(
            bounds[:-1],
            bounds[1:],
            (is_free, is_free & ~_shares_its_name(people)[person], is_lead_only, is_lead_only),
            strict=True,
        )
    )
    free = person[np.concatenate([same_free, two_free])]
    people.loc[free, "email"] = _free_mail(people, free, "")
    email = people["email"].to_numpy()[person]
    email[changed] = _free_mail(people, person[changed], "new.")
    email[other] = _of_initials(people, person[other])
    email[pairs] = _of_initials(people, person[pairs])
    email[two_free] = _free_mail(people, person[two_free], "my.")
    strangers = np.concatenate([pairs, two_free])
    known_as = person.copy()
    known_as[strangers] = len(people) + strangers
    has_id = rng.random(len(person)) < WITH_ID
    has_id[changed] = True
    has_id[np.concatenate([other, strangers])] = False
    prospects["email"], prospects["known_as"] = email, known_as
    prospects["of_lead"] = np.where(has_id, lead[person], -1)
    prospects["of_contact"] = np.where(has_id, contact[person], -1)
    return {
        "prospect_known_by_id": changed.tolist(),
        "prospect_known_by_domain_and_name": other.tolist(),
        "two_of_one_name_at_one_domain": pairs.tolist(),
        "two_free_mail_addresses": two_free.tolist(),
    }


def _namesakes(prospects: pd.DataFrame, people: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
    """Prospects in pairs: two people of one company, the second of whom is renamed, in place."""
    person = prospects["person"].to_numpy()
    company = pd.Series(people["company"].to_numpy()[person[rows]])
    seconds = np.flatnonzero(company.duplicated() & ~company.duplicated(keep="last"))
    firsts = {one: row for row, one in zip(rows[::-1], company[::-1], strict=True)}
    pairs = [(firsts[company[second]], rows[second]) for second in seconds.tolist()]
    pairs = pairs[: max(3, round(PAIRS * len(prospects)))]
    found = np.array(pairs, dtype=int).reshape(-1, 2)
    one, other = person[found].T
    of = people.loc[one]
    people.loc[other, ["first", "last"]] = of[["first", "last"]].to_numpy()
    domain = of["email"].str.split("@").str[1]
    local = of["last"].str.lower() + "."
    people.loc[other, "email"] = (local + other.astype(str) + "@" + domain).to_numpy()
    return found.ravel()


def _shares_its_name(people: pd.DataFrame) -> np.ndarray:
    return people.duplicated(["first", "last", "company"], keep=False).to_numpy()


def _free_mail(people: pd.DataFrame, person: np.ndarray, prefix: str) -> np.ndarray:
    of = people.loc[person]
    return address(prefix + of["first"] + ".", of["last"], number=person, domain=FREE_MAIL)


def _of_initials(people: pd.DataFrame, person: np.ndarray) -> np.ndarray:
    """Other addresses of people at their mail domains."""
    of = people.loc[person]
    domain = of["email"].str.split("@").str[1]
    return address(of["first"].str[:1], of["last"], number=person, domain=domain)


def _first_records(met: Prospecting) -> tuple[np.ndarray, np.ndarray]:
    """For each person the lead or the contact that the CRM had first; at least one is -1."""
    first, rows = list[np.ndarray](), list[np.ndarray]()
    for table in (met.leads, met.contacts):
        by_age = table.sort_values("created", kind="stable", ascending=False)
        row, at = np.full(len(met.people), -1), np.full(len(met.people), NEVER)
        row[by_age["person"]], at[by_age["person"]] = by_age.index, by_age["created"]
        rows.append(np.where(at < NEVER, row, -1))
        first.append(at)
    is_lead = first[0] <= first[1]
    return np.where(is_lead, rows[0], -1), np.where(is_lead, -1, rows[1])


def leave_out(rng: np.random.Generator, met: Prospecting, *, kept: list[int]) -> Found:
    """Some of those who are leads are testers, or work for the company itself: which leads.

    People change in place: `people.exclusion` is TEST, INTERNAL or "".
    """
    people, leads = met.people, met.leads
    may = (leads["converted"] == NEVER) & (leads["spam"] == NEVER) & ~leads["is_import"]
    own = np.setdiff1d(leads["person"].to_numpy()[may], met.contacts["person"])
    own = np.setdiff1d(own, leads["person"][leads["person"].duplicated()])
    own = np.setdiff1d(own, leads["person"].to_numpy()[kept])
    draw = rng.random(len(own))
    testers, staff = own[draw < TESTS], own[(draw >= TESTS) & (draw < TESTS + INTERNALS)]
    people["exclusion"] = ""
    people.loc[testers, "exclusion"], people.loc[staff, "exclusion"] = TEST, INTERNAL
    people.loc[testers, "first"] = "Test"
    for person, domain in ((testers, TEST_DOMAIN), (staff, MAIL_DOMAIN)):
        of = people.loc[person]
        local = of["first"] + "."
        people.loc[person, "email"] = address(local, of["last"], number=person, domain=domain)
    chosen = np.isin(leads["person"], np.concatenate([testers, staff]))
    return {"testers_and_own_people": np.flatnonzero(chosen).tolist()}


def try_out(
    rng: np.random.Generator, deals: pd.DataFrame, is_free: np.ndarray, *, span: int
) -> tuple[pd.DataFrame, Found]:
    """The deals, of which a few `is_test`: somebody made them to try out the CRM.

    Of each outcome at least two, where there are two that are free to be that.
    """
    is_won = deals["is_won"].to_numpy()
    is_over = local_days(deals["closed"]) < span
    is_free = is_free & (deals["deleted"] == NEVER).to_numpy()
    outcomes = (is_won & is_over, ~is_won & is_over, ~is_over)
    count = max(round(len(deals) * TRIED_SHARE / len(outcomes)), 2)
    chosen = [rng.permutation(np.flatnonzero(is_free & outcome))[:count] for outcome in outcomes]
    is_test = deals.index.isin(np.concatenate(chosen))
    return deals.assign(is_test=is_test), {"test_deals": np.flatnonzero(is_test).tolist()}
