"""Stopped at any durable point and run again, a company holds what an undisturbed one holds.

The points are found by running: each act of a small company is watched once, and its folder is
copied at every point, as a kill would leave it. Each copy is then run again, and compared.
dbt makes no durable step, so acts that publish take a build that was made once for its lake.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import duckdb
import pytest

from pipelines import durable, journal
from pipelines.extract import ledger
from pipelines.extract.accept import accept, accepted_batches
from pipelines.extract.run import extract
from pipelines.night import inputs_digest
from pipelines.publish.as_of import export
from pipelines.publish.publish import publish
from pipelines.publish.records import OF_A_PUBLISH
from pipelines.publish.versions import linked_version, recover, rollback
from pipelines.report import CheckResult, NightReport, save_report
from pipelines.settings import Settings
from pipelines.transform import code_version, spec_version
from tests.end_to_end.killed_company import (
    assert_readers_are_served,
    copied,
    fingerprint,
    first_exports,
    later_exports,
    whole,
)
from tests.nights import build_night, play_night

CHECK = CheckResult(
    check="deals_are_there", table="marts.t", severity="warning", passed=True, rows=0, reason="r"
)
REPORT = NightReport(
    run_id="0123456789",
    started_at=datetime(2024, 2, 1, tzinfo=UTC),
    finished_at=datetime(2024, 2, 1, tzinfo=UTC),
    outcome="published",
    message="version v000001",
    exit_code=0,
)
Play = Callable[[Settings], object]


@dataclass(frozen=True, kw_only=True)
class Stop:
    """The company at a point; `print` is equal where a process would find the same."""

    point: str
    settings: Settings
    print: str


@dataclass(frozen=True, kw_only=True)
class Act:
    """What was played, the company at each point of it, and what running again must give."""

    again: Play
    expected: dict[str, Any]
    stops: list[Stop]

    def stop(self, point: str) -> Settings:
        """The company at the last point whose name begins so."""
        return [stop.settings for stop in self.stops if stop.point.startswith(point)][-1]


@dataclass(kw_only=True)
class Story:
    """The acts of one company, by name, in the order in which they were played."""

    folder: Path
    copies: int = 0
    acts: dict[str, Act] = field(default_factory=dict)

    def play(self, name: str, settings: Settings, play: Play, *, again: Play | None = None) -> None:
        """Plays an act; `again` is what a user would run after a kill, if that is not the same."""
        stops = self._watched(settings, play)
        self.acts[name] = Act(again=again or play, expected=whole(settings), stops=stops)

    def play_after_a_kill(self, name: str, *, at: str, play: Play) -> None:
        """Plays what follows on a kill within an act, which may be killed too."""
        killed = copied(self.acts[name].stop(at), self.folder / f"{name}, killed")
        self.acts[name].stops.extend(self._watched(killed, play))

    def _watched(self, settings: Settings, play: Play) -> list[Stop]:
        stops: list[Stop] = []

        def keep(point: str) -> None:
            self.copies += 1
            stopped = copied(settings, self.folder / str(self.copies))
            stops.append(Stop(point=point, settings=stopped, print=fingerprint(stopped)))

        with durable.watched(keep, below=settings.config_path.parent):
            play(settings)
        return stops


def published(build: Path, *, code: str) -> Play:
    """What a night does when its checks have passed, unless this lake is published already."""
    with duckdb.connect(str(build), read_only=True) as connection:
        as_of = connection.execute("select as_of from run.context").fetchall()[0][0]

    def play(settings: Settings) -> None:
        recover(settings)
        digest = inputs_digest(settings, code=code)
        past = journal.read(settings.lake_dir, "publishes")
        if past and past[-1]["inputs_digest"] == digest:
            return
        publish(
            settings,
            build=build,
            as_of=as_of,
            code_version=code,
            spec_version=spec_version(),
            inputs_digest=digest,
            check_results=[CHECK],
        )

    return play


def accept_what_is_held(settings: Settings) -> None:
    """A person accepts each held batch, unless that is in the journal."""
    decided = accepted_batches(settings.lake_dir)
    for entry in ledger.read(settings.lake_dir).held_batches():
        if entry.batch not in decided:
            accept(settings, str(entry.batch), reason="the others were test deals")


def roll_back(settings: Settings) -> None:
    """A person wants the second version, unless readers get it already."""
    recover(settings)
    if linked_version(settings) != "v000002":
        rollback(settings, "v000002", pin=True, reason="wrong quotas")


ACTS = (
    "first extract",
    "first publish",
    "accept",
    "later extract",
    "later publish",
    "rollback",
    "as of",
    "report",
)


def _built(settings: Settings, name: str) -> Path:
    build_night(settings, read_landing=False)
    return settings.build_path.rename(settings.config_path.parent.parent / f"{name}.duckdb")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The undisturbed company's acts; the second version is the first one's data by other code."""
    folder = tmp_path_factory.mktemp("kills")
    told = Story(folder=folder)
    settings = first_exports(folder / "company")
    code = code_version()
    told.play("first extract", settings, extract)
    first = _built(settings, "first")
    told.play("first publish", settings, published(first, code=code))
    published(first, code="another")(settings)

    settings = later_exports(settings)
    told.play("accept", settings, accept_what_is_held)
    told.play("later extract", settings, extract)
    told.play_after_a_kill("later extract", at="file written: var/lake/_ledger", play=extract)
    later = _built(settings, "later")
    told.play("later publish", settings, published(later, code=code))
    unrecorded = "file written: var/lake/_journal/publishes"
    told.play_after_a_kill("later publish", at=unrecorded, play=recover)

    told.play("rollback", settings, roll_back)
    told.play("as of", settings, lambda company: export(company, build=later, name="2024-01-20"))
    told.play("report", settings, lambda company: save_report(company.reports_dir, REPORT))
    return told


