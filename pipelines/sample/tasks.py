"""The made-up tasks of the CRM: to-dos, which are no touches, and the calls and mails logged there.

The outbound tool writes a part of its calls and of its mails by hand into the CRM: copies, nearly
all of them within minutes. Other touches only the CRM knows of, because a rep logged them there.
"""

import numpy as np
import pandas as pd

from pipelines.sample.calls import DISPOSITIONS, NO_DISPOSITION
from pipelines.sample.clock import DAY, HOUR, NEVER, NO_DAY, at_work, local_days
from pipelines.sample.leads import Prospecting
from pipelines.sample.mailings import CAMPAIGN
from pipelines.sample.occasions import is_possible

TO_DO, CALL, EMAIL = "Task", "Call", "Email"  # as the CRM calls them
COPY_SECONDS = 300  # a copy that comes later is taken for a touch of its own
COPIED_SHARE = 0.6
LATE_SHARE = 0.006
LATEST_COPY = 200
LATEST_OF_MANY = 100  # where the same two people were in touch shortly before or after
SHORTLY = 600
FAR = 20 * 60  # no touch of the CRM's own is so near to one of the tool's
BY_HAND_UNKNOWN, BY_HAND_KNOWN = 0.5, 0.05


def make_tasks(
    rng: np.random.Generator,
    *,
    met: Prospecting,
    staff: pd.DataFrame,
    occasions: pd.DataFrame,
    prospects: pd.DataFrame,
    calls: pd.DataFrame,
    mailings: pd.DataFrame,
    copied_calls: list[int],
) -> pd.DataFrame:
    """One row per task, in the order of creation; `kind` is TO_DO, CALL or EMAIL.

    Of a copy, `copy_of` is the row number of the call or mail, and `touched` when that happened;
    else -1, and `completed` again: NEVER for what is not done. `copied_calls` all have a copy.
    `due_day` is NO_DAY, `talked` -1 and `disposition` NO_DISPOSITION where nothing is said.
    """
    touches = _touches_of_the_tool(met, prospects, calls, mailings)
    drafts = [
        make_todos(rng, met, staff),
        _copies(rng, touches, copied_calls=copied_calls),
        _by_hand(rng, met, staff=staff, occasions=occasions, prospects=prospects, touches=touches),
    ]
    tasks = pd.concat(drafts, ignore_index=True)
    tasks["contact"] = _records_of_contacts(rng, tasks, met.contacts)
    return tasks.sort_values("created", kind="stable", ignore_index=True)


def make_todos(rng: np.random.Generator, met: Prospecting, staff: pd.DataFrame) -> pd.DataFrame:
    """To-dos on deals: due some days later, most of them done."""
    deals = met.deals
    deal = np.repeat(deals.index.to_numpy(), rng.poisson(0.35, len(deals)))
    of = deals.loc[deal]
    length = (of["ends"] - of["created"]).to_numpy()
    created = at_work(rng, of["created"].to_numpy() + (length * rng.random(len(deal))).astype(int))
    done = created + rng.integers(HOUR, 9 * DAY, len(deal))
    done = np.where(rng.random(len(deal)) < 0.85, done, NEVER)
    todos = pd.DataFrame(
        {
            "kind": TO_DO,
            "user": of["rep"].to_numpy(),
            "person": -1,
            "lead": -1,
            "deal": deal,
            "contact": of["contact"].to_numpy(),
            "created": created,
            "completed": done,
            "touched": done,
            "due_day": local_days(created) + rng.integers(1, 8, len(deal)),
            "copy_of": -1,
            "is_inbound": False,
            "disposition": NO_DISPOSITION,
            "talked": -1,
            "subject": rng.integers(0, 4, len(deal)),
        }
    )
    is_there = local_days(created) < staff["left"].to_numpy()[todos["user"]]
    return todos.loc[is_there]


def _touches_of_the_tool(
    met: Prospecting, prospects: pd.DataFrame, calls: pd.DataFrame, mailings: pd.DataFrame
) -> pd.DataFrame:
    """The calls, and the mails that arrived, by one `touched` moment; marketing's are none.

    `may_be_copied` are calls and mails by hand, with people whom the tool knows by their records.
    """
    sent = mailings.loc[(mailings["kind"] != CAMPAIGN) & (mailings["delivered"] < NEVER)]
    is_known = (prospects["known_as"] == prospects["person"]).to_numpy()
    shared = ["user", "person", "lead", "deal", "prospect"]
    touches = pd.concat(
        [
            calls[[*shared, "is_inbound", "disposition", "talks"]].assign(
                kind=CALL,
                copy_of=calls.index,
                touched=calls["dialled"],
                talked=np.where(calls["talks"], calls["completed"] - calls["answered"], 0),
                may_be_copied=is_known[calls["prospect"]],
            ),
            sent[shared].assign(
                kind=EMAIL,
                copy_of=sent.index,
                touched=sent["delivered"],
                is_inbound=False,
                disposition=NO_DISPOSITION,
                talked=-1,
                may_be_copied=sent["is_manual"] & is_known[sent["prospect"]],
            ),
        ],
        ignore_index=True,
    )
    return touches.assign(contact=_contacts_of(met, touches["deal"].to_numpy()))


def _contacts_of(met: Prospecting, deal: np.ndarray) -> np.ndarray:
    return np.where(deal >= 0, met.deals["contact"].to_numpy()[deal], -1)


