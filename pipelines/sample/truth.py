"""The truth about a sample, as truth.json: every KPI at the end of the last day, and the cases.

Counted from the event log in plain Python, and not from the files; no SQL, and no code of the
pipeline, so that the mart may be compared with it.
"""

import json
from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.sample.clock import NEVER, day_to_date
from pipelines.sample.truth_cases import told_cases
from pipelines.sample.truth_cells import Places, Value, places_of
from pipelines.sample.truth_closed import of_closed, of_created, of_stages, sold_by_day
from pipelines.sample.truth_constant import of_constant_growth
from pipelines.sample.truth_deals import Deal, handed_to, replay
from pipelines.sample.truth_leads import of_leads
from pipelines.sample.truth_money import Exchange
from pipelines.sample.truth_pipeline import States, of_open, states_of
from pipelines.sample.truth_plan import given_quotas, of_growth, of_quotas
from pipelines.sample.truth_touches import of_calls, of_mails, of_meetings
from pipelines.sample.truth_velocity import of_velocity
from pipelines.sample.truth_waterfall import WATERFALL_COLUMNS, of_waterfall
from pipelines.sample.world import World


def write_truth(path: Path, world: World) -> None:
    """The file: `as_of`, `seed`, `scale`, `cases`, and `values` and the `waterfall`, one line each.

    A value is [kpi, statistic, grain, period_start, scope, member, value, numerator, denominator].
    Counts and sums that are 0 are not listed, nor are ratios without a denominator. A line of the
    waterfall is what its `waterfall_columns` say: how the open pipeline at a period's beginning
    became that of its end, all of it, or what is dated in the period.
    """
    exchange = Exchange(world.rates)
    deals = replay(world, exchange)
    head: dict[str, Any] = {
        "as_of": str(day_to_date(world.span - 1)),
        "seed": world.seed,
        "scale": world.scale,
        "cases": told_cases(world, deals),
    }
    places, states = places_of(world.staff, world.places, span=world.span), states_of(world)
    head["waterfall_columns"] = WATERFALL_COLUMNS
    text = json.dumps(head, indent=1).removesuffix("\n}")
    values = true_values(world, deals, exchange, places=places, states=states)
    lists = {
        "waterfall": of_waterfall(world, states, places, exchange),
        "values": (_line(value) for value in values),
    }
    for name, rows in lists.items():
        lines = ",\n".join(json.dumps(row) for row in rows)
        text += f',\n "{name}": [\n{lines}\n]'
    path.write_text(text + "}\n", encoding="utf-8")


def _line(value: Value) -> list[Any]:
    cell, answer = value.cell, value.answer
    place = [cell.grain, str(cell.start), cell.scope, cell.member]
    return [value.kpi, value.statistic, *place, *answer]


def true_values(
    world: World, replayed: list[Deal], exchange: Exchange, *, places: Places, states: States
) -> Iterator[Value]:
    """All values, KPI group by KPI group; deleted deals are in none but the pipeline before."""
    as_of: date = day_to_date(world.span - 1).item()
    deals = [deal for deal in replayed if deal.deleted is None]
    closed = list(of_closed(deals, places, _units(world)))
    revenue = {value.cell: value.answer.value or 0.0 for value in closed if value.kpi == "revenue"}
    first = min(deal.closed for deal in deals if deal.closed is not None)
    return chain(
        closed,
        of_created(deals, places),
        of_open(world, replayed, states, places, exchange),
        of_velocity(world, replayed, states, places),
        of_stages(deals, places, handed_to(world)),
        of_growth(sold_by_day(deals, places), first_closed=day_to_date(first).item(), as_of=as_of),
        of_constant_growth(deals, places, exchange, as_of=as_of),
        of_quotas(given_quotas(world.quotas, places), revenue, as_of=as_of),
        of_leads(world, places),
        of_calls(world, places),
        of_mails(world, places),
        of_meetings(world, places),
    )


def _units(world: World) -> np.ndarray:
    """What is on the lines of deals that were won, by row: the last quantities."""
    lines = world.lines
    quantity = np.where(lines["revised"] < NEVER, lines["revised_quantity"], lines["quantity"])
    units = np.zeros(len(world.deals), dtype="int64")
    np.add.at(units, lines["deal"].to_numpy(), quantity)
    return units
