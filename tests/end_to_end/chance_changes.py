"""What may happen on a day to a company to which anything may happen: `CHANGES`, by its name."""

from collections.abc import Callable
from datetime import datetime, timedelta

from tests.end_to_end.chance_records import EXPORTS, FIELDS, STAGES, Row, Truth

PEOPLE = ("crm/contacts", "tool/contacts", "crm/contacts")


def _new_deal(truth: Truth, number: int) -> None:
    contact = truth.pick("crm/contacts", number)
    deal = truth.add(
        "crm/opportunities",
        "D",
        opportunity_name=f"Deal {number}",
        account_id=contact["account_id"],
        contact_id=contact["contact_id"],
        owner_id=truth.pick("crm/users", number)["user_id"],
        product_id=truth.pick("crm/products", number)["product_id"],
        stage="New",
        amount=str(100 + number),
        currency=("EUR", "USD", "GBP")[number % 3],
        created_at=truth.moment(number),
        expected_close_on=str(truth.today + timedelta(days=number)),
    )
    _log_stage(truth, truth.tables["crm/opportunities"][deal], number)


def _log_stage(truth: Truth, deal: Row, number: int) -> None:
    truth.add(
        "crm/stage_changes",
        "H",
        opportunity_id=deal["opportunity_id"],
        stage=deal["stage"],
        amount=deal["amount"] if number % 8 == 0 else "",
        changed_at=truth.moment(number),
    )


def _deal_moves(truth: Truth, number: int) -> None:
    stage = ("Won", "Lost", "Offer", "New", "Strange")[number % 5]
    closed = str(truth.today) if stage in ("Won", "Lost") else ""
    deal = truth.change("crm/opportunities", number, stage=stage, closed_on=closed)
    if number % 2:  # else only the next export shows it
        _log_stage(truth, deal, number)


def _field_changes(truth: Truth, number: int) -> None:
    """A lookup tells ids or names."""
    deal = truth.pick("crm/opportunities", number)["opportunity_id"]
    field = list(FIELDS)[number % 4]
    sides = ("old_value", number), ("new_value", number + 1)
    values = {side: _value_of(truth, field, place) for side, place in sides}
    about = {"opportunity_id": deal, "field": field, "changed_at": truth.moment(number)}
    truth.add("crm/field_changes", "F", **about, **values)