def _copies(
    rng: np.random.Generator, touches: pd.DataFrame, *, copied_calls: list[int]
) -> pd.DataFrame:
    """What the tool wrote into the CRM, some of it with another word on how a call ended.

    A copy comes while no other touch of the two people is nearer to it than its own, or soon
    enough for each to find one; a few come late, and then nothing else is near.
    """
    count = len(touches)
    is_forced = (touches["kind"] == CALL) & touches["copy_of"].isin(copied_calls)
    is_copied = touches["may_be_copied"] & ((rng.random(count) < COPIED_SHARE) | is_forced)
    gap = np.empty(count, dtype="int64")
    for kind in (CALL, EMAIL):
        of_kind = (touches["kind"] == kind).to_numpy()
        gap[of_kind] = gaps(touches.loc[of_kind])
    latest = np.where(gap < SHORTLY, LATEST_OF_MANY, LATEST_COPY)
    lag = (rng.random(count) * (latest + 1)).astype("int64")
    is_late = (rng.random(count) < LATE_SHARE) & (gap > 2 * HOUR) & ~is_forced
    lag = np.where(is_late, rng.integers(2 * SHORTLY, HOUR, count), lag)
    completed = touches["touched"].to_numpy() + lag
    other = rng.integers(0, len(DISPOSITIONS), count)
    is_other = (rng.random(count) < 0.03) & (touches["disposition"] != NO_DISPOSITION)
    copies = touches.drop(columns=["talks", "may_be_copied", "prospect"]).assign(
        created=completed,
        completed=completed,
        due_day=local_days(completed),
        disposition=np.where(is_other, other, touches["disposition"]),
        subject=-1,
    )
    return copies.loc[is_copied]


def _records_of_contacts(
    rng: np.random.Generator, tasks: pd.DataFrame, contacts: pd.DataFrame
) -> np.ndarray:
    """The contacts of the tasks; of people who have two records then, half are on the second."""
    duplicates = contacts.loc[contacts["master"] >= 0]
    second = np.full(len(contacts), -1)
    second[duplicates["master"]] = duplicates.index
    contact, created = tasks["contact"].to_numpy(), tasks["created"].to_numpy()
    other = np.where(contact >= 0, second[contact], -1)
    is_there = (contacts["created"].to_numpy()[other] < created) & (other >= 0)
    is_there &= created < contacts["merged"].to_numpy()[other]
    return np.where(is_there & (rng.random(len(tasks)) < 0.5), other, contact)


def gaps(touches: pd.DataFrame) -> np.ndarray:
    """Seconds from each touch to the nearest other one of the same two people; NEVER for none."""
    user, person, at = (touches[name].to_numpy() for name in ("user", "person", "touched"))
    order = np.lexsort((at, person, user))
    is_same = (np.diff(user[order]) == 0) & (np.diff(person[order]) == 0)
    between = np.where(is_same, np.diff(at[order]), NEVER)
    found = np.empty(len(at), dtype="int64")
    found[order] = np.minimum(np.append(NEVER, between), np.append(between, NEVER))
    return found


def _by_hand(
    rng: np.random.Generator,
    met: Prospecting,
    *,
    staff: pd.DataFrame,
    occasions: pd.DataFrame,
    prospects: pd.DataFrame,
    touches: pd.DataFrame,
) -> pd.DataFrame:
    """Calls and mails that only the CRM has, some planned days before, a few never made.

    With people whom the tool does not know, and now and then with those it does, from a mobile
    phone or one's own mailbox, at other times.
    """
    is_known = np.isin(occasions["person"], prospects["person"])
    is_chosen = rng.random(len(occasions)) < np.where(is_known, BY_HAND_KNOWN, BY_HAND_UNKNOWN)
    chosen = occasions.loc[is_chosen & (occasions["kind"] != "meeting")]
    is_known = is_known[chosen.index]
    count = len(chosen)
    later = at_work(rng, chosen["at"].to_numpy() + rng.integers(HOUR, 9 * DAY, count))
    chosen = chosen.assign(at=np.where(is_known, later, chosen["at"]))
    is_fine = is_possible(chosen, staff=staff, prospects=prospects, met=met)
    is_fine &= _distances(chosen, touches) > FAR
    is_call = (chosen["kind"] == "call").to_numpy()
    at, deal = chosen["at"].to_numpy(), chosen["deal"].to_numpy()
    is_planned = (deal >= 0) & (rng.random(count) < 0.15)
    deal_made = met.deals["created"].to_numpy()[deal]
    begun = np.maximum(at - rng.integers(HOUR, 4 * DAY, count), deal_made + 60)
    completed = np.where(is_planned & (rng.random(count) < 0.3), NEVER, at)
    talks = is_call & (rng.random(count) < 0.35)
    tasks = chosen.assign(
        kind=np.where(is_call, CALL, EMAIL),
        contact=_contacts_of(met, deal),
        created=np.where(is_planned, np.minimum(begun, at), at),
        completed=completed,
        touched=completed,
        due_day=np.where(is_planned, local_days(at), NO_DAY),
        copy_of=-1,
        is_inbound=is_call & (rng.random(count) < 0.1),
        disposition=np.where(
            is_call & (rng.random(count) < 0.8),
            np.where(talks, rng.integers(0, 3, count), rng.integers(3, 6, count)),
            NO_DISPOSITION,
        ),
        talked=np.where(talks, rng.integers(20, 900, count), np.where(is_call, 0, -1)),
        subject=-1,
    )
    return tasks.drop(columns="at").loc[is_fine]


def _distances(occasions: pd.DataFrame, touches: pd.DataFrame) -> np.ndarray:
    """Seconds from each occasion to the nearest touch of the tool with that person."""
    beyond = 1 << 33
    known = np.sort(touches["person"].to_numpy() * beyond + touches["touched"].to_numpy())
    known = np.concatenate([[-(1 << 60)], known, [1 << 60]])
    mine = occasions["person"].to_numpy() * beyond + occasions["at"].to_numpy()
    place = np.searchsorted(known, mine)
    return np.minimum(mine - known[place - 1], known[place] - mine)
