"""What a simulated company's tools export on a day after the sample's: only what is new or changed.

The new data of a night are a share of each big object's records, another one every night: half of
it as new records that refer to known ones, half of it changed. Nobody changes a history, so its
rows are all new, and say once more what the deal is. Made by SQL from the sample's own files: the
same arguments give the same bytes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipelines.sample.files import SOURCES
from pipelines.sql import literal, one_row, quoted

NOTED = "concat_ws(' ', nullif({0}, ''), getvariable('note'))"
ONE_MORE = "cast(coalesce(try_cast({0} as integer), 0) + 1 as varchar)"
RAISED_WHILE_OPEN = "if(IsClosed = 'false', coalesce(raised({0}), {0}), {0})"
UPDATED = ("LastModifiedDate", "SystemModstamp", "updatedAt")
MOMENT = re.compile(r"(Date|DateTime|Modstamp|At|_At__c|_Since__c)$")
ADDRESS = re.compile(r"(Email|emails|Website|messageId)$")
OF_THE_DEAL = ("StageName", "Amount", "CloseDate", "Probability")
# A new record's moments all lie as many days later as its creation. What had happened when the
# base record was last told of has happened by the end of the day; what was ahead stays ahead.
# Its addresses and hosts are others: by these, it would be somebody who is known.
MACROS = """
    create macro of_today(value) as cast(getvariable('day') as varchar) || substr(value, 11);
    create macro later(moment, told, days) as if(
        moment > told,
        moment + to_days(days),
        least(moment + to_days(days), getvariable('last_second'))
    );
    create macro moved(value, told, days) as left(
        strftime(later(cast(nullif(value, '') as timestamp), told, days), '%Y-%m-%dT%H:%M:%S.000Z'),
        length(value)
    );
    create macro readdressed(value) as replace(value, '.example', getvariable('host'));
    create macro raised(amount) as
        cast(cast(try_cast(amount as decimal(18, 2)) * 1.05 as decimal(18, 2)) as varchar);
    create macro salesforce_id(id) as
        substr(id, 1, 3) || '5n' || lpad(cast(getvariable('night') as varchar), 4, '0')
        || substr(id, 10);
    create macro outreach_id(id) as
        cast(cast(getvariable('night') as bigint) * 1000000000 + cast(id as bigint) as varchar);
"""


@dataclass(frozen=True, kw_only=True)
class Increment:
    """An object whose export holds only what is new; `changes`: how a known record changes, as SQL.

    `export`: its name in the sample's files; `name`: in the tool's contract.
    """

    source: str
    export: str
    name: str
    changes: Mapping[str, str] = field(default_factory=dict)

    @property
    def mode(self) -> str:
        """What the config says of its files; without changes, they are lists of events."""
        return "incremental" if self.changes else "append"

    @property
    def is_quoted(self) -> bool:
        """True where the sample quotes every text, and writes an empty one as such."""
        return SOURCES[self.source][self.export].is_quoted


@dataclass(frozen=True, kw_only=True)
class Added:
    """A file that landed, and how many of its rows are new and changed."""

    path: Path
    new_rows: int
    changed_rows: int


INCREMENTS = tuple(
    Increment(source=source, export=export, name=name, changes=changes)
    for source, export, name, changes in (
        ("salesforce", "Account", "account", {"Name": NOTED}),
        ("salesforce", "Contact", "contact", {"Title": NOTED}),
        ("salesforce", "Lead", "lead", {"Title": NOTED}),
        (
            "salesforce",
            "Opportunity",
            "opportunity",
            {"NextStep": NOTED, "Amount": RAISED_WHILE_OPEN},
        ),
        ("salesforce", "OpportunityHistory", "opportunity_history", {}),
        ("salesforce", "OpportunityFieldHistory", "opportunity_field_history", {}),
        ("salesforce", "OpportunityLineItem", "opportunity_line_item", {"Description": NOTED}),
        ("salesforce", "Task", "task", {"Subject": NOTED}),
        ("salesforce", "Event", "event", {"Subject": NOTED}),
        ("outreach", "prospects", "prospects", {"title": NOTED}),
        ("outreach", "mailings", "mailings", {"openCount": ONE_MORE}),
        ("outreach", "calls", "calls", {"note": NOTED}),
        ("outreach", "tasks", "tasks", {"note": NOTED}),
        ("outreach", "sequenceStates", "sequence_states", {"openCount": ONE_MORE}),
    )
)


def incremental(config: dict[str, Any]) -> dict[str, Any]:
    """The company's config, by which absence from a file of these objects means nothing."""
    sources: list[dict[str, Any]] = []
    for source in config["sources"]:
        objects = dict(source.get("objects") or {})
        for one in INCREMENTS:
            if one.source == source["name"]:
                objects[one.name] = {**objects.get(one.name, {}), "mode": one.mode}
        sources.append({**source, "objects": objects})
    return {**config, "sources": sources}


