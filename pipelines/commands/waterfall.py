"""The waterfall of the open pipeline between two days, as the published mart computes it.

The rules are in the mart's own function `kpis.pipeline_waterfall`; here it is asked and shown.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from pipelines.commands import console, figures
from pipelines.commands.mart import Mart, choose, day_in, opened
from pipelines.errors import ConfigError
from pipelines.settings import Settings

SCOPES = ("company", "team", "rep", "currency")
ADDED = (
    "created",
    "reopened",
    "pulled_in",
    "transferred_in",
    "included",
    "increased",
    "currency",
)
TAKEN = (
    "decreased",
    "pushed_out",
    "transferred_out",
    "won",
    "lost",
    "deleted",
    "merged",
    "excluded",
)
LINES = (*ADDED, *TAKEN)


@dataclass(frozen=True, kw_only=True)
class Member:
    """One member's waterfall: start + what `lines` add (all but the taken, which leave) = end.

    `revenue` is beside it: what was won by the close dates and at their rates.
    """

    member: str
    start: Decimal
    lines: dict[str, Decimal]
    end: Decimal
    revenue: Decimal


@dataclass(frozen=True, kw_only=True)
class Waterfall:
    """The waterfalls of a scope's members between the ends of two days; `as_of` is naive UTC.

    `dated_from` and `dated_before` bound the expected close dates of the pipeline in it, half-open.
    """

    company: str
    currency: str
    version: str
    as_of: datetime
    opening: date
    closing: date
    dated_from: date | None
    dated_before: date | None
    scope: str
    members: tuple[Member, ...]


def run(
    settings: Settings,
    *,
    opening: date,
    closing: date,
    scope: str,
    dated_in: str | None,
    as_json: bool,
) -> None:
    """Prints the waterfall."""
    found = collect(settings, opening=opening, closing=closing, scope=scope, dated_in=dated_in)
    if as_json:
        console.print_json(found)
    else:
        render(found, settings, to=console.out())


def collect(
    settings: Settings,
    *,
    opening: date,
    closing: date,
    scope: str = "company",
    dated_in: str | None = None,
) -> Waterfall:
    """The waterfall of the published version.

    Raises:
        ConfigError: a day outside the data, the wrong way round, or no such scope or period.
    """
    choose(scope, SCOPES, what="scope")
    with opened(settings) as mart:
        _check_days(mart, opening, closing)
        since, before = _bounds(mart, settings, dated_in) if dated_in else (None, None)
        rows = mart.rows(
            "select * from kpis.pipeline_waterfall("
            "cast($opening as date), cast($closing as date), "
            "cast($since as date), cast($before as date)) "
            "where scope = $scope order by end_amount desc, start_amount desc, member",
            opening=opening,
            closing=closing,
            since=since,
            before=before,
            scope=scope,
        )
        return Waterfall(
            company=settings.company.name,
            currency=settings.company.currency,
            version=mart.version,
            as_of=mart.as_of,
            opening=opening,
            closing=closing,
            dated_from=since,
            dated_before=before,
            scope=scope,
            members=tuple(_member(row) for row in rows),
        )


def _member(row: dict[str, Any]) -> Member:
    return Member(
        member=row["member"],
        start=row["start_amount"],
        lines={line: row[f"{line}_amount"] for line in LINES},
        end=row["end_amount"],
        revenue=row["revenue"],
    )


def _check_days(mart: Mart, opening: date, closing: date) -> None:
    ((first, last),) = (
        (row["first_on"], row["last_on"])
        for row in mart.rows(
            "select (select min(valid_from_on) from marts.fct_opportunity_states) as first_on, "
            "(select max(snapshot_on) from marts.fct_pipeline_snapshots where is_as_of) as last_on"
        )
    )
    if first is None or last is None:
        raise ConfigError("the mart has no open pipeline")
    if not first <= opening < closing <= last:
        raise ConfigError(
            f"--from {opening} --to {closing}: the first day must lie before the second, and both "
            f"between {first} (before it the pipeline is not known) and {last} (the data's last)"
        )


def _bounds(mart: Mart, settings: Settings, text: str) -> tuple[date, date]:
    """The first day of the period that the text names, and the first after it."""
    forms = {"year": r"\d{4}", "quarter": r"\d{4}-?[Qq]\d", "week": r"\d{4}-?[Ww]\d{1,2}"}
    grain = next((name for name, form in forms.items() if re.fullmatch(form, text)), "month")
    day = day_in(text, grain, company=settings.company)
    found = mart.rows(
        f"select {grain}_start_on as start_on, {grain}_end_on as end_on from marts.dim_dates "
        "where date_on = $day",
        day=day,
    )
    if not found:
        raise ConfigError(f"--dated-in {text}: the mart has no such period")
    return found[0]["start_on"], found[0]["end_on"]


def render(found: Waterfall, settings: Settings, *, to: Console) -> None:
    """The waterfall as a table: one row a line, one column a member where these are few."""
    zone = ZoneInfo(settings.company.timezone)
    dated = (
        f" · expected to close from {found.dated_from} to before {found.dated_before}"
        if found.dated_from
        else ""
    )
    to.print()
    console.line(to, f"[title]{escape(found.company)} · open pipeline[/]{dated}")
    console.line(
        to,
        f"in {found.currency}, data as of {figures.as_of(found.as_of, zone)} · version "
        f"{found.version}",
        style="quiet",
    )
    to.print()
    if not found.members:
        console.line(to, "no pipeline, and nothing won, between these days")
        return
    for one in found.members:
        _member_table(one, found, to=to)


def _member_table(one: Member, found: Waterfall, *, to: Console) -> None:
    made = console.table(
        "" if found.scope == "company" else one.member, "amount", right=("amount",)
    )
    made.add_row(f"end of {found.opening}", f"{one.start:,.2f}", style="value")
    for line, amount in one.lines.items():
        if amount:
            sign = figures.MINUS if (line in TAKEN) == (amount > 0) else "+"
            made.add_row(f"  {line.replace('_', ' ')}", f"{sign}{abs(amount):,.2f}")
    made.add_row(f"end of {found.closing}", f"{one.end:,.2f}", style="value")
    made.add_row("revenue of these days", f"{one.revenue:,.2f}", style="quiet")
    console.show(to, made)
    to.print()
