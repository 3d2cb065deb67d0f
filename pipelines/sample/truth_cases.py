"""The awkward cases as truth.json tells them: which records, and what the mart must say."""

from dataclasses import dataclass
from typing import Any

from pipelines.sample.clock import day_to_date
from pipelines.sample.ids import record_ids
from pipelines.sample.outreach import CALLS, PROSPECTS
from pipelines.sample.truth_closed import dollars
from pipelines.sample.truth_deals import Deal
from pipelines.sample.world import World

LEAD_CASES = {
    "duplicate_lead": "the second is a duplicate of the first: in no KPI",
    "re_inquiry": "the second is no new lead, and asks for an answer",
    "merged_leads": "the last is the one that counts, the others are it",
    "testers_and_own_people": "in no KPI, and neither are touches with them",
    "bulk_import": "new leads, none of which asks for an answer",
    "spam_lead": "a new lead that asks for no answer",
    "opted_out_before_any_touch": "a new lead that asks for no answer",
}
PROSPECT_CASES = {
    "prospect_known_by_id": "the CRM's person whom it names, at another address",
    "prospect_known_by_domain_and_name": "the CRM's only person of that name and mail domain",
    "two_of_one_name_at_one_domain": "none of the CRM's two people of that name and mail domain",
    "two_free_mail_addresses": "not the CRM's person of that name, whose mail is free mail as well",
}
DEAL_CASES = {"test_deals": "in no KPI, on no day's pipeline, in no line of the waterfall"}
TASK_CASES = {"copy_long_after_its_touch": "a touch of its own, beside the outbound tool's"}


@dataclass(frozen=True, kw_only=True)
class Names:
    """What the rows of the log are called in the files."""

    staff: list[str]
    accounts: list[str]


def told_cases(world: World, deals: list[Deal]) -> dict[str, Any]:
    """Each case by name: the tools' ids, and what must be said of them."""
    by_row = {deal.row: deal for deal in deals}
    opportunities = record_ids("opportunity", len(world.deals))
    leads = record_ids("lead", len(world.met.leads))
    names = Names(
        staff=world.staff["name"].tolist(),
        accounts=record_ids("account", len(world.accounts)).tolist(),
    )
    tasks = record_ids("task", len(world.touched.tasks))
    told: dict[str, Any] = {}
    for name, rows in world.cases.items():
        if name in LEAD_CASES:
            told[name] = {"lead_ids": [leads[row] for row in rows], "expect": LEAD_CASES[name]}
        elif name == "redial_within_3_minutes":
            told[name] = {
                "call_ids": [CALLS + row for row in rows],
                "expect": "two calls made",
            }
        elif name in PROSPECT_CASES:
            told[name] = {
                "prospect_ids": [PROSPECTS + row for row in rows],
                "expect": PROSPECT_CASES[name],
            }
        elif name in TASK_CASES:
            told[name] = {"task_ids": [tasks[row] for row in rows], "expect": TASK_CASES[name]}
        elif name in DEAL_CASES:
            ids = [opportunities[row] for row in rows]
            told[name] = {"opportunity_ids": ids, "expect": DEAL_CASES[name]}
        else:
            told[name] = {
                "opportunity_ids": [opportunities[row] for row in rows],
                "expect": [_of_deal(by_row[row], names) for row in rows],
            }
    return told


def _of_deal(deal: Deal, names: Names) -> dict[str, Any]:
    if deal.deleted is not None:
        return {"outcome": "deleted", "deleted_on": _text(deal.deleted)}
    said: dict[str, Any] = {"outcome": deal.outcome}
    said["created_on"] = _text(deal.created)
    if deal.closed is not None:
        said["closed_on"] = _text(deal.closed)
    said["owner"] = names.staff[deal.owner]
    if deal.account >= 0:
        said["account_id"] = names.accounts[deal.account]
    said["amount"] = None if deal.money is None else dollars(deal.money)
    if deal.outcome == "won":
        said["revenue_class"] = deal.revenue_class
        said["is_new_customer"] = deal.is_new_customer
    if deal.outcome == "lost":
        worth = deal.last_money
        said["amount_before_lost"] = None if worth is None else dollars(worth)
    return said


def _text(day: int) -> str:
    return str(day_to_date(day))
