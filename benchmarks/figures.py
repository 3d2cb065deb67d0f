"""What the nights of a benchmark amount to: medians over rounds, and how nights compare.

Nothing is run here.
"""

import statistics
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.measuring import Run

# The steps whose cost should follow the new data, not the history.
FOLLOWING = ("extract", "of transform: staging to facts")
SETTLED = 3


@dataclass(frozen=True, kw_only=True)
class Round:
    """The runs of one company by name, and its nights of new data in their order, if any."""

    runs: dict[str, Run]
    nights: list[Run] = field(default_factory=list[Run])


def summary(rounds: list[Round]) -> dict[str, Any]:
    """Medians over the rounds that have the run, and of its ratio to the floor of its round."""
    out: dict[str, Any] = {}
    for name in rounds[0].runs:
        having = [one.runs for one in rounds if name in one.runs]
        middle = _median([runs[name] for runs in having])
        ratios = [runs[name].seconds / runs["floor"].seconds for runs in having]
        out[name] = {
            "seconds": middle.seconds,
            "ratio_to_floor": round(statistics.median(ratios), 1),
            "peak_mb": round(middle.peak_bytes / 1e6),
            "rows": middle.rows,
            "rows_read": middle.rows_read,
            "steps": middle.steps,
        }
    return out


def of_new_data(rounds: list[Round]) -> dict[str, Any]:
    """The nights of new data as one list per figure, and how they compare.

    `following_to_whole_night`: extraction and staging to facts of a night of new data, as a part of
    the whole night's. `last_to_third`: how the cost grew, where there are nights enough.
    """
    whole = _median([one.runs["whole night"] for one in rounds])
    nights = rounds[0].nights
    parts = [_following(run) / _following(whole) for run in nights]
    out: dict[str, Any] = {
        "following_to_whole_night": {
            "first": round(parts[0], 3),
            "median": round(statistics.median(parts), 3),
        }
    }
    if len(nights) > SETTLED:
        third, last = nights[SETTLED - 1], nights[-1]
        out["last_to_third"] = {
            "night": round(last.seconds / third.seconds, 2),
            "following": round(_following(last) / _following(third), 2),
        }
    return out | _in_lists(nights)


def as_told(one: Round) -> dict[str, Any]:
    """A round as it is written."""
    runs: dict[str, Any] = {name: asdict(run) for name, run in one.runs.items()}
    return runs | ({"new data": _in_lists(one.nights)} if one.nights else {})


def _following(run: Run) -> float:
    return sum(run.steps[step] for step in FOLLOWING)


def _median(runs: list[Run]) -> Run:
    return Run(
        seconds=round(statistics.median(run.seconds for run in runs), 2),
        peak_bytes=round(statistics.median(run.peak_bytes for run in runs)),
        rows=runs[0].rows,
        rows_read=runs[0].rows_read,
        steps={
            step: round(statistics.median(run.steps[step] for run in runs), 2)
            for step in runs[0].steps
        },
    )


def _in_lists(nights: list[Run]) -> dict[str, Any]:
    """One list per figure, so that a month of nights can be read."""
    return {
        "seconds": [run.seconds for run in nights],
        "peak_mb": [round(run.peak_bytes / 1e6) for run in nights],
        "rows": [run.rows for run in nights],
        "rows_read": [run.rows_read for run in nights],
        "steps": {step: [run.steps[step] for run in nights] for step in nights[0].steps},
    }
