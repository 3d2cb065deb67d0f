"""The truth about activity: calls, mails and meetings, and what share of them came to something."""

from collections.abc import Iterator

import numpy as np

from pipelines.sample.calls import DISPOSITIONS, NO_DISPOSITION
from pipelines.sample.clock import DAY, local_days, midnight
from pipelines.sample.mailings import CAMPAIGN, REPLY_DAYS
from pipelines.sample.truth_cells import Answer, Answers, Places, Value, count, share, values
from pipelines.sample.world import World


def of_calls(world: World, places: Places) -> Iterator[Value]:
    """Dials by the day on which they were made, and who answered."""
    calls = world.touched.calls
    calls = calls.loc[~calls["is_inbound"] & (calls["created"] < midnight(world.span))]
    said = calls["disposition"].to_numpy()
    is_said = said != NO_DISPOSITION
    is_answered = is_said & (DISPOSITIONS["outcome"] == "completed").to_numpy()[said]

    def say(rows: np.ndarray) -> Answers:
        return {
            **count("calls_made", rows),
            **share("connect_rate", int(is_answered[rows].sum()), int(is_said[rows].sum())),
        }

    yield from values(places.groups(local_days(calls["dialled"]), calls["user"].to_numpy()), say)


def of_mails(world: World, places: Places) -> Iterator[Value]:
    """Delivered mails, by whom and whether by hand; marketing's are not counted."""
    mails = world.touched.mailings
    cutoff = midnight(world.span)
    mails = mails.loc[(mails["delivered"] < cutoff) & (mails["kind"] != CAMPAIGN)]
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
    cutoff = midnight(world.span)
    meetings = world.touched.meetings
    meetings = meetings.loc[
        (meetings["person"] >= 0)
        & ~meetings["is_child"]
        & (meetings["created"] < cutoff)
        & (meetings["deleted"] >= cutoff)
    ]
    yield from values(
        places.groups(local_days(meetings["created"]), meetings["user"].to_numpy()),
        lambda rows: count("meetings_booked", rows),
    )
    held = meetings.loc[meetings["ends"] <= cutoff]
    yield from values(
        places.groups(local_days(held["starts"]), held["owner"].to_numpy()),
        lambda rows: count("meetings_held", rows),
    )
