"""The made-up targets: monthly ones of reps, quarterly ones of one team and of the company."""

import numpy as np
import pandas as pd

from pipelines.sample.quotas import plan_of, rates_of
from tests.mapped_export.deals import day_to_date
from tests.mapped_export.organisation import START, Organisation

TEAM_WITH_OWN_QUOTA = "Americas East"
TEAM_STRETCH = 1.08
COMPANY_CAUTION = 0.95

_FIRST_MONTH = np.datetime64(START, "M")
_MONTHS_BEFORE_QUOTAS = 3


def make_quotas(
    rng: np.random.Generator, organisation: Organisation, deals: pd.DataFrame, *, span: int
) -> pd.DataFrame:
    """Targets of revenue from January 2025 to the end of the calendar year of the last day.

    A plan that follows the company's trend and the rhythm of the quarters, shared among the reps
    by what each sells; over a year a rep attains about 0.75 to 1.1 of it. One team's own target
    is more than its members' sum, the company's is less than everybody's.
    """
    year_end = (day_to_date(span - 1).astype("datetime64[Y]") + 1).astype("datetime64[M]")
    months = _FIRST_MONTH + np.arange(int((year_end - _FIRST_MONTH).astype(int)))
    seen = int((day_to_date(span).astype("datetime64[M]") - _FIRST_MONTH).astype(int))
    sold = _sold(organisation, deals, seen=seen)
    plan = plan_of(sold.sum(axis=0), months=len(months))
    carries = _carries_quota(organisation, months)
    rates = rates_of(sold, carries * plan, year=months.astype("datetime64[Y]").astype(int))
    rates /= rng.uniform(0.75, 1.1, len(rates))[:, None]
    amounts = np.maximum(np.round(rates * plan / 500) * 500, 500) * carries
    months, amounts = months[_MONTHS_BEFORE_QUOTAS:], amounts[:, _MONTHS_BEFORE_QUOTAS:]
    is_member = (organisation.reps["team"] == TEAM_WITH_OWN_QUOTA).to_numpy()
    of_reps = _monthly(amounts, months, names=organisation.reps["name"].to_numpy())
    of_team = _quarterly(amounts[is_member] * TEAM_STRETCH, months, team=TEAM_WITH_OWN_QUOTA)
    of_company = _quarterly(amounts * COMPANY_CAUTION, months, team=None)
    return pd.concat([of_reps, of_team, of_company], ignore_index=True)


def _sold(organisation: Organisation, deals: pd.DataFrame, *, seen: int) -> np.ndarray:
    """Revenue per rep and complete month."""
    owner = np.where(deals["handed_on"] <= deals["closed"], deals["heir"], deals["rep"])
    won = deals["is_won"].to_numpy()
    closed = day_to_date(deals["closed"].to_numpy()[won]).astype("datetime64[M]")
    month = (closed - _FIRST_MONTH).astype(int)
    sold = np.zeros((organisation.rep_count, max(seen, month.max() + 1)))
    np.add.at(sold, (owner[won], month), deals["cents"].to_numpy()[won] / 100)
    return sold[:, :seen]


def _carries_quota(organisation: Organisation, months: np.ndarray) -> np.ndarray:
    """Per rep and month: present for the whole of it, and one who sells."""
    first_day = day_to_date(0)
    start = (months.astype("datetime64[D]") - first_day).astype(int)
    end = ((months + 1).astype("datetime64[D]") - first_day).astype(int)
    hired, left, capacity = (
        organisation.reps[column].to_numpy()[:, None] for column in ("hired", "left", "capacity")
    )
    return (hired <= start) & (end <= left) & (capacity > 0)


def _monthly(amounts: np.ndarray, months: np.ndarray, *, names: np.ndarray) -> pd.DataFrame:
    """Each rep's own targets."""
    rep, month = np.nonzero(amounts)
    return pd.DataFrame(
        {
            "owner": names[rep],
            "team": pd.Series([None] * len(rep), dtype=object),
            "start": months[month].astype("datetime64[D]"),
            "end": (months[month] + 1).astype("datetime64[D]"),
            "amount": amounts[rep, month].astype("int64"),
        }
    )


def _quarterly(amounts: np.ndarray, months: np.ndarray, *, team: str | None) -> pd.DataFrame:
    """A member's targets summed by calendar quarter, to the next thousand."""
    total = amounts.sum(axis=0).reshape(-1, 3).sum(axis=1)
    return pd.DataFrame(
        {
            "owner": pd.Series([None] * len(total), dtype=object),
            "team": pd.Series([team] * len(total), dtype=object),
            "start": months[::3].astype("datetime64[D]"),
            "end": (months[::3] + 3).astype("datetime64[D]"),
            "amount": (np.ceil(total / 1_000) * 1_000).astype("int64"),
        }
    )
