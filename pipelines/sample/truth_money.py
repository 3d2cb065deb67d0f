"""Amounts in the company's currency, exactly: in whole cents, by rates in whole millionths."""

from bisect import bisect_right

import numpy as np
import pandas as pd

from pipelines.sample.currencies import MILLION, USD


def rounded(numerator: int, denominator: int) -> int:
    """The quotient, to the nearest whole number, half away from zero."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def all_rounded(numerator: np.ndarray, denominator: np.ndarray | int) -> np.ndarray:
    """The same of whole arrays; twice the numerators must not exceed 63 bits."""
    size = (2 * np.abs(numerator) + denominator) // (2 * denominator)
    return np.where(numerator >= 0, size, -size)


class Exchange:
    """What dollars cost on a day: the last rate known on or before it."""

    def __init__(self, rates: pd.DataFrame) -> None:
        self._since: dict[int, list[int]] = {}
        self._rate: dict[int, list[int]] = {}
        for row in rates.sort_values("since").to_dict("records"):
            self._since.setdefault(row["currency"], []).append(row["since"])
            self._rate.setdefault(row["currency"], []).append(row["rate"])

    def rate(self, currency: int, day: int) -> int | None:
        """Millionths of the currency for a dollar; None before its first rate."""
        if currency == USD:
            return MILLION
        place = bisect_right(self._since[currency], day)
        return self._rate[currency][place - 1] if place else None

    def cents(self, cents: int | None, currency: int, day: int) -> int | None:
        """The amount in cents of a dollar, at the day's rate."""
        rate = self.rate(currency, day)
        return None if cents is None or rate is None else rounded(cents * MILLION, rate)

    def all_cents(
        self, cents: np.ndarray, currency: np.ndarray, day: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The amounts in cents of a dollar, at the day's rates, and for which there is a rate."""
        rates = np.array([self.rate(code, day) or 0 for code in (USD, *sorted(self._since))])
        of = rates[currency]
        return all_rounded(cents * MILLION, np.maximum(of, 1)), of > 0
