"""How exports are written: the event log as DuckDB tables, and what a tool knew of it on a day.

An export is a selection of texts; columns that no expression fills are empty. SQL of this package
sees the log through the macros below, so that nothing after the day's end can be told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from pipelines.sample.accounts import CODES, COUNTRIES, INDUSTRIES, SEGMENTS
from pipelines.sample.amounts import NO_AMOUNT, PRODUCTS
from pipelines.sample.calls import DISPOSITIONS
from pipelines.sample.clock import HOUR, NO_DAY, START, local_days, midnight
from pipelines.sample.currencies import CURRENCIES
from pipelines.sample.ids import record_ids
from pipelines.sample.mailings import SEQUENCES
from pipelines.sample.opportunities import LEAD_SOURCES
from pipelines.sample.organisation import REP, TEAMS, make_roles
from pipelines.sample.stages import PROBABILITIES, STAGES
from pipelines.sample.world import World

FORECASTS = {5: ("Forecast", "Commit"), 6: ("Closed", "Closed"), 7: ("Omitted", "Omitted")}
MACROS = f"""
    create macro past(instant) as if(instant < getvariable('cutoff'), instant, 0);
    create macro has_come(instant) as instant < getvariable('cutoff');
    create macro moment(instant) as if(
        instant > 0 and instant < getvariable('cutoff'),
        strftime(make_timestamp(instant * 1000000), '%Y-%m-%dT%H:%M:%S.000Z'), ''
    );
    create macro any_moment(instant) as
        strftime(make_timestamp(instant * 1000000), '%Y-%m-%dT%H:%M:%S.000Z');
    create macro as_date(day) as date '{START}' + cast(day as integer);
    create macro afternoon(day) as cast(epoch(as_date(day)) as bigint) + {20 * HOUR};
    create macro day_text(day) as if(day < {NO_DAY}, cast(as_date(day) as varchar), '');
    create macro share_of(cents, percent) as
        if(cents > {NO_AMOUNT}, cents * percent / 100, {NO_AMOUNT});
    create macro money(cents) as
        if(cents > {NO_AMOUNT}, cast(cast(cents / 100 as decimal(18, 2)) as varchar), '');
"""


@dataclass(frozen=True, kw_only=True)
class Export:
    """One object's file: expressions for its filled columns, and the rows they are taken from."""

    fields: tuple[str, ...]
    filled: Mapping[str, str]
    rows: str
    is_quoted: bool

    @property
    def query(self) -> str:
        """Selects the texts of the file, in its order of rows and columns."""
        unknown = set(self.filled) - set(self.fields)
        if unknown:
            raise KeyError(f"no columns of the export: {sorted(unknown)}")
        shape = "coalesce({}, '')" if self.is_quoted else "nullif({}, '')"
        texts = (
            shape.format(f"cast({self.filled.get(name, 'null')} as varchar)") + f' as "{name}"'
            for name in self.fields
        )
        return f"select {', '.join(texts)} {self.rows}"


def open_log(world: World) -> duckdb.DuckDBPyConnection:
    """A connection that has the event log as tables; each row's number is its `id`."""
    connection = duckdb.connect()
    for name, table in _tables(world).items():
        connection.register("frame", table.reset_index(names="id"))
        connection.execute(f"create table {name} as select * from frame")
        connection.unregister("frame")
    connection.execute(MACROS)
    return connection


def _tables(world: World) -> dict[str, pd.DataFrame]:
    met, touched = world.met, world.touched
    numbered = {
        "staff": (world.staff.drop(columns=["role", "manager"]), "user"),
        "roles": (make_roles(), "role"),
        "accounts": (world.accounts, "account"),
        "contacts": (met.contacts, "contact"),
        "leads": (met.leads.assign(converted_day=local_days(met.leads["converted"])), "lead"),
        "deals": (world.deals, "opportunity"),
        "steps": (world.steps.rename(columns={"at": "happened"}), "history"),
        "lines": (world.lines, "line"),
        "field_changes": (_field_changes(world), "change"),
        "rates": (world.rates, "rate"),
        "products": (PRODUCTS, "product"),
        "product_entries": (PRODUCTS[["code"]], "entry"),
        "meetings": (touched.meetings, "event"),
        "tasks": (touched.tasks, "task"),
    }
    return {
        **{
            name: table.assign(sfid=record_ids(kind, len(table)))
            for name, (table, kind) in numbered.items()
        },
        "places": _told_places(world),
        "handovers": world.handovers.rename(columns={"at": "happened"}),
        "companies": world.companies,
        "people": met.people,
        "prospects": touched.prospects,
        "calls": touched.calls,
        "mailings": touched.mailings,
        "tool_tasks": touched.tool_tasks,
        "enrolments": touched.enrolments,
        "quotas": world.quotas,
        "dispositions": DISPOSITIONS,
        **_lists(),
    }


def _field_changes(world: World) -> pd.DataFrame:
    """What the CRM's history of fields says of deals: that they were created, and each new owner.

    A change of owner is two rows, one with the ids and one with the names.
    """
    deals, handed = world.deals, world.handovers
    created = pd.DataFrame(
        {"deal": deals.index, "at": deals["created"], "old": -1, "new": -1, "by": deals["rep"]}
    )
    owners = handed.assign(by=handed["new"])
    told = pd.concat(
        [created.assign(says="created"), owners.assign(says="id"), owners.assign(says="name")]
    )
    told = told.rename(columns={"at": "happened"})
    return told.sort_values(["happened", "deal", "says"], ignore_index=True)


