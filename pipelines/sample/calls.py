"""The made-up calls of the outbound tool, with their outcomes."""

import numpy as np
import pandas as pd

from pipelines.sample.clock import NEVER

DISPOSITIONS = pd.DataFrame(
    [
        ("Answered - Meeting Set", "completed", 0.05),
        ("Answered - Not Interested", "completed", 0.14),
        ("Answered - Wrong Contact", "completed", 0.04),
        ("No Answer", "no_answer", 0.43),
        ("Left Voicemail", "no_answer", 0.29),
        ("Bad Number", "no_answer", 0.05),
    ],
    columns=["name", "outcome", "share"],
)
NO_DISPOSITION = -1
NO_ANSWER = 3  # a row of DISPOSITIONS


def make_calls(
    rng: np.random.Generator, occasions: pd.DataFrame, prospect_of: np.ndarray
) -> pd.DataFrame:
    """One row per dial, in the order in which they were entered.

    `prospect_of` gives each person's row number among the prospects, -1 for none. Some dial again
    within three minutes; some calls come in. `disposition` is a row number, -1 for none;
    `answered` and `completed` are NEVER where nobody talked.
    """
    calls = occasions.loc[occasions["kind"] == "call"]
    calls = calls.assign(prospect=prospect_of[calls["person"]])
    calls = calls.loc[calls["prospect"] >= 0].drop(columns="kind")
    is_in_vain = rng.random(len(calls)) < 0.02
    again = calls.loc[is_in_vain]
    again = again.assign(at=again["at"] + rng.integers(50, 175, len(again)))
    is_in_vain = np.concatenate([is_in_vain, np.zeros(len(again), dtype=bool)])
    calls = pd.concat([calls, again], ignore_index=True)
    calls = calls.rename(columns={"at": "dialled"})
    count = len(calls)
    disposition = rng.choice(len(DISPOSITIONS), count, p=DISPOSITIONS["share"])
    disposition = np.where(is_in_vain, NO_ANSWER, disposition)
    talks = (DISPOSITIONS["outcome"] == "completed").to_numpy()[disposition]
    ringing, talking = rng.integers(4, 25, count), rng.lognormal(4.6, 0.9, count).astype(int) + 5
    answered = np.where(talks, calls["dialled"] + ringing, NEVER)
    completed = np.where(talks, answered + talking, calls["dialled"] + ringing)
    calls = calls.assign(
        is_inbound=rng.random(count) < 0.06,
        disposition=np.where(rng.random(count) < 0.08, NO_DISPOSITION, disposition),
        talks=talks,
        answered=answered,
        completed=completed,
        created=completed + rng.integers(1, 240, count),
    )
    return calls.sort_values("created", kind="stable", ignore_index=True)
