"""The true records of a company to which anything may happen, and how its tools export them.

Plain tables of text: a CRM, an outbound tool that sees the same people and touches, and a list of
rates. A number picks a record, so that what happens is told by a few words and numbers.
"""

import csv
import io
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

Row = dict[str, str]

FIRST_DAY = date(2026, 3, 20)
DAYS_BETWEEN_NIGHTS = 4
LONG_AGO = -9


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