def add_night(landing: Path, *, day: date, night: int, share: float) -> list[Added]:
    """The exports of a day: of each object, a share of its first file's rows, new and changed.

    `night` says which share: the rows of one night are in none of the next 1 / share - 1 nights.
    """
    with duckdb.connect() as connection:
        connection.execute("set global TimeZone = 'UTC'")
        connection.execute(MACROS)
        connection.execute(f"""
            set variable night = {night};
            set variable day = date '{day}';
            set variable last_second = timestamp '{day} 23:59:59';
            set variable note = '(night {night})';
            set variable host = '-n{night}.example';
        """)
        return [
            _add(connection, one, landing / one.source, stamp=str(day), night=night, share=share)
            for one in INCREMENTS
        ]


def _add(
    connection: duckdb.DuckDBPyConnection,
    one: Increment,
    folder: Path,
    *,
    stamp: str,
    night: int,
    share: float,
) -> Added:
    every = round(1 / share)
    is_new = f"_row // {every} % 2 = 0" if one.changes else "true"
    connection.execute(f"""
        create or replace temp table chosen as
        select *, {is_new} as _is_new
        from (select *, row_number() over () as _row from {_csv(folder, one.export)})
        where _row % {every} = {night % every}
    """)
    described = connection.execute("describe chosen").fetchall()
    headers = [str(row[0]) for row in described if not row[0].startswith("_")]
    path = folder / f"{one.export}_{stamp}.csv"
    connection.execute(
        f"copy ({_told(one, folder, headers)}) to {literal(path)} "
        f"(format csv, header{', force_quote *' if one.is_quoted else ''})"
    )
    new, changed = one_row(
        connection,
        "select count(*) filter (_is_new), count(*) filter (not _is_new) from chosen",
    )
    return Added(path=path, new_rows=new, changed_rows=changed)


def _csv(folder: Path, export: str) -> str:
    first = min(folder.glob(f"{export}_*.csv"))
    return f"read_csv({literal(first)}, all_varchar => true, header => true, delim => ',')"


def _told(one: Increment, folder: Path, headers: list[str]) -> str:
    """Selects the texts of the chosen rows, in their order, as the tool tells them on the day."""
    created = "CreatedDate" if "CreatedDate" in headers else "createdAt"
    updated = next((name for name in UPDATED if name in headers), created)
    shape = "coalesce({}, '')" if one.is_quoted else "nullif({}, '')"
    texts = ", ".join(
        f"{shape.format(_text(one, header, is_key=place == 0))} as {quoted(header)}"
        for place, header in enumerate(headers)
    )
    deal = (
        f"left join {_csv(folder, 'Opportunity')} as deal on deal.Id = chosen.OpportunityId"
        if one.export == "OpportunityHistory"
        else ""
    )
    return f"""
        select {texts} from (
            select
                chosen.*,
                cast({updated} as timestamp) as _told,
                cast(date_diff('day', cast({created} as timestamp), getvariable('day')) as integer)
                    as _days,
            from chosen
        ) as chosen {deal} order by chosen._row
    """


def _text(one: Increment, header: str, *, is_key: bool) -> str:
    column = f"chosen.{quoted(header)}"
    if is_key:
        return f"if(_is_new, {one.source}_id({column}), {column})"
    if one.export == "OpportunityHistory" and header in OF_THE_DEAL:
        return f"deal.{header}"
    if MOMENT.search(header):
        new = f"moved({column}, _told, _days)"
    else:
        new = f"readdressed({column})" if ADDRESS.search(header) else column
    known = f"of_today({column})" if header in UPDATED else column
    changed = one.changes.get(header, "{0}").format(known)
    return column if new == changed else f"if(_is_new, {new}, {changed})"
