"""What is wrong in the sample's files, on purpose, because it is in real exports.

In the deals, by the columns of `choose_flaws`:
- 2 % of the rows spell a product without its space (as AtlasPro), in deals and lines alike;
- a few open deals have a stage that the config does not know, a few deals an account that is not
  among the accounts, or an owner who is not among the users;
- 6 % of the open deals and a few won ones have no account;
- 15 % of the lost deals, and a few won ones, have amount 0;
- one won deal was closed before it was created;
- empty is spelled N/A in some lead sources, amounts and industries.

In the file of deals only, by `unreadable_rows` and `stray_lines`:
- an amount "tbd", the date February 30, one id twice with different content;
- one row repeated as it is, a line of nothing but commas, a line with a field too many.

The rows that cannot be read are deals of their own, without lines: whatever is refused leaves
nothing behind that refers to it.
"""

import numpy as np
import pandas as pd

from tests.mapped_export.deals import LOST, WON, state_on
from tests.mapped_export.organisation import PRODUCTS

UNKNOWN_STAGE = "Verbal Commit"
UNKNOWN_ACCOUNT = "Thornmere Unlisted Ltd"
UNKNOWN_OWNER = "Former Employee"
NO_VALUE = "N/A"


def choose_flaws(rng: np.random.Generator, deals: pd.DataFrame, *, last_day: int) -> pd.DataFrame:
    """Which deals have which flaw, the same on every day; by the deals' row numbers."""
    state = state_on(deals, day=last_day)
    count = len(state)
    stage = state["stage"].to_numpy()
    is_open = stage < WON

    def share(part: float) -> np.ndarray:
        return rng.random(count) < part

    def some(among: np.ndarray, wanted: int) -> np.ndarray:
        chosen = np.zeros(count, dtype=bool)
        chosen[rng.permutation(np.flatnonzero(among))[:wanted]] = True
        return chosen

    few = max(count // 1_000, 2)
    return pd.DataFrame(
        {
            "has_glued_product": share(0.06),
            "has_unknown_stage": some(is_open, few + 1),
            "has_unknown_account": some(stage == LOST, few + 2),
            "has_unknown_owner": some(stage == LOST, few + 1),
            "has_no_account": (is_open & share(0.06)) | some(stage == WON, few),
            "is_lost_at_zero": (stage == LOST) & share(0.15),
            "is_won_at_zero": some(stage == WON, few),
            "is_closed_too_early": some(stage == WON, 1),
            "has_source_spelled_empty": share(0.015),
            "has_amount_spelled_empty": share(0.2),
        },
        index=state.index,
    )


def spelled_products(product: np.ndarray, *, is_glued: np.ndarray) -> np.ndarray:
    """The products' names; of the Pro ones, where `is_glued`, without the space."""
    names = PRODUCTS["product_name"].to_numpy(dtype=object)
    glued = PRODUCTS["product_name"].str.replace(" Pro", "Pro").to_numpy(dtype=object)
    return np.where(is_glued, glued[product], names[product])


def unreadable_rows(like: pd.Series, *, year: str) -> pd.DataFrame:
    """Rows as `like`, each with an id of its own (one twice) and one thing that cannot be read."""
    no_day = {"Closed Date": f"{year}-02-30", "Lost Reason": ""}
    open_deal = {"Deal Stage": "Negotiation", "Closed Date": "", "Lost Reason": ""}
    differences = (
        {"Deal ID": "D-900001", **open_deal, "Deal Value": "tbd"},
        {"Deal ID": "D-900002", "Deal Stage": "Closed Won", **no_day},
        {"Deal ID": "D-900003", **open_deal, "Deal Value": "4200.00"},
        {"Deal ID": "D-900003", **open_deal, "Deal Value": "4800.00"},
    )
    return pd.DataFrame([{**like.to_dict(), **difference} for difference in differences])


def stray_lines(like: pd.Series) -> str:
    """A line of nothing but commas, and one whose unquoted comma gives it a field too many."""
    fields = {**like.to_dict(), "Deal ID": "D-900004", "Deal Name": "Thornmere, Unlisted"}
    plain = [str(value).replace(",", "") for key, value in fields.items() if key != "Deal Name"]
    broken = [plain[0], str(fields["Deal Name"]), *plain[1:]]
    return "," * (len(fields) - 1) + "\n" + ",".join(broken) + "\n"
