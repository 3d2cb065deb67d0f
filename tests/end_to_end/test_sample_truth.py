"""The mart finds again what the simulated company knows of itself: every KPI equals truth.json.

Five nightly exports, taken up night by night, of which one night's deals and their history come a
night late; then built whole again from the lake alone. Counts and money must be the same to the
cent, ratios to nine digits, at company, team and rep, in all grains, and so must every line of the
pipeline's waterfall; and the mart knows of nothing that the truth does not.
"""

import json
import math
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from pipelines.night import run_night
from pipelines.sample.files import make_sample
from pipelines.settings import PROJECT_DIR, Settings, load_settings
from tests.nights import ask, play_night

SCALE, DAYS = 0.02, 5
LATE_NIGHT, LATE = 3, ("Opportunity", "OpportunityHistory")  # counted from 0
SCOPES = ("company", "team", "rep")
QUOTIENTS = ("pipeline_velocity", "velocity_ratio")  # that have no numerator of their own


class Cell(NamedTuple):
    """Where a number stands in the mart."""

    kpi: str
    statistic: str
    grain: str
    start: date
    scope: str
    member: str


class Numbers(NamedTuple):
    """What stands there."""

    value: float | None
    numerator: float | None
    denominator: float | None


Cells = dict[Cell, Numbers]


def truth_of(path: Path) -> Cells:
    told = json.loads(path.read_text(encoding="utf-8"))
    return {
        Cell(kpi, statistic, grain, date.fromisoformat(start), scope, member): Numbers(*numbers)
        for kpi, statistic, grain, start, scope, member, *numbers in told["values"]
    }


def mart_numbers(connection: duckdb.DuckDBPyConnection) -> Cells:
    """What the KPIs are, of the scopes that the truth knows."""
    rows = connection.execute(
        "select kpi, statistic, grain, period_start, scope, member, value, numerator, denominator "
        "from kpis.kpi_statistics where list_contains(?, scope)",
        [list(SCOPES)],
    ).fetchall()
    return {Cell(*row[:6]): Numbers(*row[6:]) for row in rows}


def same(expected: float | None, found: float | None, *, is_ratio: bool) -> bool:
    if expected is None or found is None:
        return expected is found
    return math.isclose(expected, found, rel_tol=1e-9 if is_ratio else 0, abs_tol=1e-9)


def differences(truth: Cells, mart: Cells) -> Iterator[str]:
    """Each cell in which the two do not say the same; what the truth leaves out is 0 or NULL."""
    for cell in sorted({*truth, *mart}, key=str):
        where = " ".join(map(str, cell))
        if cell not in mart:
            yield f"{where}: {truth[cell].value} is not in the mart"
            continue
        found = mart[cell]
        expected = truth.get(cell)
        if expected is None:
            if found.value:
                yield f"{where}: the mart says {found.value}, the truth knows of nothing"
            continue
        is_ratio = expected.denominator is not None or cell.kpi in QUOTIENTS
        if not same(expected.value, found.value, is_ratio=is_ratio):
            yield f"{where}: {expected.value} in truth, {found.value} in the mart"
        for part in ("numerator", "denominator"):
            right, said = getattr(expected, part), getattr(found, part)
            if right is not None and not same(right, said, is_ratio=False):
                yield f"{where}: {part} {right} in truth, {said} in the mart"


Waterfall = dict[tuple[str, ...], list[float]]


def true_waterfall(path: Path) -> Waterfall:
    told = json.loads(path.read_text(encoding="utf-8"))
    return {tuple(line[:5]): line[5:] for line in told["waterfall"]}


def mart_waterfall(connection: duckdb.DuckDBPyConnection, path: Path) -> Waterfall:
    """The same lines of the same scopes; what is 0 in all columns is left out."""
    names = json.loads(path.read_text(encoding="utf-8"))["waterfall_columns"]
    amounts = ", ".join(f"cast({name}_amount as double)" for name in names[5:])
    rows = connection.execute(
        "select grain, cast(period_start as varchar), target, scope, member, "
        f"{amounts} from kpis.kpi_pipeline_waterfall where list_contains(?, scope)",
        [list(SCOPES)],
    ).fetchall()
    return {tuple(row[:5]): list(row[5:]) for row in rows if any(row[5:])}


def assert_the_truth(settings: Settings) -> None:
    path = settings.landing_dir.parent / "exports" / "truth.json"
    truth = truth_of(path)
    with duckdb.connect(str(settings.mart_path), read_only=True) as connection:
        mart = mart_numbers(connection)
        waterfall = mart_waterfall(connection, path)
    assert waterfall == true_waterfall(path)
    catalogue = {kpi for (kpi,) in ask(settings, "select kpi from kpis.kpi_catalog")}
    assert {cell.kpi for cell in truth} == catalogue
    wrong = list(differences(truth, mart))
    if wrong:
        by_kpi: dict[str, list[str]] = {}
        for one in wrong:
            by_kpi.setdefault(one.split()[0], []).append(one)
        told = [f"{kpi}: {len(ones)} cells, as {ones[:4]}" for kpi, ones in by_kpi.items()]
        pytest.fail("\n".join([f"{len(wrong)} of {len(truth)} cells differ", *told]), pytrace=False)


def landed_on(path: Path, stamps: list[str]) -> str:
    """The night on which an export lands: that of its day, or the one after it."""
    name, stamp = path.stem.rsplit("_", 1)
    is_late = name in LATE and stamp == stamps[LATE_NIGHT]
    return stamps[LATE_NIGHT + 1] if is_late else stamp


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The demo company after five nights, each of which found what had landed by then."""
    folder = tmp_path_factory.mktemp("simulated")
    config = (PROJECT_DIR / "kpimart.yml").read_text(encoding="utf-8")
    (folder / "kpimart.yml").write_text(config.replace("demo/", ""), encoding="utf-8")
    settings = load_settings(folder / "kpimart.yml")
    sample = make_sample(folder / "exports", scale=SCALE, days=DAYS)
    stamps = sorted({path.stem.rsplit("_", 1)[1] for path in sample.files})
    assert len(stamps) == DAYS
    for stamp in stamps:
        for path in sample.files:
            if landed_on(path, stamps) == stamp:
                landed = settings.landing_dir / path.parent.name / path.name
                landed.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, landed)
        play_night(settings)
    return settings


def test_night_by_night(company: Settings) -> None:
    assert_the_truth(company)


def test_from_the_lake_alone(company: Settings) -> None:
    shutil.rmtree(company.build_path.parent)
    shutil.rmtree(company.base_path.parent)
    shutil.rmtree(company.mart_path.parent)
    report = run_night(company, full_refresh=True)
    assert report.outcome == "published", report.message
    assert_the_truth(company)
