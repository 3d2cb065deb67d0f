"""The sample as files: what each tool of a fictional company exports, day by day, and the truth."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pipelines import progress
from pipelines.sample import finance, outreach, salesforce
from pipelines.sample.clock import START, day_to_date
from pipelines.sample.exports import open_log, set_day, write_all
from pipelines.sample.organisation import DEALS_AT_SCALE_1
from pipelines.sample.truth import write_truth
from pipelines.sample.world import World, make_world

SOURCES = {
    "salesforce": salesforce.EXPORTS,
    "outreach": outreach.EXPORTS,
    "finance": finance.EXPORTS,
}
TRUTH = "truth.json"
SHORTEST_SPAN_DAYS = 180


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The files written, how many rows they hold (headers apart), and their size in bytes."""

    files: tuple[Path, ...]
    rows: int
    bytes: int


def make_sample(
    out: Path,
    *,
    scale: float = 0.02,
    seed: int = 20,
    days: int = 1,
    until: date = date(2026, 10, 14),
) -> Sample:
    """Exports into `out`/<source>, one per object for each of the `days` days up to `until`.

    `out`/truth.json says what the KPIs are at the end of the last day. Scale 1 is 100,000
    opportunities and a million calls, mails and meetings since START. The same arguments give the
    same bytes.

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
    with progress.step("make up the company"):
        world = make_world(scale=scale, count=count, seed=seed, span=span, days=days)
    written = _write_days(out, world, days=days)
    with progress.step("count the truth"):
        write_truth(out / TRUTH, world)
    return Sample(
        files=tuple(path for path, _ in written),
        rows=sum(rows for _, rows in written),
        bytes=sum(path.stat().st_size for path, _ in written),
    )


def _write_days(out: Path, world: World, *, days: int) -> list[tuple[Path, int]]:
    """The files of the last `days` days, with their rows."""
    written: list[tuple[Path, int]] = []
    with open_log(world) as log:
        for day in range(world.span - days, world.span):
            stamp = str(day_to_date(day))
            with progress.step(f"write the exports of {stamp}"):
                set_day(log, day)
                for source, exports in SOURCES.items():
                    written += write_all(log, exports, out / source, stamp=stamp)
    return written
