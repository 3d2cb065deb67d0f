"""What the made-up deals are sold in, and what a dollar costs elsewhere, month by month."""

import numpy as np
import pandas as pd

from pipelines.sample.accounts import CODES
from pipelines.sample.cases import Cases
from pipelines.sample.clock import NEVER, NO_DAY, date_to_day, day_to_date, local_days

CURRENCIES = ("USD", "EUR", "GBP", "CHF")
USD, EUR, GBP, CHF = range(len(CURRENCIES))
MILLION = 1_000_000
COSTS = np.array([1.0, 0.92, 0.79, 0.88])  # of a dollar, at first
DECIMALS = (6, 5, 6, 4)
FRANC_SHARE = 0.04
FRANC_RATES_FROM = 0.72  # of the span: before, nobody noted what francs are worth
_BY_COUNTRY = {"DE": EUR, "ES": EUR, "GB": GBP, "SE": EUR}


def make_rates(rng: np.random.Generator, *, span: int) -> pd.DataFrame:
    """One row per currency and month: `currency` by number, `since` a day, `rate` in millionths.

    A rate is what one dollar costs; it holds until the currency's next one, `until`.
    """
    first = day_to_date(-90).astype("datetime64[M]")
    count = int((day_to_date(span).astype("datetime64[M]") - first).astype(int)) + 1
    months = first + np.arange(count)
    drift = np.cumsum(rng.normal(0, 0.015, (len(months), len(CURRENCIES))), axis=0)
    rates: list[pd.DataFrame] = []
    for currency in (EUR, GBP, CHF):
        rate = np.round(COSTS[currency] * np.exp(drift[:, currency]), DECIMALS[currency])
        since = date_to_day(months)
        rates.append(
            pd.DataFrame(
                {
                    "currency": currency,
                    "since": since,
                    "until": np.append(since[1:], NO_DAY),
                    "rate": np.round(rate * MILLION).astype("int64"),
                }
            )
        )
    known = pd.concat(rates, ignore_index=True)
    return known.loc[
        (known["currency"] != CHF) | (known["since"] >= FRANC_RATES_FROM * span)
    ].reset_index(drop=True)


def price_in_currencies(
    rng: np.random.Generator,
    deals: pd.DataFrame,
    accounts: pd.DataFrame,
    rates: pd.DataFrame,
) -> tuple[pd.DataFrame, Cases]:
    """The deals with their `currency`, by their account's country; the cases are sold in dollars.

    Where francs are won that nobody can convert, the account had won something before, for money
    that is known: so it never hangs on that whose customer is new; `is_evidence` marks the deals
    of those accounts.
    """
    by_country = np.array([_BY_COUNTRY.get(code, USD) for code in CODES])
    account = deals["account"].to_numpy()
    usual = by_country[accounts["country"].to_numpy()[account]]
    usual = np.where(account < 0, USD, usual)
    usual = np.where(deals["is_case"], USD, usual)
    owner = accounts["root"].to_numpy()[account]
    day = local_days(deals["closed"])
    is_first = deals["is_won"].to_numpy() & (deals["reopened"] == NEVER).to_numpy()
    is_first &= (deals["won_cents"] > 0).to_numpy() & (account >= 0)
    first = np.full(len(accounts), NEVER)
    np.minimum.at(first, owner[is_first], day[is_first])
    begin = int(rates.loc[rates["currency"] == CHF, "since"].min())
    is_settled = day > first[owner] + 31
    is_win = (deals["is_won"] | (deals["reopened"] < NEVER)).to_numpy()
    may = (usual != USD) & (~is_win | is_settled | (day >= begin))
    is_franc = may & (rng.random(len(deals)) < FRANC_SHARE)
    is_franc[np.flatnonzero(may & is_first & is_settled & (day < begin))[:3]] = True
    is_unknown = is_franc & is_win & (day < begin)
    is_evidence = np.isin(owner, owner[is_unknown])
    made = deals.assign(currency=np.where(is_franc, CHF, usual), is_evidence=is_evidence)
    rows = np.flatnonzero(is_unknown & is_first).tolist()
    return made, {"won_in_a_currency_without_a_rate": rows} if rows else {}


def in_dollars(
    cents: np.ndarray, currency: np.ndarray, day: np.ndarray, rates: pd.DataFrame
) -> np.ndarray:
    """About how many dollars the amounts were worth on days; nothing where nobody knows."""
    dollars = np.where(currency == USD, cents / 100, 0.0)
    for code in (EUR, GBP, CHF):
        own = rates.loc[rates["currency"] == code]
        place = np.searchsorted(own["since"].to_numpy(), day, side="right") - 1
        is_known = (currency == code) & (place >= 0)
        rate = own["rate"].to_numpy()[np.maximum(place, 0)] / MILLION
        dollars = np.where(is_known, cents / 100 / rate, dollars)
    return dollars
