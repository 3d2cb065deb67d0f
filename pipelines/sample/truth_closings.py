"""The deals that closed, as arrays: what the truth about them is counted from many times over."""

from dataclasses import dataclass

import numpy as np

from pipelines.sample.truth_deals import CLASSES, Deal


@dataclass(frozen=True, kw_only=True)
class Closed:
    """Deals that were won or lost, a place in each array per deal; days and cents as in Deal.

    `row` is the deal's own, `revenue_class` a number of CLASSES, -1 for losses. `money` and
    `last_money` are 0 where there is none; `has_last_money` says where there is a last one.
    """

    row: np.ndarray
    day: np.ndarray
    created: np.ndarray
    owner: np.ndarray
    is_won: np.ndarray
    is_renewal: np.ndarray
    is_eligible: np.ndarray
    is_new_customer: np.ndarray
    revenue_class: np.ndarray
    money: np.ndarray
    last_money: np.ndarray
    has_last_money: np.ndarray

    def of(self, rows: np.ndarray | slice) -> "Closed":
        """Some of them."""
        return Closed(**{name: column[rows] for name, column in vars(self).items()})


def closed_of(deals: list[Deal]) -> Closed:
    """Those that closed, in their order."""
    closed = [deal for deal in deals if deal.closed is not None]
    return Closed(
        row=np.array([deal.row for deal in closed], dtype="int64"),
        day=np.array([deal.closed for deal in closed], dtype="int64"),
        created=np.array([deal.created for deal in closed], dtype="int64"),
        owner=np.array([deal.owner for deal in closed], dtype="int64"),
        is_won=np.array([deal.outcome == "won" for deal in closed], dtype=bool),
        is_renewal=np.array([deal.is_renewal for deal in closed], dtype=bool),
        is_eligible=np.array([deal.is_eligible for deal in closed], dtype=bool),
        is_new_customer=np.array([deal.is_new_customer for deal in closed], dtype=bool),
        revenue_class=np.array(
            [CLASSES.index(deal.revenue_class) if deal.revenue_class else -1 for deal in closed],
            dtype="int64",
        ),
        money=np.array([deal.money or 0 for deal in closed], dtype="int64"),
        last_money=np.array([deal.last_money or 0 for deal in closed], dtype="int64"),
        has_last_money=np.array([deal.last_money is not None for deal in closed], dtype=bool),
    )
