"""The truth about growth without the movements of rates: both years at the mean rates of one."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from pipelines.sample.clock import START
from pipelines.sample.currencies import MILLION
from pipelines.sample.truth_calendar import (
    GRAINS,
    comparable_end,
    end_of,
    start_of,
    working_days,
    year_before,
)
from pipelines.sample.truth_cells import Answer, Cell, Places, Value
from pipelines.sample.truth_deals import Deal
from pipelines.sample.truth_money import Exchange, rounded

KPI = "revenue_growth_constant_currency"
FINE = 10**12  # what a currency is worth is summed in so many parts of a dollar
Sales = dict[int, dict[int, int]]  # by currency and day, cents of that currency


class MeanRates:
    """What a currency was worth on average, on the days of a period on which that was known."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.worth = cache(self._worth)

    def _worth(self, currency: int, first: int, end: int) -> tuple[int, int] | None:
        """Parts of a dollar, summed over days, and how many days; None where it was never known."""
        rates = [self._exchange.rate(currency, day) for day in range(first, end)]
        known = [rounded(FINE * MILLION, rate) for rate in rates if rate is not None]
        return (sum(known), len(known)) if known else None


def of_constant_growth(
    deals: list[Deal], places: Places, exchange: Exchange, *, as_of: date
) -> Iterator[Value]:
    """Revenue against a year ago, both at that period's mean rates, by company and team.

    Only of deals that are in revenue. Where a currency was sold that had no rate in the period a
    year ago, there is no growth. A running period is compared with as many working days, at the
    mean rates of the whole period. A part of a credited deal has the same part of its own amount.
    """
    won = [deal for deal in deals if deal.outcome == "won" and deal.money is not None]
    first_closed = START + timedelta(days=min(deal.closed or 0 for deal in deals if deal.closed))
    means = MeanRates(exchange)
    for (scope, member), sales in _sales(won, places).items():
        for grain in GRAINS[1:]:
            start = start_of(grain, first_closed)
            while start <= as_of:
                base = year_before(grain, start)
                end = comparable_end(grain, base, running=start, as_of=as_of)
                is_partial = base <= first_closed and working_days(base, first_closed) > 0
                days = _days(base, end_of(grain, base))
                now = _revalued(sales, _days(start, end_of(grain, start)), days, means)
                before = _revalued(sales, _days(base, end), days, means)
                if now is not None and before and not is_partial:
                    growth = Answer(now / before - 1, now / 100, before / 100)
                    yield Value(KPI, "value", Cell(grain, start, scope, member), growth)
                start = end_of(grain, start)


def _days(start: date, end: date) -> tuple[int, int]:
    return (start - START).days, (end - START).days


def _sales(won: list[Deal], places: Places) -> dict[tuple[str, str], Sales]:
    sales: dict[tuple[str, str], Sales] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for deal in won:
        day, amount = deal.closed or 0, deal.amount or 0
        parts = places.credits(day, deal.owner, deal.money or 0)
        sales["company", places.members["company"][0]][deal.currency][day] += amount
        for team, cents in _shared(amount, parts, places.members["team"]):
            sales["team", team][deal.currency][day] += cents
    return sales


def _shared(
    amount: int, parts: list[tuple[int, int]], names: list[str]
) -> Iterator[tuple[str, int]]:
    """The amount, in the proportions of the credited dollars, to the cent."""
    whole = sum(abs(cents) for _, cents in parts)
    if len(parts) == 1 or not whole:
        yield names[parts[0][0]], amount
        return
    sign = -1 if amount < 0 else 1
    shares = [[abs(amount) * abs(cents) // whole, team] for team, cents in parts]
    order = sorted(
        range(len(parts)),
        key=lambda i: (-(abs(amount) * abs(parts[i][1]) % whole), names[parts[i][0]]),
    )
    for place in order[: abs(amount) - sum(share for share, _ in shares)]:
        shares[place][0] += 1
    for share, team in shares:
        yield names[team], sign * share


def _revalued(
    sales: Sales, days: tuple[int, int], rated: tuple[int, int], means: MeanRates
) -> int | None:
    """Cents of a dollar: what was sold within days, at the mean rates of others."""
    total = 0
    for currency, daily in sales.items():
        amounts = [cents for day, cents in daily.items() if days[0] <= day < days[1]]
        if amounts:
            worth = means.worth(currency, *rated)
            if worth is None:
                return None
            total += rounded(sum(amounts) * worth[0], FINE * worth[1])
    return total
