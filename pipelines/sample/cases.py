"""The awkward cases, by name: forced into every sample, so that each has a known answer.

Cases of deals are put in before the deals move, cases of leads and calls once these are drawn.
A case is a list of row numbers of the table it is about.
"""

import numpy as np
import pandas as pd

from pipelines.sample.accounts import RESERVED
from pipelines.sample.calls import NO_ANSWER
from pipelines.sample.clock import DAY, HOUR, NEVER, local_days, midnight
from pipelines.sample.leads import INBOUND
from pipelines.sample.opportunities import EXISTING, LEAD_SOURCES, NEW, RENEWAL
from pipelines.sample.tasks import COPY_SECONDS

Cases = dict[str, list[int]]
WIN_BACK_DAYS = 750  # more than 24 months
SOON = 170 * DAY  # less than 180 days: a duplicate
LONG = 190 * DAY  # more than 180 days, after which a lead is a re-inquiry


def force_deals(deals: pd.DataFrame, accounts: pd.DataFrame, *, span: int) -> Cases:
    """The cases of deals, made of ordinary deals by changing both tables in place.

    Wins of the cases go to accounts of their own, so that no other deal decides about their class.
    """
    wins = _ordinary_wins(deals, span=span)
    own = iter(range(len(accounts) - RESERVED, len(accounts)))
    older, first, same_day, lonely, renewed = wins[:5]
    day = local_days(deals["closed"])
    renewed_later = next(win for win in wins if day[win] > day[renewed])
    others = [win for win in wins[5:] if win != renewed_later]
    account = next(own)
    _give(deals, [older], account=account, kind=EXISTING)
    accounts.loc[account, "customer_since"] = -1_600
    _give(deals, [renewed, renewed_later], account=next(own), kind=EXISTING)
    deals.loc[renewed, "kind"] = RENEWAL
    _give(deals, [lonely], account=-1, kind=NEW)
    timing = ["created", "ends", "closed"]
    deals.loc[same_day, timing] = deals.loc[first, timing]
    _give(deals, [first, same_day], account=next(own), kind=NEW)
    cases = {
        "customer_older_than_the_data": [older],
        "renewal_is_the_first_win_seen": [renewed, renewed_later],
        "won_without_account": [lonely],
        "two_first_day_wins_of_one_account": [first, same_day],
        **_force_losses(deals, span=span),
    }
    won_back = _pair_of_wins(deals, others)
    if won_back:
        _give(deals, won_back, account=next(own), kind=NEW)
        deals.loc[won_back[1], "kind"] = EXISTING
        cases["win_back_after_24_months"] = won_back
    return cases


def _ordinary_wins(deals: pd.DataFrame, *, span: int) -> list[int]:
    """Wins of new business, in the order in which they closed."""
    day = local_days(deals["closed"])
    is_ordinary = (
        deals["is_won"]
        & (deals["kind"] == NEW)
        & (deals["account"] >= 0)
        & (deals["handed"] == NEVER)
        & (day < span - 10)
    )
    return deals.loc[is_ordinary].sort_values(["closed", "created"]).index.tolist()


def _give(deals: pd.DataFrame, rows: list[int], *, account: int, kind: str) -> None:
    deals.loc[rows, "account"] = account
    deals.loc[rows, "kind"] = kind


def _pair_of_wins(deals: pd.DataFrame, wins: list[int]) -> list[int]:
    """Two wins that lie more than 24 months apart; none where the sample is too short."""
    closed = deals["closed"].to_numpy()[wins]
    later = np.flatnonzero(closed > closed[0] + WIN_BACK_DAYS * DAY)
    return [wins[0], wins[int(later[0])]] if len(later) else []


def _force_losses(deals: pd.DataFrame, *, span: int) -> Cases:
    """A loss dated in the future, one whose amount is set to 0, and one that is still open."""
    is_loss = ~deals["is_won"] & (deals["closed"] < NEVER) & (deals["handed"] == NEVER)
    is_loss &= (deals["cap"] >= 2) & (local_days(deals["closed"]) < span - 10)
    still_open, dated, zero = np.flatnonzero(is_loss)[:3].tolist()
    deals.loc[still_open, "closed"] = NEVER
    deals.loc[dated, "lost_day"] = span + 60
    return {
        "lost_dated_in_the_future": [dated],
        "loss_with_amount_0": [zero],
        "open_deal_older_than_any_cycle": [still_open],
    }


