"""What the codes of `kpi_values.quality` and `quality.value_notes` mean, in words."""

MEANINGS = {
    "running": "the period is not over, or its exports do not reach its end",
    "partial_start": "the data begin within this period",
    "stale": "an export of its source is held: the value rests on the last one accepted",
    "quarantined": "rows that could not be read are missing; see quality.quarantined_rows",
    "history_too_short": "needs more history than the data have to be settled",
    "cohort_immature": "the window of this cohort has not passed for the whole period",
    "uneven_weeks": "the two periods differ in weeks, so growth compares what they had a week",
    "target_time_running": "leads whose target time has not passed are left out",
    "amounts_missing": "no value: too many deals have no amount",
    "amount_missing": "deals without an amount count as none",
    "small_sample": "fewer than 10 records decide it",
    "unconverted": "amounts in a currency without a rate are left out",
    "unmapped": "values without a meaning in the config: deals in such a stage are left out, leads "
    "from such a source are taken to ask for an answer",
    "non_positive_amount": "wins at or below 0 are left out of the size",
    "close_date_missing": "closed deals without a close date are in no period",
    "close_date_replaced": "close dates after the day the deal was first seen closed are replaced",
    "negative_duration": "deals created after they closed are left out of the cycle",
    "creation_date_missing": "deals without a creation date are left out",
    "list_price": "open deals without an amount are valued at list price",
    "shares_scaled": "shares of deals, or of people in several teams, that do not add up to 1 are "
    "scaled to 1; see quality.unmapped_values",
    "not_reached": "no value: fewer than half have got there",
    "duplicate": "further leads of one person, soon after the first, are left out",
    "re_inquiry": "leads of people who came back are not new ones",
    "qualification_date_missing": "qualified leads of an unknown day are in no period",
    "left_out": "spam, bulk imports and people who opted out do not ask for an answer",
    "day_precise": "leads of which only the day is known have no response time",
    "presumed_held": "meetings that have ended are presumed held: the tool records no outcome",
    "disposition_missing": "dials that do not say how they ended are not in the rate",
    "double_logged": "touches that another tool, or the same one, records again count once",
    "excluded": "test and internal records, by a rule of the config; see quality.excluded_records",
}


def meaning(code: str) -> str:
    """A code in words; a code that is not known here is its own words."""
    return MEANINGS.get(code, code.replace("_", " "))
