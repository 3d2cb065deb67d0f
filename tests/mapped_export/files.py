"""The sample as files: the nightly exports of a fictional CRM, in several formats."""

import gzip
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tests.mapped_export.deals import (
    LEAD_SOURCES,
    LOST,
    LOST_REASONS,
    STAGES,
    WON,
    Deals,
    day_to_date,
    make_deals,
    state_on,
)
from tests.mapped_export.dirt import (
    NO_VALUE,
    UNKNOWN_ACCOUNT,
    UNKNOWN_OWNER,
    UNKNOWN_STAGE,
    choose_flaws,
    spelled_products,
    stray_lines,
    unreadable_rows,
)
from tests.mapped_export.organisation import (
    DEALS_AT_SCALE_1,
    NEVER,
    PRODUCTS,
    SEGMENTS,
    START,
    Organisation,
    make_organisation,
)
from tests.mapped_export.quotas import make_quotas

SOURCE = "crm"
CURRENCY = "USD"
SHORTEST_SPAN_DAYS = 180
NOTES = (
    "",
    "Send revised offer",
    "Call back, then book a demo",
    'Waiting for "final" approval',
    "Legal review",
)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The files written, how many rows they hold (headers apart), and their size in bytes."""

    files: tuple[Path, ...]
    rows: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class _World:
    """Everything that is true, and the flaws with which it is written down."""

    organisation: Organisation
    sold: Deals
    accounts: pd.DataFrame
    quotas: pd.DataFrame
    flaws: pd.DataFrame
    notes: np.ndarray


def make_sample(
    out: Path,
    *,
    scale: float = 0.02,
    seed: int = 20,
    days: int = 1,
    until: date = date(2026, 9, 30),
) -> Sample:
    """Exports into `out`/crm, one per object for each of the `days` days up to `until`.

    Scale 1 is 100,000 deals created since 2024-10-01. The same arguments give the same bytes.
    What is wrong in the files is said in `tests.mapped_export.dirt`.

    Raises:
        ValueError: `scale`, `days` or `until` is too small or too large to make a sample of.
    """
    span = (until - START).days + 1
    count = round(DEALS_AT_SCALE_1 * scale)
    if span < SHORTEST_SPAN_DAYS:
        first = START + timedelta(days=SHORTEST_SPAN_DAYS - 1)
        raise ValueError(f"until is {until}: the earliest possible is {first}")
    if count < 100:
        raise ValueError(f"scale is {scale:g}: the smallest possible is 0.001")
    if not 1 <= days <= SHORTEST_SPAN_DAYS // 2:
        raise ValueError(f"days is {days}: possible are 1 to {SHORTEST_SPAN_DAYS // 2}")
    world = _make_world(scale=scale, count=count, seed=seed, span=span)
    folder = out / SOURCE
    folder.mkdir(parents=True, exist_ok=True)
    written = [
        file for day in range(span - days, span) for file in _write_day(folder, world, day=day)
    ]
    return Sample(
        files=tuple(path for path, _ in written),
        rows=sum(rows for _, rows in written),
        bytes=sum(path.stat().st_size for path, _ in written),
    )


def _make_world(*, scale: float, count: int, seed: int, span: int) -> _World:
    """Each part draws from a stream of its own, so that one can change without the others."""
    people, selling, planning, spoiling = (
        np.random.default_rng([seed, stream]) for stream in range(4)
    )
    organisation = make_organisation(people, scale=scale, span=span)
    sold = make_deals(selling, organisation, count=count, span=span)
    return _World(
        organisation=organisation,
        sold=sold,
        accounts=_dated_accounts(people, organisation.accounts, sold.deals, span=span),
        quotas=make_quotas(planning, organisation, sold.deals, span=span),
        flaws=choose_flaws(spoiling, sold.deals, last_day=span - 1),
        notes=spoiling.integers(0, len(NOTES), count),
    )


def _dated_accounts(
    rng: np.random.Generator, accounts: pd.DataFrame, deals: pd.DataFrame, *, span: int
) -> pd.DataFrame:
    """Accounts with the day of their creation: before their first deal, and as customers."""
    count = len(accounts)
    created = rng.integers(-300, span, count)
    np.minimum.at(created, deals["account"].to_numpy(), deals["created"].to_numpy())
    since = accounts["customer_since"].to_numpy()
    created = np.minimum(created - rng.integers(0, 20, count), since)
    parent = accounts["parent"].to_numpy()
    is_known = (parent >= 0) & (created[parent] <= created)
    return accounts.assign(
        created=created,
        parent=np.where(is_known, parent, -1),
        has_industry=rng.random(count) > 0.02,
    )


def _write_day(folder: Path, world: _World, *, day: int) -> list[tuple[Path, int]]:
    """The files of one night, with their rows."""
    stamp = str(day_to_date(day))
    state = state_on(world.sold.deals, day=day)
    deals, stray = _deal_rows(world, state)
    return [
        _write_csv(folder / f"accounts_{stamp}.csv", _account_rows(world, day=day)),
        _write_csv(folder / f"opportunities_{stamp}.csv", deals, stray=stray),
        _write_csv(folder / f"opportunity_lines_{stamp}.csv.gz", _line_rows(world, state)),
        _write_jsonl(folder / f"products_{stamp}.jsonl", _product_rows()),
        _write_csv(folder / f"users_{stamp}.csv", _user_rows(world, day=day)),
        _write_parquet(folder / f"quotas_{stamp}.parquet", _quota_rows(world)),
    ]


def _deal_rows(world: _World, state: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The export of deals, and the lines in it that are no rows."""
    flaws = world.flaws.loc[state.index]
    stage = state["stage"].to_numpy()
    is_won, is_lost = stage == WON, stage == LOST
    account = world.accounts["name"].to_numpy(dtype=object)[state["account"]]
    product = PRODUCTS["product_name"].to_numpy(dtype=object)[state["product"]]
    owner = world.organisation.people["name"].to_numpy(dtype=object)[state["owner"]]
    closed = np.where(
        flaws["is_closed_too_early"] & is_won, state["created"] - 3, state["closed"].to_numpy()
    )
    spelled = spelled_products(
        state["product"].to_numpy(), is_glued=flaws["has_glued_product"].to_numpy()
    )
    rows = pd.DataFrame(
        {
            "Deal ID": state["deal_id"].to_numpy(),
            "Deal Name": account + " - " + product,
            "Account": _accounts_of_deals(account, flaws),
            "Deal Owner": np.where(flaws["has_unknown_owner"], UNKNOWN_OWNER, owner),
            "Primary Product": spelled,
            "Deal Stage": np.where(
                flaws["has_unknown_stage"] & (stage < WON),
                UNKNOWN_STAGE,
                np.array(STAGES, dtype=object)[stage],
            ),
            "Deal Type": np.where(state["is_expansion"], "Expansion", "New Business"),
            "Lead Source": np.where(
                flaws["has_source_spelled_empty"],
                NO_VALUE,
                np.array(LEAD_SOURCES, dtype=object)[state["source"]],
            ),
            "Lost Reason": np.where(
                is_lost, np.array(LOST_REASONS, dtype=object)[state["lost_reason"]], ""
            ),
            "Deal Value": _amounts_of_deals(state, flaws),
            "Currency": CURRENCY,
            "Created Date": _days(state["created"]),
            "Expected Close": _days(state["expected"]),
            "Closed Date": _days(np.where(state["is_closed"], closed, NEVER)),
            "Last Modified": _moments(state["changed"], minute=state["minute"]),
            "Next Step Note": np.where(
                stage < WON, np.array(NOTES, dtype=object)[world.notes[state.index]], ""
            ),
        }
    )
    first, newest = rows.iloc[0], rows.iloc[-1]
    unreadable = unreadable_rows(first, year=str(newest["Created Date"])[:4])
    return pd.concat([rows, rows.iloc[1:2], unreadable], ignore_index=True), stray_lines(first)


