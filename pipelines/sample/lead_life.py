"""What becomes of a made-up lead: who enters it, when it is answered, qualified, closed."""

import numpy as np
import pandas as pd

from pipelines.sample.clock import DAY, HOUR, NEVER, at_work
from pipelines.sample.opportunities import LEAD_SOURCES
from pipelines.sample.organisation import INTEGRATION

WEB = LEAD_SOURCES.index("Web")
ANSWERED = np.array([0.87, 0.93, 0.8, 0.7, 0.5, 0.75, 0.7])  # by source
MEDIAN_MINUTES = np.array([20, 10, 200, 180, 1_500, 600, 600])


def live(rng: np.random.Generator, leads: pd.DataFrame, *, staff: pd.DataFrame) -> pd.DataFrame:
    """The leads with `creator`, and the moments `answered`, `qualified`, `closed`, `spam`.

    A converted lead is answered and qualified before, and closed otherwise never.
    """
    count = len(leads)
    created, converted = leads["created"].to_numpy(), leads["converted"].to_numpy()
    source, is_converted = leads["source"].to_numpy(), converted < NEVER
    integration = int(np.flatnonzero(staff["title"] == INTEGRATION)[0])
    typed_in = np.where(source == WEB, integration, leads["owner"])
    creator = np.where(typed_in < 0, integration, typed_in)
    is_import = leads["creator"].notna().to_numpy()
    creator = np.where(is_import, leads["creator"], creator).astype(int)
    is_spam = (source == WEB) & (rng.random(count) < 0.02) & ~is_converted
    waits = (leads["owner"] < 0).to_numpy()
    share = ANSWERED[source] * np.where(waits, 0.6, 1) * np.where(is_import | is_spam, 0.25, 1)
    is_answered = is_converted | (rng.random(count) < share)
    delay = rng.lognormal(np.log(MEDIAN_MINUTES[source] * np.where(waits, 4, 1)), 1.7, count)
    answered = at_work(rng, created + np.maximum(delay * 60, 90).astype("int64"))
    room = np.where(is_converted, converted - created, NEVER)
    answered = np.minimum(answered, created + (room * 0.8).astype("int64"))
    answered = np.where(is_answered, answered, NEVER)
    is_good = is_converted | (is_answered & ~is_spam & (rng.random(count) < 0.16))
    end = np.where(is_converted, converted, answered + rng.integers(DAY, 20 * DAY, count))
    wait = ((end - answered) * rng.uniform(0.1, 1, count)).astype("int64")
    qualified = np.where(is_good, answered + wait, NEVER)
    over = np.maximum(qualified.clip(max=NEVER - 1), created) + rng.integers(
        8 * DAY, 70 * DAY, count
    )
    over = np.where(qualified < NEVER, over, created + rng.integers(8 * DAY, 70 * DAY, count))
    gives_up = ~is_converted & ~is_spam & (rng.random(count) < 0.75)
    return leads.assign(
        creator=creator,
        is_import=is_import,
        answered=answered,
        qualified=qualified,
        closed=np.where(gives_up, at_work(rng, over), NEVER),
        spam=np.where(is_spam, created + rng.integers(HOUR, 3 * DAY, count), NEVER),
    )
