"""The truth about activity: calls, mails and meetings, and what share of them came to something.

A touch counts once. Where both tools hold it, the outbound tool's record says when it was, by whom,
and what came of it.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipelines.sample.calls import DISPOSITIONS, NO_DISPOSITION
from pipelines.sample.clock import DAY, local_days, midnight
from pipelines.sample.mailings import CAMPAIGN, REPLY_DAYS
from pipelines.sample.tasks import CALL, COPY_SECONDS, EMAIL
from pipelines.sample.truth_cells import Answer, Answers, Places, Value, count, share, values
from pipelines.sample.world import World


def logged(world: World, kind: str) -> pd.DataFrame:
    """The outbound calls or mails that only a task of the CRM tells of, done by the end."""
    tasks = world.touched.tasks
    lag = tasks["completed"] - tasks["touched"]
    return tasks.loc[
        (tasks["kind"] == kind)
        & ~tasks["is_inbound"]
        & (tasks["completed"] < midnight(world.span))
        & ((tasks["copy_of"] < 0) | (lag > COPY_SECONDS))
    ]


def _known_as(world: World, touches: pd.DataFrame) -> np.ndarray:
    """Whom the tools' records make of the prospects."""
    return world.touched.prospects["known_as"].to_numpy()[touches["prospect"]]


def left_out(world: World, person: np.ndarray) -> np.ndarray:
    """True for testers and the company's own people; -1 and strangers are none of them."""
    is_out = (world.met.people["exclusion"] != "").to_numpy()
    is_somebody = (person >= 0) & (person < len(is_out))
    return is_somebody & is_out[np.where(is_somebody, person, 0)]


def booked(world: World) -> pd.DataFrame:
    """Meetings with somebody from outside, booked by the end; what was cancelled is none."""
    cutoff = midnight(world.span)
    meetings = world.touched.meetings
    return meetings.loc[
        (meetings["person"] >= 0)
        & ~meetings["is_child"]
        & (meetings["created"] < cutoff)
        & (meetings["deleted"] >= cutoff)
        & ~left_out(world, meetings["person"].to_numpy())
    ]


def dialled(world: World) -> pd.DataFrame:
    """The outbound calls by the end: `user`, `person`, `at` and `disposition`."""
    calls = world.touched.calls
    calls = calls.loc[~calls["is_inbound"] & (calls["created"] < midnight(world.span))]
    calls = calls.assign(at=calls["dialled"], person=_known_as(world, calls))
    both = pd.concat([calls, logged(world, CALL).rename(columns={"completed": "at"})])
    both = both.loc[~left_out(world, both["person"].to_numpy())]
    return both.filter(["user", "person", "at", "disposition"])


def sent(world: World) -> pd.DataFrame:
    """The mails that arrived by the end, but for marketing's: `at` as `delivered`, and more.

    `enrolment` is a row number, -1 for none.
    """
    mails = world.touched.mailings
    mails = mails.loc[(mails["delivered"] < midnight(world.span)) & (mails["kind"] != CAMPAIGN)]
    by_hand = logged(world, EMAIL).rename(columns={"completed": "delivered"})
    mails = mails.assign(person=_known_as(world, mails))
    both = pd.concat([mails, by_hand.assign(is_manual=True, enrolment=-1)])
    both = both.loc[~left_out(world, both["person"].to_numpy())]
    return both.filter(["user", "person", "delivered", "is_manual", "enrolment"])


def of_calls(world: World, places: Places) -> Iterator[Value]:
    """Dials by the day on which they were made, and who answered."""
    calls = dialled(world)
    said = calls["disposition"].to_numpy()
    is_said = said != NO_DISPOSITION
    is_answered = is_said & (DISPOSITIONS["outcome"] == "completed").to_numpy()[said]

    def say(rows: np.ndarray) -> Answers:
        return {
            **count("calls_made", rows),
            **share("connect_rate", int(is_answered[rows].sum()), int(is_said[rows].sum())),
        }

    yield from values(places.groups(local_days(calls["at"]), calls["user"].to_numpy()), say)


def of_mails(world: World, places: Places) -> Iterator[Value]:
    """Delivered mails, by whom and whether by hand; marketing's are not counted."""
    mails = sent(world)
    cutoff = midnight(world.span)
    is_manual = mails["is_manual"].to_numpy()

    def say(rows: np.ndarray) -> Answers:
        manual = int(is_manual[rows].sum())
        return {
            **count("emails_sent", rows),
            ("manual_emails_sent", "value"): Answer(manual),
            ("automated_emails_sent", "value"): Answer(len(rows) - manual),
        }

    yield from values(places.groups(local_days(mails["delivered"]), mails["user"].to_numpy()), say)
    of_enrolments = mails.loc[mails["enrolment"] >= 0].sort_values(["enrolment", "delivered"])
    per_enrolment = of_enrolments.groupby("enrolment")
    first = per_enrolment.first()
    last = per_enrolment["delivered"].last().to_numpy()
    replied = world.touched.enrolments["replied"].to_numpy()[first.index]
    is_reply = (replied < cutoff) & (replied <= last + REPLY_DAYS * DAY)

    def reply(rows: np.ndarray) -> Answers:
        return share("reply_rate", int(is_reply[rows].sum()), len(rows))

    day, user = local_days(first["delivered"]), first["user"].to_numpy()
    yield from values(places.groups(day, user), reply)


def of_meetings(world: World, places: Places) -> Iterator[Value]:
    """Meetings with somebody from outside: booked, and held; what was cancelled is neither."""
    meetings = booked(world)
    yield from values(
        places.groups(local_days(meetings["created"]), meetings["user"].to_numpy()),
        lambda rows: count("meetings_booked", rows),
    )
    held = meetings.loc[meetings["ends"] <= midnight(world.span)]
    yield from values(
        places.groups(local_days(held["starts"]), held["owner"].to_numpy()),
        lambda rows: count("meetings_held", rows),
    )