@pytest.mark.parametrize("name", ACTS)
def test_stopped_at_any_point_and_run_again(story: Story, name: str, tmp_path: Path) -> None:
    act = story.acts[name]
    for print_, stop in {stop.print: stop for stop in act.stops}.items():
        assert_readers_are_served(stop.settings)
        settings = copied(stop.settings, tmp_path / print_)
        act.again(settings)
        assert whole(settings) == act.expected, f"{name}, stopped at {stop.point}"
    assert act.stops


def test_every_kind_of_durable_thing_has_its_points(story: Story) -> None:
    told = [stop.point for act in story.acts.values() for stop in act.stops]
    batch, journaled = r"var/lake/crm/{}/b\d+", r"var/lake/_journal/{}/\d+\.parquet"
    version = r"mart/versions/v\d+\.duckdb"
    written = [
        *(f"{batch.format(name)}/data\\.parquet" for name in ("opportunities", "users")),
        *(journaled.format(kind) for kind in get_args(journal.Kind)),
        r"var/lake/_ledger/\d+\.jsonl",
        version,
        r"mart/as_of/2024-01-20\.duckdb",
        r"var/reports/.*\.json",
    ]
    expected = [
        *(f"file {effect}: {one}" for effect in ("begun", "written", "renamed") for one in written),
        *(f"link {effect}: mart/kpi_mart.duckdb" for effect in ("begun", "made", "replaced")),
        *(f"folder removed: {batch.format(name)}" for name in ("opportunities", "users")),
        *(f"file removed: {journaled.format(kind)}" for kind in OF_A_PUBLISH),
        "file removed: mart/versions/v000001.duckdb",  # no longer kept
        "file removed: mart/versions/v000003.duckdb",  # never published
    ]
    missing = [one for one in expected if not any(re.fullmatch(one, point) for point in told)]
    assert not missing
    assert len({point.partition(":")[0] for point in told}) == 11


@pytest.mark.parametrize(
    ("act", "point", "gives"),
    [
        ("first extract", "file renamed: var/lake/crm/opportunities", "first publish"),
        ("later publish", "file renamed: var/lake/_journal/check_results", "later publish"),
    ],
)
def test_a_real_night_after_a_kill(
    story: Story, act: str, point: str, gives: str, tmp_path: Path
) -> None:
    settings = copied(story.acts[act].stop(point), tmp_path / "company")
    play_night(settings)
    assert without_checks(whole(settings)) == without_checks(story.acts[gives].expected)


def without_checks(held: dict[str, Any]) -> dict[str, Any]:
    """All but the checks' results, of which the acts take one only."""
    marts = {
        path: {name: rows for name, rows in tables.items() if name != "quality.check_results"}
        for path, tables in held["marts"].items()
    }
    kept = {kind: rows for kind, rows in held["journal"].items() if kind != "check_results"}
    return held | {"journal": kept, "marts": marts}
