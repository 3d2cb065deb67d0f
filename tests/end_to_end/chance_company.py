"""A company to which anything may happen: its true records, what changes them, and what it exports.

A CRM, an outbound tool that sees the same people and touches, and a list of rates. The truth is
plain tables of text. `CHANGES` says what may happen to it on a day, `Delivery` what may happen to
an export on its way; a number picks the record, so that a night is told by a few words and numbers.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from pipelines.settings import Settings, load_settings

Row = dict[str, str]
Delivery = Literal["on time", "spoilt", "missed", "late", "twice", "corrected", "never"]
DELIVERIES: tuple[Delivery, ...] = get_args(Delivery)

FIRST_DAY = date(2026, 3, 20)
DAYS_BETWEEN_NIGHTS = 4
LONG_AGO = -9
PEOPLE = ("crm/contacts", "tool/contacts", "crm/contacts")


@dataclass(frozen=True, kw_only=True)
class Export:
    """How one object is exported; `spoils` is the column in which a cell may be unreadable."""

    columns: tuple[str, ...]
    mode: Literal["snapshot", "incremental", "append"] = "snapshot"
    spoils: str | None = None
    more: dict[str, Any] = field(default_factory=dict[str, Any])


FIELDS = {"Amount": "amount", "Owner": "owner", "Account": "account", "Stage": "stage"}
STAGES = {"New": "open", "Offer": "open", "Won": "won", "Lost": "lost"}
PERSON = ("email", "created_at")
TOUCH = ("activity_id", "kind", "direction", "owner_id", "person_id", "disposition", "message_id")
TOUCHED = ("linked_activity_id", "occurred_at", "booked_at", "is_deleted")
SAID = {"meanings": {"disposition": {"Talked": "connected", "Nobody": "not_connected"}}}
EXPORTS = {
    "crm/users": Export(
        columns=("user_id", "user_name", "email", "team", "manager_name", "left_on")
    ),
    "crm/accounts": Export(columns=("account_id", "account_name", "domain", "merged_into_id")),
    "crm/contacts": Export(
        columns=("contact_id", "contact_name", *PERSON, "account_id", "merged_into_id"),
        spoils="created_at",
    ),
    "crm/leads": Export(
        columns=(
            *("lead_id", "lead_name", *PERSON, "status", "lead_source", "owner_id"),
            *("qualified_at", "converted_opportunity_id", "merged_into_id"),
        ),
        spoils="qualified_at",
        more={
            "meanings": {
                "status": {"New": "new", "Known": "qualified", "Junk": "spam"},
                "lead_source": {"Web": "inbound", "List": "bought"},
            }
        },
    ),
    "crm/products": Export(columns=("product_id", "product_name", "list_price")),
    "crm/opportunities": Export(
        columns=(
            *("opportunity_id", "opportunity_name", "account_id", "account_name", "owner_id"),
            *("owner_name", "contact_id", "product_id", "product_name", "stage", "amount"),
            *("currency", "created_at", "closed_on", "expected_close_on", "merged_into_id"),
        ),
        spoils="amount",
        more={"stages": STAGES},
    ),
    "crm/stage_changes": Export(
        columns=(
            *("stage_change_id", "opportunity_id", "stage", "amount", "expected_close_on"),
            "changed_at",
        ),
        spoils="changed_at",
    ),
    "crm/field_changes": Export(
        columns=(
            *("field_change_id", "opportunity_id", "field", "old_value", "new_value"),
            "changed_at",
        ),
        spoils="changed_at",
        more={"meanings": {"field": FIELDS}},
    ),
    "crm/org_changes": Export(columns=("user_id", "effective_on", "team", "share")),
    "crm/activities": Export(
        columns=(*TOUCH, "counterpart_id", *TOUCHED),
        mode="incremental",
        spoils="occurred_at",
        more=SAID,
    ),
    "tool/users": Export(columns=("user_id", "user_name", "email", "crm_id")),
    "tool/contacts": Export(columns=("contact_id", "contact_name", "email", "crm_id")),
    "tool/leads": Export(
        columns=("lead_id", "lead_name", *PERSON, "owner_id", "owner_name", "created_by_id")
    ),
    "tool/activities": Export(
        columns=(*TOUCH, "person_email", "counterpart_id", *TOUCHED),
        mode="append",
        spoils="occurred_at",
        more=SAID,
    ),
    "finance/exchange_rates": Export(
        columns=("base_currency", "currency", "rate_on", "rate"), mode="incremental", spoils="rate"
    ),
}

USERS = """\
user_id,user_name,email,team,manager_name,left_on
U1,Ada,ada@own.example,East,Mia,
U2,Bob,bob@own.example,East,Mia,
U3,Cid,cid@own.example,West,Mia,
U4,Mia,mia@own.example,,,
U5,Eve,eve@own.example,West,Mia,
U6,Fay,fay@own.example,West,Mia,
U7,Gus,gus@own.example,East,Mia,
"""
ACCOUNTS = """\
account_id,account_name,domain,merged_into_id
A1,Acme,acme.example,
A2,Byte,byte.example,
A3,Core,core.example,
A4,Acme North,north.example,
A5,Mail Shop,gmail.com,
A6,Dune,dune.example,
A7,Echo,echo.example,
"""
CONTACTS = """\
contact_id,contact_name,email,created_at,account_id,merged_into_id
C1,Ann Able,ann@acme.example,2026-01-02T09:00:00Z,A1,
C2,Ben Bold,ben@byte.example,2026-01-03T09:00:00Z,A2,
C3,Cat Cole,cat@core.example,2026-01-04T09:00:00Z,A3,
C4,Ann Able,annie@north.example,2026-01-05T09:00:00Z,A4,
C5,Dan Dale,dan@gmail.com,2026-01-06T09:00:00Z,,
C6,Eli Eder,eli@dune.example,2026-01-07T09:00:00Z,A6,
C7,Flo Fink,flo@echo.example,2026-01-08T09:00:00Z,A7,
"""
LEADS = """\
lead_id,lead_name,email,created_at,status,lead_source,owner_id,qualified_at
L1,Ann Able,ann@acme.example,2026-01-10T09:00:00Z,New,Web,U1,
L2,Gil Gray,gil@byte.example,2026-02-10T09:00:00Z,New,Web,U2,
L3,Hal Hart,hal@far.example,2026-03-02T09:00:00Z,New,Web,U3,
L4,Ida Iben,ida@core.example,2026-03-10T09:00:00Z,Known,List,U2,2026-03-12T09:00:00Z
L5,Dan Dale,dan@gmail.com,2026-03-11T09:00:00Z,New,Web,,
L6,Jon Jost,jon@own.example,2026-03-12T09:00:00Z,New,Web,U5,
L7,Kim Kerr,kim@far.example,2026-03-17T09:00:00Z,New,Radio,U6,
"""
PRODUCTS = """\
product_id,product_name,list_price
S1,Small,40
S2,Large,400
S3,Other,
S4,More,4
"""
DEALS = """\
opportunity_id,account_id,account_name,owner_id,owner_name,contact_id,product_id,product_name,\
stage,amount,currency,created_at,closed_on,expected_close_on
D1,A1,,U1,,C1,S1,,Won,100,EUR,2026-01-05T09:00:00Z,2026-02-10,
D2,A2,,U2,,C2,S2,,Lost,50,EUR,2026-01-06T09:00:00Z,2026-03-01,
D3,A3,,U3,,C3,S3,,Offer,70,USD,2026-02-01T09:00:00Z,,2026-04-30
D4,A4,,U5,,C4,S1,,New,200,EUR,,,
D5,A2,,U1,,C2,,,Won,30,USD,2026-01-07T09:00:00Z,2026-03-10,
D6,A6,,U6,,C6,S2,,Offer,,EUR,2026-02-07T09:00:00Z,,2026-05-31
D7,A7,,U7,,C7,,,New,10.01,USD,2026-03-15T09:00:00Z,,
D8,,Acme,U9,Ada,,,Small,Offer,,EUR,2026-02-08T09:00:00Z,,
D9,,Byte,,Bob,,S5,Large,New,90,EUR,2026-02-09T09:00:00Z,,
"""
HISTORY = """\
stage_change_id,opportunity_id,stage,changed_at
H01,D1,New,2026-01-05T09:00:00Z
H02,D1,Won,2026-02-10T09:00:00Z
H03,D3,New,2026-02-01T09:00:00Z
H04,D3,Offer,2026-02-20T09:00:00Z
H05,D5,New,2026-01-07T09:00:00Z
H06,D5,Won,2026-03-10T09:00:00Z
H07,D6,New,2026-02-07T09:00:00Z
H08,D6,Offer,2026-03-07T09:00:00Z
"""
FIELD_HISTORY = """\
field_change_id,opportunity_id,field,old_value,new_value,changed_at
F1,D1,Owner,U2,U1,2026-01-20T09:00:00Z
F2,D2,Amount,40,50,2026-02-20T09:00:00Z
F3,D3,Account,Acme,Core,2026-02-25T09:00:00Z
F4,D4,Owner,Bob,Eve,2026-03-05T09:00:00Z
F5,D8,Stage,New,Offer,2026-03-06T09:00:00Z
F6,D9,Owner,U3,U2,2026-03-07T09:00:00Z
"""
PLACES = "user_id,effective_on,team,share\nU1,2026-01-01,East,\nU2,2026-01-01,East,\n"
CRM_TOUCHES = """\
activity_id,kind,direction,owner_id,person_id,disposition,occurred_at,booked_at
K1,call,outbound,U1,L1,Talked,2026-01-10T09:10:40Z,
K2,call,outbound,U1,C1,Nobody,2026-03-16T10:02:00Z,
K3,email,outbound,U2,C2,,2026-03-17T12:00:00Z,
K4,meeting,outbound,U1,C1,,2026-03-19T14:00:00Z,2026-03-16T10:05:00Z
K5,call,outbound,U3,C3,Talked,2026-03-18T09:00:00Z,
K6,call,outbound,U2,L2,Nobody,2026-02-10T09:30:00Z,
"""
TOOL_USERS = """\
user_id,user_name,email,crm_id
V1,Ada,ada@own.example,
V2,Bobby,bobby@private.example,U2
V3,Cid,cid@own.example,
V5,Eve,eve@own.example,
"""
TOOL_CONTACTS = """\
contact_id,contact_name,email,crm_id
P1,Ann Able,ann@acme.example,
P2,Benjamin B.,bb@private.example,C2
P3,Cat Cole,cat@core.example,
P4,Ann Able,able@north.example,
P5,Dan Dale,dan@gmail.com,
P6,Gil Gray,gil@byte.example,
P7,Zed Zorn,zed@far.example,
"""
TOOL_LEADS = """\
lead_id,lead_name,email,created_at,owner_id,owner_name,created_by_id
Q1,Ann Able,ann@acme.example,2026-03-15T09:00:20Z,V1,,V3
Q2,Lea Lund,lea@far.example,2026-03-15T09:00:50Z,,Ada,V3
Q3,Max Mohr,max@core.example,2026-03-15T09:01:10Z,V5,,V3
P7,Zoe Zorn,zoe@far.example,2026-03-16T09:00:00Z,,Eve,
"""
TOOL_TOUCHES = """\
activity_id,kind,direction,owner_id,person_id,disposition,message_id,person_email,occurred_at
T1,call,outbound,V1,P1,Talked,,,2026-01-10T09:10:00Z
T2,call,outbound,V1,P1,Nobody,,,2026-03-16T10:00:00Z
T3,email,outbound,V2,P2,,<m1@x.example>,,2026-03-17T11:58:00Z
T4,call,outbound,V3,P3,Talked,,,2026-03-18T09:02:00Z
T5,call,outbound,V3,,Talked,,ida@core.example,2026-03-18T11:00:00Z
T6,email,inbound,V2,P6,,,,2026-03-19T08:00:00Z
"""
RATES = "base_currency,currency,rate_on,rate\nEUR,USD,2025-12-01,1.10\nEUR,USD,2026-03-01,1.25\n"
RECORDS = {
    "crm/users": USERS,
    "crm/accounts": ACCOUNTS,
    "crm/contacts": CONTACTS,
    "crm/leads": LEADS,
    "crm/products": PRODUCTS,
    "crm/opportunities": DEALS,
    "crm/stage_changes": HISTORY,
    "crm/field_changes": FIELD_HISTORY,
    "crm/org_changes": PLACES,
    "crm/activities": CRM_TOUCHES,
    "tool/users": TOOL_USERS,
    "tool/contacts": TOOL_CONTACTS,
    "tool/leads": TOOL_LEADS,
    "tool/activities": TOOL_TOUCHES,
    "finance/exchange_rates": RATES,
}


class Truth:
    """The records as they are today, by object and id; when each was touched, by night.

    Of the first records, every third is exported again on the next night, unchanged.
    """

    def __init__(self) -> None:
        self.night = 0
        self.tables: dict[str, dict[str, Row]] = {}
        self._touched: dict[tuple[str, str], int] = {}
        for name, text in RECORDS.items():
            self.tables[name] = {}
            for place, row in enumerate(csv.DictReader(io.StringIO(text))):
                self.put(name, **row)
                self._touched[name, _id_of(name, row)] = 0 if place % 3 == 0 else LONG_AGO

    @property
    def today(self) -> date:
        """The last day that the exports of this night cover."""
        return FIRST_DAY + timedelta(days=DAYS_BETWEEN_NIGHTS * self.night)

    def moment(self, number: int) -> str:
        """A moment since the last night."""
        hours = DAYS_BETWEEN_NIGHTS * 24
        end = datetime.combine(self.today, datetime.min.time()) + timedelta(hours=20)
        return f"{end - timedelta(hours=number % hours, minutes=number % 7):%Y-%m-%dT%H:%M:%SZ}"

    def put(self, name: str, **values: str) -> None:
        """A new record; or an old one's new values."""
        key = _id_of(name, values)
        row = self.tables[name].setdefault(key, dict.fromkeys(EXPORTS[name].columns, ""))
        row.update(values)
        self._touched[name, key] = self.night

    def change(self, name: str, number: int, **values: str) -> Row:
        """A record, picked by a number, with its new values."""
        row = self.pick(name, number)
        self.put(name, **{**row, **values})
        return row

    def pick(self, name: str, number: int) -> Row:
        """A record."""
        rows = self.tables[name]
        return rows[sorted(rows)[number % len(rows)]]

    def add(self, name: str, letter: str, **values: str) -> str:
        """The id of a new record."""
        key = f"{letter}{self.night}{len(self.tables[name]):02d}"
        self.put(name, **{EXPORTS[name].columns[0]: key, **values})
        return key

    def remove(self, name: str, number: int) -> None:
        """A record is gone; the last three stay."""
        rows = self.tables[name]
        if len(rows) > 3:
            del rows[sorted(rows)[number % len(rows)]]

    def export(self, name: str, *, is_spoilt: bool = False) -> str:
        """The object as its tool exports it tonight.

        What is no snapshot has the records touched tonight and those of the night before; at first
        it has all.
        """
        how = EXPORTS[name]
        since = self.night - 1 if self.night else LONG_AGO
        rows = [
            dict(row)
            for key, row in sorted(self.tables[name].items())
            if how.mode == "snapshot" or self._touched[name, key] >= since
        ]
        if is_spoilt and how.spoils and rows:
            rows[self.night % len(rows)][how.spoils] = "much"
        text = io.StringIO()
        writer = csv.DictWriter(text, how.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()


def _id_of(name: str, row: Row) -> str:
    keys = {"crm/org_changes": 3, "finance/exchange_rates": 3}
    return "|".join(row[column] for column in EXPORTS[name].columns[: keys.get(name, 1)])


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


def config() -> dict[str, Any]:
    """The company's config; every column goes by the name that kpimart has for it."""
    sources: dict[str, dict[str, Any]] = {
        "crm": {"name": "crm", "system": "mapped", "objects": {}},
        "tool": {"name": "tool", "system": "mapped", "role": "outbound", "objects": {}},
        "finance": {"name": "finance", "system": "mapped", "objects": {}},
    }
    for name, how in EXPORTS.items():
        source, table = name.split("/")
        sources[source]["objects"][table] = {
            "files": f"{table}_*.csv",
            "as_of": f"{table}_%Y-%m-%d*.csv",
            "mode": how.mode,
            "columns": {column: column for column in how.columns},
            **how.more,
        }
    return {
        "company": {
            "name": "Tiny",
            "currency": "EUR",
            "timezone": "Europe/Vienna",
            "mail_domains": ["own.example"],
        },
        "exclude": [
            {
                "object": "opportunities",
                "column": "opportunity_name",
                "like": "test %",
                "reason": "test",
            },
            {
                "object": "accounts",
                "column": "account_name",
                "like": "new%",
                "reason": "test",
            },
        ],
        "kpis": {"bulk_import_leads": 3},
        "open_amount": "list_price",
        "guards": {"max_vanished_share": 0.2},
        "sources": list(sources.values()),
    }


class Company:
    """The company while its nights go by: the truth, and the files on their way to landing."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.truth = Truth()
        self._on_their_way: list[tuple[int, str, str]] = []

    @classmethod
    def founded(cls, folder: Path) -> "Company":
        """Its first exports have landed."""
        path = folder / "kpimart.yml"
        folder.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(config(), sort_keys=False), encoding="utf-8")
        company = cls(load_settings(path))
        for name in EXPORTS:
            company._send(name, "on time", before="")
        company._land()
        return company

    def live_on(self, changes: list[tuple[str, int]], deliveries: dict[str, Delivery]) -> None:
        """Another night: the changes have happened, and what arrives by now has landed.

        An export of which nothing is said arrives on time.
        """
        truth = self.truth
        truth.night += 1
        before = {name: truth.export(name) for name in EXPORTS}
        for kind, number in changes:
            CHANGES[kind](truth, number)
        for name in EXPORTS:
            self._send(name, deliveries.get(name, "on time"), before=before[name])
        self._land()

    def _send(self, name: str, delivery: Delivery, *, before: str) -> None:
        now, text = self.truth.night, self.truth.export(name)
        file = f"{name}_{self.truth.today}"
        sent: dict[Delivery, list[tuple[int, str, str]]] = {
            "on time": [(now, file, text)],
            "spoilt": [(now, file, self.truth.export(name, is_spoilt=True))],
            "missed": [(now + 1, file, text)],
            "late": [(now + 2, file, text)],
            "twice": [(now, file, text), (now + 1, f"{file}_copy", text)],
            "corrected": [(now, file, before), (now + 1, f"{file}_mended", text)],
            "never": [],
        }
        self._on_their_way += sent[delivery]

    def _land(self) -> None:
        for due, file, text in self._on_their_way:
            if due == self.truth.night:
                path = self.settings.landing_dir / f"{file}.csv"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
