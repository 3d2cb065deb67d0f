"""The made-up tasks of the outbound tool: what a rep had to do, and the call or mail it became.

No task is a touch beside its call or mail, and one without either is none at all.
"""

import numpy as np
import pandas as pd

from pipelines.sample.clock import DAY, HOUR, NEVER, at_work, local_days
from pipelines.sample.mailings import SINGLE

OF_CALLS, OF_SINGLE_MAILS, OF_OCCASIONS = 0.12, 0.1, 0.02
SHORTEST_WAIT = 60
ACTIONS = ("action_item", "call", "email", "in_person")
ACTION_SHARES = (0.5, 0.25, 0.15, 0.1)
DONE_SHARE = 0.55


def make_tool_tasks(
    rng: np.random.Generator,
    *,
    prospects: pd.DataFrame,
    staff: pd.DataFrame,
    occasions: pd.DataFrame,
    calls: pd.DataFrame,
    mailings: pd.DataFrame,
) -> pd.DataFrame:
    """One row per task, in the order of creation; moments are NEVER where not.

    `call`, `mailing` and `enrolment` are row numbers, -1 for none; both former name by what it was
    done. Every manual step of a sequence has one; so have some other calls and mails by hand.
    """
    drafts = [
        _of_calls(rng, calls, prospects),
        _of_mails(rng, mailings, prospects),
        _to_dos(rng, occasions, prospects, staff),
    ]
    return pd.concat(drafts, ignore_index=True).sort_values(
        "created", kind="stable", ignore_index=True
    )


def tasks_of(tool_tasks: pd.DataFrame, name: str, count: int) -> np.ndarray:
    """The row number of the task of each of `count` calls, or mailings; -1 for none."""
    found = np.full(count, -1)
    done_by = tool_tasks.loc[tool_tasks[name] >= 0, name]
    found[done_by] = done_by.index
    return found


def _planned(rng: np.random.Generator, at: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Some hours or days before, but hardly before the tool knows the person."""
    before = at - rng.integers(HOUR, 3 * DAY, len(at))
    return np.minimum(np.maximum(before, known + SHORTEST_WAIT), at - SHORTEST_WAIT)


def _of_calls(
    rng: np.random.Generator, calls: pd.DataFrame, prospects: pd.DataFrame
) -> pd.DataFrame:
    chosen = calls.loc[~calls["is_inbound"] & (rng.random(len(calls)) < OF_CALLS)]
    known = prospects["created"].to_numpy()[chosen["prospect"]]
    return pd.DataFrame(
        {
            "action": "call",
            "user": chosen["user"].to_numpy(),
            "prospect": chosen["prospect"].to_numpy(),
            "created": _planned(rng, chosen["dialled"].to_numpy(), known),
            "due": chosen["dialled"].to_numpy(),
            "done": chosen["created"].to_numpy(),
            "call": chosen.index,
            "mailing": -1,
            "enrolment": -1,
            "step": -1,
        }
    )


def _of_mails(
    rng: np.random.Generator, mailings: pd.DataFrame, prospects: pd.DataFrame
) -> pd.DataFrame:
    """Outside sequences the task comes before the mail; in them, the mail waits for the task."""
    is_single = (mailings["kind"] == SINGLE) & (rng.random(len(mailings)) < OF_SINGLE_MAILS)
    is_step = (mailings["step"] >= 0) & mailings["is_manual"]
    chosen = mailings.loc[is_single | is_step]
    written = chosen["created"].to_numpy()
    known = prospects["created"].to_numpy()[chosen["prospect"]]
    planned = _planned(rng, written, known)
    return pd.DataFrame(
        {
            "action": "email",
            "user": chosen["user"].to_numpy(),
            "prospect": chosen["prospect"].to_numpy(),
            "created": np.where(chosen["step"] >= 0, written, planned),
            "due": chosen["scheduled"].to_numpy(),
            "done": chosen[["delivered", "bounced"]].min(axis=1).to_numpy(),
            "call": -1,
            "mailing": chosen.index,
            "enrolment": chosen["enrolment"].to_numpy(),
            "step": chosen["step"].to_numpy(),
        }
    )


def _to_dos(
    rng: np.random.Generator,
    occasions: pd.DataFrame,
    prospects: pd.DataFrame,
    staff: pd.DataFrame,
) -> pd.DataFrame:
    """What nobody called or wrote for: half of it is ticked off all the same."""
    chosen = occasions.loc[
        occasions["person"].isin(prospects["person"]) & (rng.random(len(occasions)) < OF_OCCASIONS)
    ]
    count = len(chosen)
    of_person = pd.Series(prospects.index, prospects["person"].to_numpy())
    created, user = chosen["at"].to_numpy(), chosen["user"].to_numpy()
    done = at_work(rng, created + rng.integers(HOUR, 9 * DAY, count))
    is_done = (rng.random(count) < DONE_SHARE) & (local_days(done) < staff["left"].to_numpy()[user])
    return pd.DataFrame(
        {
            "action": rng.choice(np.array(ACTIONS, dtype=object), count, p=ACTION_SHARES),
            "user": user,
            "prospect": of_person.loc[chosen["person"]].to_numpy(),
            "created": created,
            "due": created + rng.integers(1, 8, count) * DAY,
            "done": np.where(is_done, done, NEVER),
            "call": -1,
            "mailing": -1,
            "enrolment": -1,
            "step": -1,
        }
    )
