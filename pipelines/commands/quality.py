"""What the codes of `kpi_values.quality` and `quality.value_notes` mean, in words."""

MEANINGS = {
    "running": "the period is not over, or its exports do not reach its end",
    "partial_start": "the data begin within this period",
    "stale": "an export of its source is held: the value rests on the last one accepted",
    "quarantined": "rows that could not be read are missing; see quality.quarantined_rows",
    "history_too_short": "needs more history than the data have to be settled",
    "cohort_immature": "deals of this cohort may still be won",
    "amounts_missing": "no value: too many deals have no amount",
    "amount_missing": "deals without an amount count as none",
    "small_sample": "fewer than 10 deals decide it",
    "unconverted": "amounts in a currency without a rate are left out",
    "unmapped": "deals in a stage that the config does not map are left out",
    "non_positive_amount": "wins at or below 0 are left out of the size",
    "close_date_missing": "closed deals without a close date are in no period",
    "close_date_replaced": "close dates after the day the deal was first seen closed are replaced",
    "negative_duration": "deals created after they closed are left out of the cycle",
    "creation_date_missing": "deals without a creation date are left out",
    "list_price": "open deals without an amount are valued at list price",
}


def meaning(code: str) -> str:
    """A code in words; a code that is not known here is its own words."""
    return MEANINGS.get(code, code.replace("_", " "))
