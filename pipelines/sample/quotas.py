"""The made-up targets: monthly ones of reps, quarterly ones of one team and of the company."""

import numpy as np
import pandas as pd

from pipelines.sample.clock import START, date_to_day, day_to_date, local_days
from pipelines.sample.currencies import in_dollars
from pipelines.sample.organisation import reps_of

TEAM_WITH_OWN_QUOTA = "Americas East"
TEAM_STRETCH = 1.08
COMPANY_CAUTION = 0.95

_FIRST_MONTH = np.datetime64(START, "M")
_MONTHS_BEFORE_QUOTAS = 3


def make_quotas(
    rng: np.random.Generator,
    people: pd.DataFrame,
    deals: pd.DataFrame,
    exchange: pd.DataFrame,
    *,
    span: int,
) -> pd.DataFrame:
    """Targets of revenue from three months after START to the end of the last day's year.

    `person` is a row number, -1 for none; `start` and `end` (exclusive) are days, `amount` dollars.

    A plan that follows the company's trend and the rhythm of the quarters, shared among the reps
    by what each sells; over a year a rep attains about 0.75 to 1.1 of it. One team's own target
    is more than its members' sum, the company's is less than everybody's.
    """
    year_end = (day_to_date(span - 1).astype("datetime64[Y]") + 1).astype("datetime64[M]")
    months = _FIRST_MONTH + np.arange(int((year_end - _FIRST_MONTH).astype(int)))
    seen = int((day_to_date(span).astype("datetime64[M]") - _FIRST_MONTH).astype(int))
    reps = reps_of(people)
    sold = _sold(deals, exchange, rep_count=len(reps), seen=seen)
    plan = plan_of(sold.sum(axis=0), months=len(months))
    carries = _carries_quota(reps, months)
    rates = rates_of(sold, carries * plan, year=months.astype("datetime64[Y]").astype(int))
    rates /= rng.uniform(0.75, 1.1, len(rates))[:, None]
    amounts = np.maximum(np.round(rates * plan / 500) * 500, 500) * carries
    months, amounts = months[_MONTHS_BEFORE_QUOTAS:], amounts[:, _MONTHS_BEFORE_QUOTAS:]
    is_member = (reps["team"] == TEAM_WITH_OWN_QUOTA).to_numpy()
    of_reps = _monthly(amounts, months)
    of_team = _quarterly(amounts[is_member] * TEAM_STRETCH, months, team=TEAM_WITH_OWN_QUOTA)
    of_company = _quarterly(amounts * COMPANY_CAUTION, months, team="")
    return pd.concat([of_reps, of_team, of_company], ignore_index=True)


def _sold(deals: pd.DataFrame, rates: pd.DataFrame, *, rep_count: int, seen: int) -> np.ndarray:
    """About the revenue per rep and complete month; what was handed on is its first owner's."""
    owner = np.where(deals["handed"] <= deals["closed"], deals["heir"], deals["rep"])
    won = (deals["is_won"] & (deals["won_cents"] > 0)).to_numpy()
    day = local_days(deals["closed"].to_numpy()[won])
    month = (day_to_date(day).astype("datetime64[M]") - _FIRST_MONTH).astype(int)
    cents, currency = (deals[name].to_numpy()[won] for name in ("won_cents", "currency"))
    sold = np.zeros((rep_count, max(seen, month.max() + 1)))
    np.add.at(sold, (owner[won], month), in_dollars(cents, currency, day, rates))
    return sold[:, :seen]


def plan_of(sold: np.ndarray, *, months: int) -> np.ndarray:
    """The trend of a month and its neighbours, times the usual share of its place in a quarter."""
    window = np.ones(5)
    trend = np.convolve(sold, window, "same") / np.convolve(np.ones(len(sold)), window, "same")
    place = np.arange(months) % 3
    rhythm = np.array(
        [(sold / np.maximum(trend, 1))[place[: len(sold)] == i].mean() for i in range(3)]
    )
    ahead = np.full(months - len(sold), trend[-1] * 1.05)
    return np.concatenate([trend, ahead]) * rhythm[place] / rhythm.mean()


def _carries_quota(reps: pd.DataFrame, months: np.ndarray) -> np.ndarray:
    """Per rep and month: present for the whole of it, and one who sells."""
    start, end = date_to_day(months), date_to_day(months + 1)
    hired, left, capacity = (
        reps[column].to_numpy()[:, None] for column in ("hired", "left", "capacity")
    )
    return (hired <= start) & (end <= left) & (capacity > 0)


def rates_of(sold: np.ndarray, planned: np.ndarray, *, year: np.ndarray) -> np.ndarray:
    """Per rep and month: the share of the plan the rep sells in that year.

    A year of few months leans on the rep's whole time, worth three months; a rep who has not sold
    yet is rated as the median.
    """
    seen = sold.shape[1]
    is_in_year = (year[:, None] == year).astype(float)
    whole = sold.sum(axis=1) / np.maximum(planned[:, :seen].sum(axis=1), 1)
    whole = np.where(whole > 0, whole, np.median(whole[whole > 0]))[:, None]
    lean = 3 * planned.mean(axis=1, keepdims=True)
    yearly = sold @ is_in_year[:seen] + lean * whole
    return yearly / np.maximum(planned[:, :seen] @ is_in_year[:seen] + lean, 1)


def _monthly(amounts: np.ndarray, months: np.ndarray) -> pd.DataFrame:
    """Each rep's own targets."""
    rep, month = np.nonzero(amounts)
    return pd.DataFrame(
        {
            "person": rep,
            "team": "",
            "start": date_to_day(months[month]),
            "end": date_to_day(months[month] + 1),
            "amount": amounts[rep, month].astype("int64"),
        }
    )


def _quarterly(amounts: np.ndarray, months: np.ndarray, *, team: str) -> pd.DataFrame:
    """A member's targets summed by calendar quarter, to the next thousand."""
    total = amounts.sum(axis=0).reshape(-1, 3).sum(axis=1)
    return pd.DataFrame(
        {
            "person": -1,
            "team": team,
            "start": date_to_day(months[::3]),
            "end": date_to_day(months[::3] + 3),
            "amount": (np.ceil(total / 1_000) * 1_000).astype("int64"),
        }
    )