def _accounts_of_deals(account: np.ndarray, flaws: pd.DataFrame) -> np.ndarray:
    known = np.where(flaws["has_unknown_account"], UNKNOWN_ACCOUNT, account)
    return np.where(flaws["has_no_account"], "", known)


def _amounts_of_deals(state: pd.DataFrame, flaws: pd.DataFrame) -> np.ndarray:
    """Amounts as text; some deals have none before they are qualified."""
    stage = state["stage"]
    is_zero = (flaws["is_lost_at_zero"] & (stage == LOST)) | (
        flaws["is_won_at_zero"] & (stage == WON)
    )
    is_empty = ~state["is_valued_early"] & ((stage == 0) | ((stage == LOST) & (state["cap"] == 0)))
    empty = np.where(flaws["has_amount_spelled_empty"], NO_VALUE, "")
    cents = np.where(is_zero, 0, state["cents"])
    return np.where(is_empty & ~is_zero, empty, np.char.mod("%.2f", cents / 100))


def _line_rows(world: _World, state: pd.DataFrame) -> pd.DataFrame:
    """The lines of the deals that were ever qualified."""
    has_lines = np.zeros(len(world.sold.deals), dtype=bool)
    has_lines[state.index] = (state["stage"] > 0) & ~(
        (state["stage"] == LOST) & (state["cap"] == 0)
    )
    lines = world.sold.lines
    lines = lines.loc[has_lines[lines["deal"]]]
    is_glued = world.flaws["has_glued_product"].to_numpy()[lines["deal"]]
    return pd.DataFrame(
        {
            "Line ID": lines["line_id"].to_numpy(),
            "Deal ID": world.sold.deals["deal_id"].to_numpy()[lines["deal"]],
            "Product": spelled_products(lines["product"].to_numpy(), is_glued=is_glued),
            "Quantity": lines["quantity"].to_numpy(),
            "Line Total": np.char.mod("%.2f", lines["cents"] / 100),
        }
    )