def force_amounts(deals: pd.DataFrame, cases: Cases) -> None:
    """The cases that are no wins had an amount from the first, and one lost it; in place."""
    names = "lost_dated_in_the_future", "loss_with_amount_0", "open_deal_older_than_any_cycle"
    rows = [row for name in names for row in cases[name]]
    deals.loc[rows, "estimate"] = deals.loc[rows, "offer"]
    deals.loc[cases["loss_with_amount_0"], "lost_amount"] = 0


def force_leads(leads: pd.DataFrame, prospects: pd.DataFrame, *, span: int) -> Cases:
    """The cases of leads, made of leads of people who are no lead a second time; in place."""
    reachable = prospects.loc[prospects["opted_out"] == NEVER, "person"]
    is_ordinary = (
        np.isin(np.array(LEAD_SOURCES, dtype=object)[leads["source"]], INBOUND)
        & leads["person"].isin(reachable)
        & ~leads["person"].duplicated(keep=False)
        & (leads["converted"] == NEVER)
        & (leads["spam"] == NEVER)
        & ~leads["is_import"]
        & (leads["owner"] >= 0)
        & (local_days(leads["created"]) < span - 20)
    )
    spam, opted_out, *others = np.flatnonzero(is_ordinary).tolist()
    created = leads["created"].to_numpy()
    leads.loc[[spam, opted_out], ["answered", "qualified", "closed"]] = NEVER
    leads.loc[spam, "spam"] = created[spam] + HOUR
    is_theirs = prospects["person"] == leads["person"].to_numpy()[opted_out]
    prospects.loc[is_theirs, "opted_out"] = created[opted_out] + HOUR
    return {
        "spam_lead": [spam],
        "opted_out_before_any_touch": [opted_out],
        "bulk_import": np.flatnonzero(leads["is_import"]).tolist(),
        **_force_merges(leads, others, span=span),
        **_force_returns(leads, others),
    }


def _force_merges(leads: pd.DataFrame, rows: list[int], *, span: int) -> Cases:
    """Three leads of one person, merged one into the next: the last one stays."""
    created = leads["created"].to_numpy()
    first = int(np.flatnonzero(created[rows[2:]] < created[rows[:-2]] + SOON)[0])
    chain = [rows.pop(first) for _ in range(3)]
    leads.loc[chain, "person"] = leads["person"].to_numpy()[chain[2]]
    leads.loc[chain[:2], "master"] = chain[1:]
    leads.loc[chain[:2], "merged"] = midnight(span) - np.array([2 * DAY, DAY]) + 15 * HOUR
    leads.loc[chain[0], "alias"] = "one.of.three@other.example"
    return {"merged_leads": chain}


def _force_returns(leads: pd.DataFrame, rows: list[int]) -> Cases:
    """One person comes back soon, one after long; the latter not where the sample is too short."""
    created, person = leads["created"].to_numpy(), leads["person"].to_numpy()
    soon = int(np.flatnonzero(np.diff(created[rows]) < SOON)[0])
    duplicate = [rows.pop(soon), rows.pop(soon)]
    cases = {"duplicate_lead": duplicate}
    later = [row for row in rows if created[row] > created[rows[0]] + LONG]
    if later:
        cases["re_inquiry"] = [rows[0], later[0]]
    for first, second in cases.values():
        leads.loc[second, "person"] = person[first]
    return cases


def late_copies(tasks: pd.DataFrame, *, span: int) -> Cases:
    """The copies that come too long after their touch to be known as such."""
    is_late = (tasks["copy_of"] >= 0) & (tasks["completed"] - tasks["touched"] > COPY_SECONDS)
    is_late &= tasks["completed"] < midnight(span)
    return {"copy_long_after_its_touch": np.flatnonzero(is_late).tolist()}


def force_calls(calls: pd.DataFrame) -> Cases:
    """One person is dialled twice within three minutes; in place."""
    first = int(np.flatnonzero(~calls["is_inbound"])[0])
    both = [first, first + 1]
    for name in ("user", "person", "prospect", "lead", "deal", "is_inbound"):
        calls.loc[both, name] = calls[name].to_numpy()[first]
    calls.loc[both, "disposition"] = NO_ANSWER
    calls.loc[both, "talks"] = False
    calls.loc[both, "answered"] = NEVER
    dialled = calls["dialled"].to_numpy()[first]
    for name, after in (("dialled", (0, 120)), ("completed", (20, 135)), ("created", (22, 140))):
        calls.loc[both, name] = dialled + np.array(after)
    return {"redial_within_3_minutes": both}
