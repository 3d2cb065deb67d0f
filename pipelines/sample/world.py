"""Everything that is true of the sample's company: one event log, from beginning to after the end.

The files tell of it what each tool would have known on a day; the truth is counted from it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.sample import cases as awkward
from pipelines.sample.accounts import RESERVED, date_accounts, make_accounts, make_companies
from pipelines.sample.amounts import (
    NO_AMOUNT,
    date_lines,
    entry_moments,
    last_offer,
    make_lines,
    odd_wins,
    price_deals,
)
from pipelines.sample.calls import make_calls
from pipelines.sample.cases import Cases
from pipelines.sample.changes import STAYS_SHARE, delete, hand_on, keep_amounts, merge, reopen
from pipelines.sample.clock import DAY, NEVER, NO_DAY, local_days
from pipelines.sample.currencies import make_rates, price_in_currencies
from pipelines.sample.identity import leave_out, tell_apart, try_out
from pipelines.sample.leads import Prospecting, make_prospecting
from pipelines.sample.mailings import make_mail
from pipelines.sample.meetings import make_meetings
from pipelines.sample.merges import merge_records
from pipelines.sample.occasions import make_occasions, make_prospects
from pipelines.sample.opportunities import hand_over, make_opportunities, name_kinds
from pipelines.sample.organisation import REP, make_people
from pipelines.sample.quotas import make_quotas
from pipelines.sample.reorgs import make_places, teams_on
from pipelines.sample.stages import SAME, make_steps
from pipelines.sample.tasks import make_tasks
from pipelines.sample.tool_tasks import make_tool_tasks, tasks_of

DAYS_WITH_CHANGES = 3  # from so many exported days on, a rep leaves and deals are deleted


@dataclass(frozen=True, kw_only=True)
class Sold:
    """Deals, their steps and lines; and the cases among them."""

    deals: pd.DataFrame
    steps: pd.DataFrame
    lines: pd.DataFrame
    handovers: pd.DataFrame
    accounts: pd.DataFrame
    cases: Cases


@dataclass(frozen=True, kw_only=True)
class Touched:
    """What the outbound tool, the calendar and the CRM's tasks hold; and the cases among them.

    `tasks` are the CRM's, `tool_tasks` those of the outbound tool.
    """

    prospects: pd.DataFrame
    calls: pd.DataFrame
    mailings: pd.DataFrame
    enrolments: pd.DataFrame
    meetings: pd.DataFrame
    tasks: pd.DataFrame
    tool_tasks: pd.DataFrame
    cases: Cases


@dataclass(frozen=True, kw_only=True)
class World:
    """The event log as tables; rows refer to each other by row number, -1 being nobody.

    `staff` sell; the people whom they met are outside, at `companies`, the first of which are the
    `accounts`. Moments and days are those of clock.py, money is cents. `cases` holds row numbers.
    """

    span: int
    seed: int
    scale: float
    staff: pd.DataFrame
    places: pd.DataFrame
    companies: pd.DataFrame
    accounts: pd.DataFrame
    met: Prospecting
    deals: pd.DataFrame
    steps: pd.DataFrame
    lines: pd.DataFrame
    handovers: pd.DataFrame
    rates: pd.DataFrame
    touched: Touched
    quotas: pd.DataFrame
    cases: Cases


def make_world(*, scale: float, count: int, seed: int, span: int, days: int) -> World:
    """`count` opportunities and all around them within `span` days, of which `days` are exported.

    Each part draws from a stream of its own, so that one can change without the others.
    """
    founding, selling, prospecting, touching, changing = (
        np.random.default_rng([seed, stream]) for stream in range(5)
    )
    recording, trying, planning = (np.random.default_rng([seed, stream]) for stream in (10, 11, 12))
    staff = make_people(founding, scale=scale, span=span)
    places = make_places(changing, staff, span=span)
    companies = make_companies(founding, scale=scale)
    rates = make_rates(changing, span=span)
    sold = _sell(
        selling,
        changing,
        staff=staff,
        places=places,
        accounts=make_accounts(founding, scale=scale),
        rates=rates,
        count=count,
        span=span,
        days=days,
    )
    met = make_prospecting(
        prospecting,
        staff=staff,
        companies=companies,
        accounts=sold.accounts,
        deals=sold.deals,
        span=span,
    )
    met = merge_records(recording, met, span=span)
    accounts = _kept(founding, sold.accounts, staff, met, span=span)
    touched = _touch(touching, recording, planning, met, staff, span=span)
    deals, deleted = _deleted(changing, met, touched, span=span, days=days)
    told = [row for rows in sold.cases.values() for row in rows]
    is_free = _is_free(deals, met, touched) & ~deals.index.isin(told)
    deals, tests = try_out(trying, deals, is_free, span=span)
    return World(
        span=span,
        seed=seed,
        scale=scale,
        staff=staff,
        places=places,
        companies=companies,
        accounts=accounts,
        met=met,
        deals=deals,
        steps=sold.steps,
        lines=sold.lines,
        handovers=sold.handovers,
        rates=rates,
        touched=touched,
        quotas=make_quotas(selling, staff, met.deals, rates, span=span),
        cases={**sold.cases, **deleted, **tests, **touched.cases},
    )


def _deleted(
    rng: np.random.Generator, met: Prospecting, touched: Touched, *, span: int, days: int
) -> tuple[pd.DataFrame, Cases]:
    """The deals, of which some are deleted that nothing refers to, and on which nothing hangs."""
    deals = met.deals
    if days < DAYS_WITH_CHANGES:
        return deals.assign(deleted=NEVER), {}
    is_free = _is_free(deals, met, touched)
    deleted, cases = delete(rng, deals, is_free, span=span, days=days)
    return deals.assign(deleted=deleted), cases


def _is_free(deals: pd.DataFrame, met: Prospecting, touched: Touched) -> np.ndarray:
    """True for the deals that nothing refers to, and on which nothing hangs."""
    kept = {*touched.meetings["deal"], *touched.tasks["deal"], *met.leads["deal"]}
    is_free = ~deals.index.isin(kept) & (deals["contact"] < 0).to_numpy()
    is_free &= ~deals["is_case"].to_numpy() & ~deals["is_evidence"].to_numpy()
    is_free &= (deals["reopened"] == NEVER).to_numpy() & (deals["handed"] == NEVER).to_numpy()
    return is_free & (deals["account"] >= 0).to_numpy()


def _sell(
    rng: np.random.Generator,
    changing: np.random.Generator,
    *,
    staff: pd.DataFrame,
    places: pd.DataFrame,
    accounts: pd.DataFrame,
    rates: pd.DataFrame,
    count: int,
    span: int,
    days: int,
) -> Sold:
    deals = make_opportunities(rng, staff, accounts, count=count, span=span)
    deals = deals.assign(heir=deals["rep"], handed=NEVER, lost_day=SAME)
    if days >= DAYS_WITH_CHANGES:
        deals = hand_over(deals, staff, teams_on(places, span - 2), day=span - 2)
    deals["kind"] = name_kinds(rng, deals, accounts)
    cases = awkward.force_deals(deals, accounts, span=span)
    deals["is_case"] = deals.index.isin([row for rows in cases.values() for row in rows])
    deals, reopened = reopen(changing, deals, staff, span=span)
    accounts, merged = merge(changing, accounts, deals, span=span)
    deals["stays_put"] = changing.random(len(deals)) < STAYS_SHARE
    lines = make_lines(rng, deals, accounts["segment"].to_numpy()[deals["account"]])
    entered = entry_moments(rng, deals)
    deals = price_deals(rng, deals, lines, entered)
    deals = keep_amounts(odd_wins(rng, deals, accounts=len(accounts) - RESERVED))
    awkward.force_amounts(deals, cases)
    last = last_offer(deals)
    deals = deals.assign(won_cents=np.where(last == NO_AMOUNT, 0, last))
    deals, sold_abroad = price_in_currencies(changing, deals, accounts, rates)
    steps = make_steps(rng, deals, entered)
    handovers, handed = hand_on(changing, deals, steps, staff, span=span)
    return Sold(
        deals=deals,
        steps=steps,
        lines=date_lines(lines, deals),
        handovers=handovers,
        accounts=accounts,
        cases={**cases, **reopened, **merged, **sold_abroad, **handed},
    )


def _touch(
    rng: np.random.Generator,
    recording: np.random.Generator,
    planning: np.random.Generator,
    met: Prospecting,
    staff: pd.DataFrame,
    *,
    span: int,
) -> Touched:
    prospects = make_prospects(rng, met)
    cases = awkward.force_leads(met.leads, prospects, span=span)
    kept = [row for rows in cases.values() for row in rows]
    cases |= leave_out(recording, met, kept=kept)
    cases |= tell_apart(recording, prospects, met, kept=kept)
    prospect_of = np.full(len(met.people), -1)
    prospect_of[prospects["person"]] = prospects.index
    occasions = make_occasions(rng, met, staff, prospects)
    calls = make_calls(rng, occasions, prospect_of)
    cases |= awkward.force_calls(calls)
    mail = make_mail(
        rng,
        occasions=occasions,
        met=met,
        staff=staff,
        prospects=prospects,
        prospect_of=prospect_of,
    )
    tasks = make_tasks(
        recording,
        met=met,
        staff=staff,
        occasions=occasions,
        prospects=prospects,
        calls=calls,
        mailings=mail.mailings,
        copied_calls=cases["redial_within_3_minutes"],
    )
    tool_tasks = make_tool_tasks(
        planning,
        prospects=prospects,
        staff=staff,
        occasions=occasions,
        calls=calls,
        mailings=mail.mailings,
    )
    return Touched(
        prospects=prospects,
        calls=calls.assign(task=tasks_of(tool_tasks, "call", len(calls))),
        mailings=mail.mailings.assign(task=tasks_of(tool_tasks, "mailing", len(mail.mailings))),
        enrolments=mail.enrolments,
        meetings=make_meetings(rng, occasions, met, staff),
        tasks=tasks,
        tool_tasks=tool_tasks,
        cases=cases | awkward.late_copies(tasks, span=span),
    )


def _kept(
    rng: np.random.Generator,
    accounts: pd.DataFrame,
    staff: pd.DataFrame,
    met: Prospecting,
    *,
    span: int,
) -> pd.DataFrame:
    """The accounts as they are kept: created by the first deal, owned by reps who stay."""
    first = np.full(len(accounts), NEVER)
    for table in (met.deals, met.contacts):
        known = table.loc[table["account"] >= 0]
        np.minimum.at(first, known["account"].to_numpy(), known["created"].to_numpy())
    accounts = date_accounts(rng, accounts, first_seen=first, span=span)
    old_hands = np.flatnonzero((staff["title"] == REP) & (staff["hired"] < 0))
    owner = old_hands[rng.integers(0, len(old_hands), len(accounts))]
    return _known_since(rng, accounts, met.deals).assign(owner=owner)


def _known_since(
    rng: np.random.Generator, accounts: pd.DataFrame, deals: pd.DataFrame
) -> pd.DataFrame:
    """Of some new customers it is `noted` one day that they are customers since their first win."""
    first_win = np.full(len(accounts), NEVER)
    is_win = deals["is_won"] & (deals["reopened"] == NEVER)
    won = deals.loc[is_win & (deals["account"] >= 0) & (deals["won_cents"] > 0)]
    np.minimum.at(first_win, won["account"].to_numpy(), won["closed"].to_numpy())
    is_noted = (rng.random(len(accounts)) < 0.3) & (accounts["customer_since"] == NO_DAY)
    is_noted[-RESERVED:] = False
    since = np.where(is_noted, local_days(first_win), accounts["customer_since"])
    noted = np.where(is_noted & (first_win < NEVER), first_win + DAY, NEVER)
    return accounts.assign(customer_since=since, noted=noted)