def _told_places(world: World) -> pd.DataFrame:
    """Who is where from when on, with the role and the region of the team, and who leads it."""
    titles, managers = world.staff["title"].tolist(), world.staff["manager"].tolist()
    leaders = {
        team: row
        for row, (title, team) in enumerate(zip(titles, world.staff["team"].tolist(), strict=True))
        if title != REP
    }
    roles = make_roles()["name"].tolist()
    places = world.places
    of = list(zip(places["person"].tolist(), places["team"].tolist(), strict=True))
    return places.assign(
        role=[roles.index(team) if team else -1 for _, team in of],
        region=[TEAMS.get(team) for _, team in of],
        manager=[
            leaders[team] if titles[person] == REP else managers[person] for person, team in of
        ],
    )


def _lists() -> dict[str, pd.DataFrame]:
    """What the tools' lists of choices say."""
    countries = [country for region in COUNTRIES.values() for country in region]
    return {
        "currencies": pd.DataFrame({"code": CURRENCIES}),
        "industries": pd.DataFrame({"name": INDUSTRIES}),
        "segments": pd.DataFrame({"name": SEGMENTS}),
        "countries": pd.DataFrame({"name": countries, "code": CODES}),
        "sources": pd.DataFrame({"name": LEAD_SOURCES}),
        "sequences": pd.DataFrame(SEQUENCES, columns=["name", "plan"]),
        "stages": pd.DataFrame(
            {
                "name": STAGES.values(),
                "probability": [PROBABILITIES[number] for number in STAGES],
                "forecast": [FORECASTS.get(number, ("Pipeline",))[0] for number in STAGES],
                "forecast_name": [FORECASTS.get(number, ("Pipeline",))[-1] for number in STAGES],
            },
            index=list(STAGES),
        ),
    }


def set_day(connection: duckdb.DuckDBPyConnection, day: int) -> None:
    """From now on, the tools know what had happened by the end of this local day."""
    connection.execute(f"set variable cutoff = {midnight(day + 1)}; set variable today = {day}")
    connection.execute(DAILY)


def write(connection: duckdb.DuckDBPyConnection, export: Export, path: Path) -> tuple[Path, int]:
    """The file, and the number of its rows."""
    quoting = ", force_quote *" if export.is_quoted else ""
    target = str(path).replace("'", "''")
    result = connection.execute(
        f"copy ({export.query}) to '{target}' (format csv, header{quoting})"
    )
    return path, int(result.fetchall()[0][0])


def write_all(
    connection: duckdb.DuckDBPyConnection,
    exports: Mapping[str, Export],
    folder: Path,
    *,
    stamp: str,
) -> Iterable[tuple[Path, int]]:
    """Each object's file, named after it and the day."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, export in exports.items():
        yield write(connection, export, folder / f"{name}_{stamp}.csv")


# Where people are by now; who owns a deal, and its last change: the end of what the log says.
DAILY = """
    create or replace table user_places as
    select
        person,
        arg_max(role, since * 1000 + share) as role,
        arg_max(manager, since * 1000 + share) as manager,
        max(since) as since
    from places
    where since <= getvariable('today')
    group by person;

    create or replace table account_states as
    select
        accounts.id,
        case
            when not has_come(accounts.merged) then accounts.id
            when has_come(winners.merged) then winners.into
            else accounts.into
        end as account,
        if(has_come(accounts.merged), greatest(accounts.merged, past(winners.merged)), 0)
            as merged_at
    from accounts
    inner join accounts as winners on accounts.into = winners.id;

    create or replace table deal_states as
    with known as (
        select
            deal,
            max(id) as last_step,
            max(if(stage_changed, happened, 0)) as stage_changed_at,
            count(*) filter (where was_pushed) as push_count
        from (
            select
                *,
                stage is distinct from lag(stage) over (partition by deal order by id)
                    as stage_changed,
                previous_close_day >= 0 and close_day > previous_close_day as was_pushed
            from steps
            where has_come(happened)
        )
        group by deal
    ),
    line_changes as (
        select
            deal,
            max(greatest(past(created), past(revised), past(removed))) as changed_at,
            bool_or(not has_come(removed)) as has_lines
        from lines
        where has_come(created)
        group by deal
    ),
    owners as (
        select
            deal,
            arg_max(new, happened) as owner,
            max(happened) as handed_at
        from handovers
        where has_come(happened)
        group by deal
    ),
    reparented as (
        select
            deals.*,
            deals.stays_put and deals.created < accounts.merged as is_left,
            account_states.account as new_account,
            account_states.merged_at
        from deals
        left join accounts on deals.account = accounts.id
        left join account_states on deals.account = account_states.id
    )
    select
        deals.* exclude (account),
        if(deals.is_left or deals.account < 0, deals.account, deals.new_account) as account,
        coalesce(owners.owner, deals.rep) as owner,
        steps.stage,
        steps.amount,
        steps.close_day,
        known.stage_changed_at,
        known.push_count,
        greatest(
            steps.happened,
            coalesce(owners.handed_at, 0),
            coalesce(line_changes.changed_at, 0),
            if(deals.is_left, 0, coalesce(deals.merged_at, 0))
        ) as changed_at,
        coalesce(line_changes.has_lines, false) as shows_lines
    from reparented as deals
    inner join known on deals.id = known.deal
    inner join steps on known.last_step = steps.id
    left join line_changes on deals.id = line_changes.deal
    left join owners on deals.id = owners.deal
    where has_come(deals.created) and not has_come(deals.deleted)
    order by deals.id;
"""