def _value_of(truth: Truth, field: str, number: int) -> str:
    if field in ("Owner", "Account"):
        record = truth.pick({"Owner": "crm/users", "Account": "crm/accounts"}[field], number)
        return list(record.values())[number // 4 % 2]
    return str(number) if field == "Amount" else list(STAGES)[number % 4]


def _history_is_corrected(truth: Truth, number: int) -> None:
    deal = truth.pick("crm/opportunities", number)["opportunity_id"]
    corrected: list[Row] = [
        {"amount": str(number), "changed_at": truth.moment(number)},
        {"opportunity_id": deal},
        {"expected_close_on": str(truth.today)},
    ]
    truth.change("crm/stage_changes", number, **corrected[number % 3])


def _history_goes(truth: Truth, number: int, *, place: int) -> None:
    """The oldest change, which a tool keeps for a while, or one after it that is taken back."""
    rows = truth.tables[("crm/stage_changes", "crm/field_changes")[number % 4 == 0]]
    if len(rows) > 3:
        del rows[sorted(rows, key=lambda key: rows[key]["changed_at"])[place]]


def _deal_merges(truth: Truth, number: int) -> None:
    into = truth.pick("crm/opportunities", number + 1)["opportunity_id"]
    truth.change("crm/opportunities", number, merged_into_id=into)


def _account_merges(truth: Truth, number: int) -> None:
    into = truth.pick("crm/accounts", number + 1 + number % 2)["account_id"]
    truth.change("crm/accounts", number, merged_into_id=into)


def _contact_merges(truth: Truth, number: int) -> None:
    into = truth.pick("crm/contacts", number + 1)["contact_id"]
    truth.change("crm/contacts", number, merged_into_id=into)


def _two_people_become_one(truth: Truth, number: int) -> None:
    address = truth.pick(("crm/contacts", "crm/leads")[number % 2], number)["email"]
    name = ("tool/contacts", "crm/contacts", "crm/leads")[number % 3]
    truth.change(name, number + 1, email=address)


def _one_person_comes_apart(truth: Truth, number: int) -> None:
    name = ("tool/contacts", "crm/contacts", "crm/leads")[number % 3]
    truth.change(name, number, email=f"apart{number}@new{number % 2}.example")


def _namesake_appears(truth: Truth, number: int) -> None:
    """Two of them may be one person; of three nobody knows which."""
    name = ("tool/contacts", "crm/contacts", "crm/leads")[number % 3]
    who = {EXPORTS[name].columns[1]: "Ann Able", "email": f"ann{number}@north.example"}
    truth.change(name, number, **who)


def _tool_learns_the_crms_id(truth: Truth, number: int) -> None:
    known = truth.pick("crm/contacts", number)["contact_id"]
    truth.change("tool/contacts", number // 2, crm_id=known if number % 4 else "")


def _contact_changes_account(truth: Truth, number: int) -> None:
    account = truth.pick("crm/accounts", number)["account_id"]
    truth.change("crm/contacts", number, account_id=account)


def _new_lead(truth: Truth, number: int) -> None:
    address = truth.pick("tool/contacts", number)["email"] if number % 2 else f"l{number}@x.example"
    truth.add(
        "crm/leads",
        "L",
        lead_name=f"Lead {number}",
        email=address,
        created_at=truth.moment(number),
        status="New",
        lead_source="Web",
        owner_id=truth.pick("crm/users", number)["user_id"],
    )


def _lead_qualifies(truth: Truth, number: int) -> None:
    deal = truth.pick("crm/opportunities", number)["opportunity_id"] if number % 2 else ""
    truth.change(
        "crm/leads",
        number,
        status="Known",
        qualified_at=truth.moment(number),
        converted_opportunity_id=deal,
    )


def _lead_merges(truth: Truth, number: int) -> None:
    into = truth.pick("crm/leads", number + 1)["lead_id"]
    truth.change("crm/leads", number, merged_into_id=into)


def _lead_is_timed_anew(truth: Truth, number: int) -> None:
    """Those of one minute were imported."""
    at = f"2026-03-15T09:0{number % 3}:{number % 50 + 10}Z"
    truth.change("tool/leads", number, created_at=at)


def _user_leaves(truth: Truth, number: int) -> None:
    truth.change("crm/users", number, left_on=str(truth.today))


def _user_is_placed(truth: Truth, number: int) -> None:
    user = truth.pick("crm/users", number)["user_id"]
    since = truth.today - timedelta(days=number)
    teams = ("West",) if number % 3 else ("East", "West")
    for team in teams:
        share = "" if len(teams) == 1 else "0.5"
        truth.put("crm/org_changes", user_id=user, effective_on=str(since), team=team, share=share)


def _user_gets_another_address(truth: Truth, number: int) -> None:
    address = truth.pick("crm/users", number)["email"] if number % 2 else f"v{number}@x.example"
    truth.change("tool/users", number // 2, email=address)


def _new_touch(truth: Truth, number: int) -> None:
    """One in the tool; every other one is logged in the CRM as well, minutes apart."""
    person = truth.pick("tool/contacts", number)
    kind = ("call", "email", "meeting")[number % 3]
    at = truth.moment(number)
    said = "Talked" if kind == "call" else ""
    owner = truth.pick("tool/users", number)["user_id"]
    about = {"kind": kind, "direction": "outbound", "disposition": said, "occurred_at": at}
    truth.add("tool/activities", "T", owner_id=owner, person_id=person["contact_id"], **about)
    if number % 2:
        truth.add(
            "crm/activities",
            "K",
            owner_id=owner.replace("V", "U"),
            person_id=truth.pick("crm/contacts", number)["contact_id"],
            **{**about, "occurred_at": _shifted(at, minutes=number % 9)},
        )


def _shifted(moment: str, *, minutes: int) -> str:
    later = datetime.fromisoformat(moment) + timedelta(minutes=minutes)
    return f"{later:%Y-%m-%dT%H:%M:%SZ}"


def _touch_in_the_crm_alone(truth: Truth, number: int) -> None:
    people = ("crm/contacts", "crm/leads")[number % 2]
    truth.add(
        "crm/activities",
        "K",
        kind="call",
        direction=("outbound", "inbound")[number % 2],
        owner_id=truth.pick("crm/users", number)["user_id"],
        person_id=truth.pick(people, number)[EXPORTS[people].columns[0]],
        disposition=("Talked", "Nobody", "Strange")[number % 3],
        occurred_at=truth.moment(number),
    )


def _touch_is_timed_anew(truth: Truth, number: int) -> None:
    name = _touches(number)
    row = truth.pick(name, number)
    truth.change(name, number, occurred_at=_shifted(row["occurred_at"], minutes=number % 11 - 5))


def _touches(number: int) -> str:
    return ("crm/activities", "tool/activities")[number % 2]


def _touch_is_deleted(truth: Truth, number: int) -> None:
    truth.change(_touches(number), number, is_deleted="true" if number % 5 else "false")


def _touch_is_linked_late(truth: Truth, number: int) -> None:
    other = truth.pick("tool/activities", number + 1)["activity_id"]
    if number % 2:
        truth.change("tool/activities", number, linked_activity_id=other)
    else:
        truth.change("crm/activities", number, counterpart_id=other)


def _touch_is_of_somebody_else(truth: Truth, number: int) -> None:
    name = _touches(number)
    person = truth.pick(name.replace("activities", "contacts"), number + 1)["contact_id"]
    truth.change(name, number, person_id=person)


def _rate_is_set(truth: Truth, number: int) -> None:
    truth.put(
        "finance/exchange_rates",
        base_currency="EUR",
        currency=("USD", "GBP")[number % 2],
        rate_on=str(truth.today - timedelta(days=number)),
        rate=f"1.{number + 10}",
    )


Change = Callable[[Truth, int], object]
CHANGES: dict[str, Change] = {
    "a new deal": _new_deal,
    "a deal moves": _deal_moves,
    "a deal is priced anew": lambda truth, number: truth.change(
        "crm/opportunities", number, amount=f"{number}.50" if number % 3 else ""
    ),
    "a deal is postponed": lambda truth, number: truth.change(
        "crm/opportunities", number, expected_close_on=str(truth.today + timedelta(days=number))
    ),
    "a deal is deleted": lambda truth, number: truth.remove("crm/opportunities", number),
    "a deal is merged": _deal_merges,
    "a deal changes hands": lambda truth, number: truth.change(
        "crm/opportunities", number, owner_id=truth.pick("crm/users", number + 1)["user_id"]
    ),
    "a deal is a test": lambda truth, number: truth.change(
        "crm/opportunities", number, opportunity_name="Test of the form" if number % 3 else "Deal"
    ),
    "history is corrected": _history_is_corrected,
    "history gets old": lambda truth, number: _history_goes(truth, number, place=0),
    "history is taken back": lambda truth, number: _history_goes(
        truth, number, place=1 + number % 2
    ),
    "a field changes": _field_changes,
    "a field's history is corrected": lambda truth, number: truth.change(
        "crm/field_changes", number, changed_at=truth.moment(number)
    ),
    "a product is renamed": lambda truth, number: truth.change(
        "crm/products", number, product_name=("Small", "Large", "Medium")[number % 3]
    ),
    "a product is listed late": lambda truth, number: truth.put(
        "crm/products", product_id="S5", product_name="Fifth", list_price=str(number)
    ),
    "a product is priced anew": lambda truth, number: truth.change(
        "crm/products", number, list_price=str(number)
    ),
    "a product is deleted": lambda truth, number: truth.remove("crm/products", number),
    "an account is merged": _account_merges,
    "an account is renamed": lambda truth, number: truth.change(
        "crm/accounts",
        number,
        account_name=("Acme", "Byte", "Core", "New")[number % 4],
        domain=f"new{number % 2}.example",
    ),
    "an account is deleted": lambda truth, number: truth.remove("crm/accounts", number),
    "a contact is merged": _contact_merges,
    "a contact is deleted": lambda truth, number: truth.remove(PEOPLE[number % 3], number),
    "a contact changes account": _contact_changes_account,
    "two people become one": _two_people_become_one,
    "one person comes apart": _one_person_comes_apart,
    "a namesake appears": _namesake_appears,
    "the tool learns the CRM's id": _tool_learns_the_crms_id,
    "a new lead": _new_lead,
    "a lead qualifies": _lead_qualifies,
    "a lead is merged": _lead_merges,
    "a lead is timed anew": _lead_is_timed_anew,
    "a lead is deleted": lambda truth, number: truth.remove(
        ("crm/leads", "tool/leads")[number % 2], number
    ),
    "a user is listed late": lambda truth, number: truth.put(
        "crm/users", user_id="U9", user_name="Nia", team=("East", "West")[number % 2]
    ),
    "a user moves": lambda truth, number: truth.change(
        "crm/users", number, team=("East", "West", "North")[number % 3]
    ),
    "a user is renamed": lambda truth, number: truth.change(
        "crm/users", number, user_name=("Ada", "Bob", "Zoe")[number % 3]
    ),
    "a user leaves": _user_leaves,
    "a user is deleted": lambda truth, number: truth.remove("crm/users", number),
    "a user is placed": _user_is_placed,
    "a user gets another address": _user_gets_another_address,
    "a new touch": _new_touch,
    "a touch in the CRM alone": _touch_in_the_crm_alone,
    "a touch is timed anew": _touch_is_timed_anew,
    "a touch is deleted": _touch_is_deleted,
    "a touch is linked late": _touch_is_linked_late,
    "a touch is of somebody else": _touch_is_of_somebody_else,
    "a rate is set": _rate_is_set,
}