def _account_rows(world: _World, *, day: int) -> pd.DataFrame:
    accounts = world.accounts
    names = accounts["name"].to_numpy(dtype=object)
    rows = pd.DataFrame(
        {
            "Account ID": accounts["account_id"],
            "Account Name": names,
            "Industry": np.where(accounts["has_industry"], accounts["industry"], NO_VALUE),
            "Segment": np.array(SEGMENTS, dtype=object)[accounts["segment"]],
            "Billing Country": accounts["country"],
            "Parent Account": np.where(accounts["parent"] >= 0, names[accounts["parent"]], ""),
            "Customer Since": _days(accounts["customer_since"]),
            "Created Date": _days(accounts["created"]),
        }
    )
    return rows.loc[accounts["created"] <= day]


def _user_rows(world: _World, *, day: int) -> pd.DataFrame:
    people = world.organisation.people
    rows = pd.DataFrame(
        {
            "User ID": people["user_id"],
            "Full Name": people["name"],
            "Email": people["email"],
            "Title": people["title"],
            "Team": people["team"],
            "Manager": people["manager"],
            "Office": people["region"],
            "Start Date": _days(people["hired"]),
            "Inactive Since": _days(np.where(people["left"] <= day, people["left"], NEVER)),
        }
    )
    return rows.loc[people["hired"] <= day]


def _product_rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Product Code": PRODUCTS["product_id"],
            "Product Name": PRODUCTS["product_name"],
            "Product Family": PRODUCTS["family"],
            "List Price": PRODUCTS["list_price"],
            "Currency": CURRENCY,
        }
    )


def _quota_rows(world: _World) -> pd.DataFrame:
    quotas = world.quotas
    return pd.DataFrame(
        {
            "Measure": "revenue",
            "Owner": quotas["owner"],
            "Team": quotas["team"],
            "Period Start": quotas["start"],
            "Period End": quotas["end"],
            "Target": quotas["amount"],
            "Currency": CURRENCY,
        }
    )


def _days(day: ArrayLike) -> np.ndarray:
    """Dates as text, as 2026-09-30; empty for NEVER."""
    days = np.asarray(day)
    return np.where(days == NEVER, "", np.datetime_as_string(day_to_date(days)))


def _moments(day: ArrayLike, *, minute: ArrayLike) -> np.ndarray:
    """Moments as text, as 2026-09-30 14:05:00, in the tool's own time zone."""
    moment = day_to_date(day).astype("datetime64[m]") + np.asarray(minute)
    text = np.datetime_as_string(moment.astype("datetime64[s]"))
    return np.char.replace(text, "T", " ")


def _write_csv(path: Path, rows: pd.DataFrame, *, stray: str = "") -> tuple[Path, int]:
    """A file of comma-separated values, packed where its name ends in gz; stray lines amid it."""
    text = rows.to_csv(index=False, lineterminator="\n")
    middle = text.index("\n", len(text) // 2) + 1
    content = (text[:middle] + stray + text[middle:]).encode()
    # No time in the packed file's header, and little effort: 4 times as fast as the default.
    packed = gzip.compress(content, compresslevel=1, mtime=0) if path.suffix == ".gz" else content
    path.write_bytes(packed)
    return path, len(rows) + stray.count("\n")


def _write_jsonl(path: Path, rows: pd.DataFrame) -> tuple[Path, int]:
    rows.to_json(path, orient="records", lines=True)
    return path, len(rows)


def _write_parquet(path: Path, rows: pd.DataFrame) -> tuple[Path, int]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("exported", rows)
        connection.sql("""
            select * replace (
                cast("Period Start" as date) as "Period Start",
                cast("Period End" as date) as "Period End",
                cast("Target" as decimal(18, 2)) as "Target"
            )
            from exported
        """).write_parquet(str(path))
    return path, len(rows)
