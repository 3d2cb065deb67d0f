"""The made-up mails of the outbound tool, and the enrolments in sequences they belong to."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.sample.clock import DAY, HOUR, NEVER, at_work, local_days
from pipelines.sample.leads import Prospecting
from pipelines.sample.occasions import is_possible

SEQUENCES = (
    ("Web inquiry follow-up", "AMAMA"),
    ("Trade show follow-up", "AAMA"),
    ("Cold outbound A", "AAMAAMA"),
    ("Cold outbound B", "MAAAMA"),
    ("Bought list nurture", "AAAA"),
    ("Partner introduction", "MAM"),
)  # name, and per step whether a person sends it (M) or the tool (A)
MOST_STEPS = max(len(plan) for _, plan in SEQUENCES)
_PLANS = [plan.ljust(MOST_STEPS) for _, plan in SEQUENCES]
OF_SOURCE = np.array([0, 0, 5, 1, 4, 2, 3])
ENROLLED = np.array([0.3, 0.15, 0.2, 0.45, 0.75, 0.75, 0.3])  # share of leads, by source
OF_CONTACTS = 0.25
SEQUENCE, SINGLE, CAMPAIGN = "sequence", "single", "campaign"
REPLY_DAYS = 14


@dataclass(frozen=True, kw_only=True)
class Mail:
    """Mailings and enrolments, each in the order of creation; moments are NEVER where not.

    `mailings.enrolment` is a row number of `enrolments`, -1 for none; so is `prospect`.
    """

    mailings: pd.DataFrame
    enrolments: pd.DataFrame


def make_mail(
    rng: np.random.Generator,
    *,
    occasions: pd.DataFrame,
    met: Prospecting,
    staff: pd.DataFrame,
    prospects: pd.DataFrame,
    prospect_of: np.ndarray,
) -> Mail:
    """All mails: one by one, by sequences until somebody replies, and a few campaigns."""
    enrolments = _enrolments(rng, met, staff=staff, prospects=prospects, prospect_of=prospect_of)
    opted_out = prospects["opted_out"].to_numpy()[enrolments["prospect"]]
    left = staff["left"].to_numpy()[enrolments["user"]]
    course = _course(rng, enrolments, left=left, opted_out=opted_out)
    singles = occasions.loc[occasions["kind"] == "mail"]
    singles = singles.assign(prospect=prospect_of[singles["person"]])
    singles = singles.loc[singles["prospect"] >= 0].drop(columns="kind")
    campaigns = _campaigns(rng, prospects, staff=staff)
    loose = pd.concat(
        [_single_mails(rng, singles, SINGLE), _single_mails(rng, campaigns, CAMPAIGN)],
        ignore_index=True,
    )
    mailings = pd.concat([_sequence_mails(enrolments, course), loose], ignore_index=True)
    mailings = mailings.sort_values("created", kind="stable", ignore_index=True)
    return Mail(mailings=mailings, enrolments=_outcomes(enrolments, course, opted_out))


def _enrolments(
    rng: np.random.Generator,
    met: Prospecting,
    *,
    staff: pd.DataFrame,
    prospects: pd.DataFrame,
    prospect_of: np.ndarray,
) -> pd.DataFrame:
    """Who is put into which sequence, when, by whom: leads by their source, and some contacts."""
    leads, deals = met.leads, met.deals
    is_in = (rng.random(len(leads)) < ENROLLED[leads["source"]]) & (leads["owner"] >= 0)
    is_in &= (leads["spam"] == NEVER).to_numpy()
    of_leads = leads.loc[is_in]
    of_deals = deals.loc[(deals["contact"] >= 0) & (rng.random(len(deals)) < OF_CONTACTS)]
    person = met.contacts["person"].to_numpy()[of_deals["contact"]]
    drafts = pd.DataFrame(
        {
            "at": np.concatenate([of_leads["created"], of_deals["created"]]),
            "user": np.concatenate([of_leads["owner"], of_deals["rep"]]),
            "person": np.concatenate([of_leads["person"], person]),
            "lead": np.concatenate([of_leads.index, np.full(len(of_deals), -1)]),
            "deal": np.concatenate([np.full(len(of_leads), -1), of_deals.index]),
            "sequence": np.concatenate(
                [OF_SOURCE[of_leads["source"]], rng.integers(0, len(SEQUENCES), len(of_deals))]
            ),
        }
    )
    drafts["at"] = at_work(rng, drafts["at"].to_numpy() + rng.integers(HOUR, 4 * DAY, len(drafts)))
    drafts["prospect"] = prospect_of[drafts["person"]]
    drafts = drafts.loc[
        (drafts["prospect"] >= 0) & is_possible(drafts, staff=staff, prospects=prospects, met=met)
    ]
    drafts = drafts.rename(columns={"at": "created"})
    return drafts.sort_values("created", kind="stable", ignore_index=True)


@dataclass(frozen=True, kw_only=True)
class _Course:
    """What happens to each enrolment: moments and flags, per enrolment or per its step."""

    planned: np.ndarray
    sent: np.ndarray
    is_manual: np.ndarray
    is_sent: np.ndarray
    replied: np.ndarray
    is_bounced: np.ndarray


def _course(
    rng: np.random.Generator,
    enrolments: pd.DataFrame,
    *,
    left: np.ndarray,
    opted_out: np.ndarray,
) -> _Course:
    """A sequence goes on until a reply, a bounce, an opt-out, or until its rep leaves."""
    count = len(enrolments)
    sequence = enrolments["sequence"].to_numpy()
    steps = np.array([len(plan) for _, plan in SEQUENCES])[sequence]
    is_manual = np.array([[letter == "M" for letter in plan] for plan in _PLANS])[sequence]
    planned, sent = _timetable(rng, enrolments["created"].to_numpy(), is_manual)
    is_bounced = rng.random(count) < 0.025
    to_step = np.minimum(rng.geometric(0.45, count), steps) - 1
    is_soon = rng.random(count) < 0.88
    soon, late = rng.integers(20 * 60, 2 * DAY, count), rng.integers(10 * DAY, 40 * DAY, count)
    replied = sent[np.arange(count), to_step] + np.where(is_soon, soon, late)
    replied = np.where((rng.random(count) < 0.1) & ~is_bounced, replied, NEVER)
    number = np.arange(MOST_STEPS)
    is_sent = (number < steps[:, None]) & (sent < np.minimum(replied, opted_out)[:, None])
    is_sent &= local_days(sent) < left[:, None]
    is_sent &= ~is_bounced[:, None] | (number == 0)
    return _Course(
        planned=planned,
        sent=sent,
        is_manual=is_manual,
        is_sent=np.logical_and.accumulate(is_sent, axis=1),
        replied=replied,
        is_bounced=is_bounced,
    )


def _timetable(
    rng: np.random.Generator, begun: np.ndarray, is_manual: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """When each step is planned, and when it is sent: at once, by hand within some hours."""
    count = len(begun)
    due = begun + rng.integers(5 * 60, 6 * HOUR, count)
    planned, sent = list[np.ndarray](), list[np.ndarray]()
    for step in range(MOST_STEPS):
        planned.append(at_work(rng, due))
        at_once, by_hand = rng.integers(1, 90, count), rng.integers(60, 5 * HOUR, count)
        sent.append(planned[-1] + np.where(is_manual[:, step], by_hand, at_once))
        due = sent[-1] + rng.integers(2 * DAY, 5 * DAY, count)
    return np.stack(planned, axis=1), np.stack(sent, axis=1)


def _sequence_mails(enrolments: pd.DataFrame, course: _Course) -> pd.DataFrame:
    """The mails of all steps that come to pass; each is written when the one before is sent."""
    enrolment, step = np.nonzero(course.is_sent)
    sent = course.sent[enrolment, step]
    before = np.where(
        step > 0,
        course.sent[enrolment, np.maximum(step - 1, 0)],
        enrolments["created"].to_numpy()[enrolment],
    )
    is_last = step == course.is_sent.sum(axis=1)[enrolment] - 1
    is_bounced = course.is_bounced[enrolment]
    of = enrolments.loc[enrolment, ["user", "person", "prospect", "lead", "deal"]]
    return of.reset_index(drop=True).assign(
        kind=SEQUENCE,
        created=before + 30,
        scheduled=course.planned[enrolment, step],
        delivered=np.where(is_bounced, NEVER, sent),
        bounced=np.where(is_bounced, sent + 20, NEVER),
        replied=np.where(is_last, course.replied[enrolment], NEVER),
        enrolment=enrolment,
        step=step,
        is_manual=course.is_manual[enrolment, step],
    )


def _outcomes(enrolments: pd.DataFrame, course: _Course, opted_out: np.ndarray) -> pd.DataFrame:
    """The enrolments with what became of them; those without any mail were given up in a day."""
    has_mail = course.is_sent.any(axis=1)
    last = np.where(course.is_sent, course.sent, 0).max(axis=1)
    over = np.minimum(last + 3 * DAY, course.replied)
    return enrolments.assign(
        active=np.where(has_mail, course.planned[:, 0], NEVER),
        replied=np.where(has_mail, course.replied, NEVER),
        bounced=np.where(has_mail & course.is_bounced, last + 20, NEVER),
        finished=np.where(has_mail, over, enrolments["created"] + DAY),
        opted_out=opted_out,
    )


def _campaigns(
    rng: np.random.Generator, prospects: pd.DataFrame, *, staff: pd.DataFrame
) -> pd.DataFrame:
    """Marketing mails to a few; sent by the team's manager, whose mailbox marketing uses."""
    managers = np.flatnonzero(staff["title"] == "Sales Manager")
    chosen = prospects.loc[(rng.random(len(prospects)) < 0.08) & (prospects["opted_out"] == NEVER)]
    return pd.DataFrame(
        {
            "at": at_work(
                rng, chosen["created"].to_numpy() + rng.integers(DAY, 90 * DAY, len(chosen))
            ),
            "user": managers[rng.integers(0, len(managers), len(chosen))],
            "person": chosen["person"].to_numpy(),
            "prospect": chosen.index.to_numpy(),
            "lead": -1,
            "deal": -1,
        }
    )


def _single_mails(rng: np.random.Generator, occasions: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Mails outside sequences: a few are scheduled, a few bounce, some are answered."""
    count = len(occasions)
    sent = occasions["at"].to_numpy()
    bounces = rng.random(count) < 0.015
    replies = ~bounces & (rng.random(count) < (0.16 if kind == SINGLE else 0.01))
    written = sent - np.where(rng.random(count) < 0.05, rng.integers(HOUR, DAY, count), 25)
    return occasions.drop(columns="at").assign(
        kind=kind,
        created=written,
        scheduled=sent,
        delivered=np.where(bounces, NEVER, sent),
        bounced=np.where(bounces, sent + 20, NEVER),
        replied=np.where(replies, sent + rng.integers(600, 4 * DAY, count), NEVER),
        enrolment=-1,
        step=-1,
        is_manual=kind == SINGLE,
    )
