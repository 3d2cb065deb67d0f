"""The truth about how the open pipeline of one day became that of another, line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from pipelines.sample.amounts import NO_AMOUNT
from pipelines.sample.clock import START
from pipelines.sample.opportunities import LAST_OPEN, WON
from pipelines.sample.truth_calendar import end_of
from pipelines.sample.truth_cells import SCOPES, Places
from pipelines.sample.truth_money import Exchange
from pipelines.sample.truth_pipeline import Owners, States, period_ends
from pipelines.sample.world import World

ENTRIES = ("created", "reopened", "pulled_in", "transferred_in", "included")
CHANGES = ("increased", "currency", "decreased")
EXITS = ("pushed_out", "transferred_out", "won", "lost", "deleted", "merged", "excluded")
LINES = ("start", *ENTRIES, *CHANGES, *EXITS, "end")
LONGEST_PERIOD = 366
TARGETS = ("all", "period")
WATERFALL_COLUMNS = ("grain", "period_start", "target", "scope", "member", *LINES)
Line = list[str | float]


@dataclass(frozen=True, kw_only=True)
class Day:
    """The deals at the end of a day: their rows in the states, -1 for none, and whose they are."""

    day: int
    row: np.ndarray
    owner: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Moved:
    """The deals that were in the pipeline on one of two days, or came and went in between."""

    was_open: np.ndarray
    is_open: np.ndarray
    exit: np.ndarray
    entry: np.ndarray
    start: np.ndarray
    kept: np.ndarray
    end: np.ndarray
    was_due: np.ndarray
    is_due: np.ndarray
    owner_before: np.ndarray
    owner_after: np.ndarray


def of_waterfall(
    world: World, states: States, places: Places, exchange: Exchange
) -> Iterator[Line]:
    """One line per period, target, scope and member with anything in it, in WATERFALL_COLUMNS.

    `target` is the whole pipeline (all), or what is dated in the period. All but `currency` and
    `end` is valued at the rates of the day before the period.
    """
    owners, first = Owners(world), int(states.since.min())
    days: dict[int, Day] = {}
    for until, periods in sorted(period_ends(world.span).items()):
        for grain, start in periods:
            begin = (start - START).days
            if begin <= first:
                continue
            for day in (begin - 1, until):
                if day not in days:
                    days[day] = _at(states, owners, day, count=len(world.deals))
            moved = _moved(states, days[begin - 1], days[until], exchange)
            due = (begin, (end_of(grain, start) - START).days)
            yield from _lines(
                moved, places, grain=grain, start=start, days=(begin - 1, until), due=due
            )
        days = {day: known for day, known in days.items() if day >= until - LONGEST_PERIOD}


def _at(states: States, owners: Owners, day: int, *, count: int) -> Day:
    row = np.full(count, -1)
    rows = np.flatnonzero((states.since <= day) & (day < states.until))
    row[states.deal[rows]] = rows
    return Day(day=day, row=row, owner=owners.on(day))


def _moved(states: States, before: Day, after: Day, exchange: Exchange) -> Moved:
    """What is known of each deal that matters: what it was worth, how it came, and how it went."""
    gone = (before.row >= 0) & (after.row < 0)
    row_after = np.where(gone, states.last[np.arange(len(before.row))], after.row)
    stage_before, stage_after = (
        np.where(row >= 0, states.stage[row], 0) for row in (before.row, row_after)
    )
    was_open = (stage_before > 0) & (stage_before <= LAST_OPEN)
    is_open = (stage_after > 0) & (stage_after <= LAST_OPEN) & ~gone
    is_new = (before.row < 0) & (row_after >= 0)
    deals = np.flatnonzero(was_open | is_open | is_new)
    row_before, row_after = before.row[deals], row_after[deals]
    was_open, is_open, gone, is_new = (of[deals] for of in (was_open, is_open, gone, is_new))
    stage = stage_after[deals]
    is_won = (stage == WON) & ~gone
    counted = np.where(is_won, states.cents[row_after], states.open_cents[row_after])
    start = _dollars(states, row_before, states.cents[row_before], before.day, exchange)
    kept = _dollars(states, row_after, counted, before.day, exchange)
    end = _dollars(states, row_after, counted, after.day, exchange)
    return Moved(
        was_open=was_open,
        is_open=is_open,
        exit=np.where(
            gone,
            "deleted",
            np.where(is_won, "won", np.where(is_open, "pushed_out", "lost")),
        ),
        entry=np.where(is_new, "created", np.where(was_open, "pulled_in", "reopened")),
        start=np.where(was_open, start, 0),
        kept=kept,
        end=np.where(is_open, end, 0),
        was_due=states.open_close_day[row_before],
        is_due=states.open_close_day[row_after],
        owner_before=before.owner[deals],
        owner_after=after.owner[deals],
    )


def _dollars(
    states: States, rows: np.ndarray, cents: np.ndarray, day: int, exchange: Exchange
) -> np.ndarray:
    """Cents of a dollar; 0 where there is no amount, or no rate."""
    known = np.where(cents == NO_AMOUNT, 0, cents)
    dollars, has_rate = exchange.all_cents(known, states.currency[rows], day)
    return np.where(has_rate, dollars, 0)


def _lines(
    moved: Moved,
    places: Places,
    *,
    grain: str,
    start: date,
    days: tuple[int, int],
    due: tuple[int, int],
) -> Iterator[Line]:
    for target in TARGETS:
        was_dated = is_dated = np.ones(len(moved.kept), dtype=bool)
        if target == "period":
            was_dated, is_dated = (
                (due[0] <= of) & (of < due[1]) for of in (moved.was_due, moved.is_due)
            )
        was_in, is_in = moved.was_open & was_dated, moved.is_open & is_dated
        passed = (moved.entry == "created") & np.isin(moved.exit, ("won", "lost")) & is_dated
        for scope in SCOPES:
            if (grain, scope) == ("week", "rep"):
                continue
            count = len(places.members[scope])
            codes = [
                places.codes(scope, np.full(len(owner), day), owner)
                for day, owner in zip(days, (moved.owner_before, moved.owner_after), strict=True)
            ]
            sums = _sums(moved, codes, was_in=was_in, is_in=is_in, passed=passed, count=count)
            table = np.stack([sums[line] for line in LINES], axis=1)
            for code in np.flatnonzero(table.any(axis=1)).tolist():
                member = places.members[scope][code]
                amounts = [cents / 100 for cents in table[code].tolist()]
                yield [grain, str(start), target, scope, member, *amounts]


def _sums(
    moved: Moved,
    codes: list[np.ndarray],
    *,
    was_in: np.ndarray,
    is_in: np.ndarray,
    passed: np.ndarray,
    count: int,
) -> dict[str, np.ndarray]:
    """Of each line the cents by member: first what members had at the start, then what is new."""
    sums = {line: np.zeros(count, dtype="int64") for line in LINES}

    def add(line: str, code: np.ndarray, cents: np.ndarray, rows: np.ndarray) -> None:
        np.add.at(sums[line], code[rows], cents[rows])

    before, after = codes
    is_transferred = moved.was_open & moved.is_open & (before != after)
    stays = was_in & is_in & ~is_transferred
    change = moved.kept - moved.start
    add("start", before, moved.start, was_in)
    add("increased", before, change, was_in & (change > 0))
    add("decreased", before, -change, was_in & (change < 0))
    add("end", before, moved.end, stays)
    add("currency", before, moved.end - moved.kept, stays)
    add("transferred_out", before, moved.kept, was_in & is_transferred)
    for line in ("pushed_out", "won", "lost", "deleted"):
        goes = was_in & ~is_in & ~is_transferred & (moved.exit == line)
        add(line, before, moved.kept, goes)
    comes = is_in & (is_transferred | ~was_in)
    add("end", after, moved.end, comes)
    add("currency", after, moved.end - moved.kept, comes)
    add("transferred_in", after, moved.kept, comes & is_transferred)
    for line in ("created", "reopened", "pulled_in"):
        rows = comes & ~is_transferred & (moved.entry == line)
        add(line, after, moved.kept, rows | (passed if line == "created" else False))
    for line in ("won", "lost"):
        add(line, after, moved.kept, passed & (moved.exit == line))
    return sums
