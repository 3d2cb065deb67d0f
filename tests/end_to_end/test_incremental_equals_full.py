"""After any nights, the build that each of them changed equals one made anew from the same lake.

Chance says what happens to the company's records, how exports arrive, and where a night is killed.
`KPIMART_SEQUENCES` says how many sequences of nights are played: `make drill` plays 100, `make
test` 10. All models are built and compared at the end of every tenth; else those that a night
changes in place and the tables that these read, as what is built whole is as equal as what it
reads. `KPIMART_SEED` replaces the seed; `KPIMART_SHRINK=1` looks for a smaller story that fails.
"""

import contextlib
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Literal, get_args

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from pipelines import durable
from pipelines.base import keep_build
from pipelines.extract import ledger
from pipelines.extract.run import extract
from pipelines.night import inputs_digest
from pipelines.settings import Settings
from tests.end_to_end.chance_changes import CHANGES
from tests.end_to_end.chance_company import DELIVERIES, Company, Delivery
from tests.end_to_end.chance_records import EXPORTS
from tests.nights import build_models

SEQUENCES = int(os.environ.get("KPIMART_SEQUENCES", "10"))
SEED = int(os.environ.get("KPIMART_SEED", "20260320"))
SHRINKS = (Phase.shrink,) if os.environ.get("KPIMART_SHRINK") else ()
NIGHTS = 3
WHOLE_EVERY = 10
CHANGED_IN_PLACE = "config.materialized:incremental"
SOME = (f"+{CHANGED_IN_PLACE}",)
VIEWS = ("config.materialized:view",)
SCHEMAS = ("run", "intermediate", "marts", "kpis", "quality")
MOST_ROWS_SHOWN = 3

End = Literal["whole", "killed in extraction", "killed after it", "killed in the build", "left"]


@dataclass(frozen=True, kw_only=True)
class Night:
    """What happens before a night, what becomes of exports, and how the run goes.

    A killed run is run again, one that was `left` is not: the next night finds what it left. `stop`
    is the number of the durable step at which an extraction is killed.
    """

    changes: list[tuple[str, int]]
    deliveries: dict[str, Delivery]
    end: End = "whole"
    stop: int = 0


class KilledError(Exception):
    """The run ends here."""


def story_of(ends: Sequence[End]) -> st.SearchStrategy[list[Night]]:
    """Nights that end so; no kind of change comes twice in one, half of all exports are on time."""
    change = st.tuples(st.sampled_from(list(CHANGES)), st.integers(0, 59))
    delivery = st.sampled_from(("on time",) * (len(DELIVERIES) - 2) + DELIVERIES)
    return st.tuples(
        *(
            st.builds(
                Night,
                changes=st.lists(change, min_size=8, max_size=16, unique_by=lambda told: told[0]),
                deliveries=st.fixed_dictionaries(dict.fromkeys(EXPORTS, delivery)),
                end=st.just(end),
                stop=st.integers(0, 80),
            )
            for end in ends
        )
    ).map(list)


stories = st.permutations(get_args(End)).flatmap(lambda ends: story_of(ends[:NIGHTS]))


@dataclass(frozen=True)
class Stage:
    """The folder of the company, and a copy of it as its first night left it."""

    folder: Path
    first: Path

    def reset(self) -> Company:
        """The company after its first night; the folder stays, for dbt parses anew in another."""
        for name in ("landing", "var/lake", "var/base", "var/run"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            shutil.copytree(self.first / name, self.folder / name)
        return Company.founded(self.folder)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The first night, in which everything is new, is the same in all sequences."""
    folder = tmp_path_factory.mktemp("chance")
    company = Company.founded(folder / "company")
    run(company.settings)
    return Stage(folder / "company", Path(shutil.copytree(folder / "company", folder / "first")))


numbers = count(1)
seen: Counter[str] = Counter()


@seed(SEED)
@settings(
    max_examples=SEQUENCES,
    phases=(Phase.generate, *SHRINKS),
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(story=stories)
def test_nights_give_what_a_full_rebuild_gives(stage: Stage, story: list[Night]) -> None:
    company, number = stage.reset(), next(numbers)
    for night in story:
        seen.update([night.end, *night.deliveries.values(), *(kind for kind, _ in night.changes)])
        company.live_on(night.changes, night.deliveries)
        play(company.settings, night)
    is_whole = number % WHOLE_EVERY == 0
    run(company.settings, is_whole=is_whole)

    build_models(company.settings, afresh=True, select=() if is_whole else SOME)
    seen.update(states_of(company.settings))
    found = list(differences(company.settings.base_path, company.settings.build_path))
    assert not found, "\n".join([f"seed {SEED}, sequence {number}", *found])


def play(settings: Settings, night: Night) -> None:
    """The night's run, and once more if it was killed."""
    if night.end == "killed in extraction":
        kill_extraction(settings, night.stop)
    elif night.end != "whole":
        extract(settings)
    if night.end == "killed in the build":
        build_models(settings, afresh=False, select=(CHANGED_IN_PLACE,))
    if night.end != "left":
        run(settings)


def run(settings: Settings, *, is_whole: bool = False) -> None:
    """Some models, or a whole mart, fit what has landed; where nothing is new, they do already.

    The views of the build that it starts from still stand.
    """
    extract(settings)
    digest, built_from = (
        inputs_digest(settings, code=""),
        settings.base_path.with_name("built_from"),
    )
    kept = built_from.read_text(encoding="utf-8") if built_from.is_file() else None
    if is_whole:
        build_models(settings, afresh=False)
    elif kept != digest:
        build_models(settings, afresh=False, select=SOME, exclude=VIEWS if kept else ())
    else:
        return
    keep_build(settings)
    built_from.write_text(digest, encoding="utf-8")


def kill_extraction(settings: Settings, stop: int) -> None:
    """The lake is as a process leaves it that is killed at this durable step; if it has so many.

    One batch is written at a time, so that nothing moves while the lake is copied.
    """
    left, steps = settings.var_dir / "left", count()

    def at_point(_: str) -> None:
        if next(steps) == stop:
            shutil.copytree(settings.lake_dir, left)
            raise KilledError

    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.suppress(KilledError),
        durable.watched(at_point, below=settings.config_path.parent),
    ):
        patch.setattr("pipelines.extract.run.WRITTEN_AT_ONCE", 1)
        extract(settings)
    if left.is_dir():
        seen["an extraction killed on its way"] += 1
        shutil.rmtree(settings.lake_dir)
        left.rename(settings.lake_dir)


def states_of(settings: Settings) -> Iterator[str]:
    """What became of files and records."""
    known = ledger.read(settings.lake_dir)
    yield from (f"a file {known.state(entry)}" for entry in known.entries)
    yield from ("an unreadable row" for entry in known.entries if entry.counts.quarantined_rows)
    moments: dict[tuple[str, str | None], datetime] = {}
    for entry in known.applied_batches():
        of = entry.source, entry.object
        if entry.as_of and entry.as_of < moments.setdefault(of, entry.as_of):
            yield "a file older than one before it"
        if entry.as_of:
            moments[of] = max(moments[of], entry.as_of)


def test_all_of_it_happened() -> None:
    """Of what can happen between nights, the sequences that were played left nothing out."""
    if next(numbers) <= 10:
        pytest.skip("fewer than ten sequences were played")
    states = (
        "an extraction killed on its way",
        "a file applied",
        "a file held",
        "an unreadable row",
    )
    wanted = {*CHANGES, *DELIVERIES, *get_args(End), *states, "a file older than one before it"}
    missing = sorted(wanted - seen.keys())
    assert not missing


def differences(nightly: Path, afresh: Path) -> Iterator[str]:
    """Each relation that is not the same in both builds, with rows that one of them lacks."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{nightly}' as nightly (read_only)")
        connection.execute(f"attach '{afresh}' as afresh (read_only)")
        relations = {side: relations_of(connection, side) for side in ("nightly", "afresh")}
        for name in sorted(relations["nightly"].keys() | relations["afresh"].keys()):
            columns = relations["nightly"].get(name), relations["afresh"].get(name)
            if columns[0] is None or columns[0] != columns[1]:
                yield f"{name}: columns {columns[0]} nightly, {columns[1]} afresh"
                continue
            for side, other in (("nightly", "afresh"), ("afresh", "nightly")):
                rows = connection.execute(
                    f"select {columns[0]} from {side}.{name} "
                    f"except all select {columns[0]} from {other}.{name}"
                ).fetchall()
                if rows:
                    yield f"{name}: {len(rows)} rows {side} only"
                    yield from (f"    {row}" for row in rows[:MOST_ROWS_SHOWN])


def relations_of(connection: duckdb.DuckDBPyConnection, side: str) -> dict[str, str]:
    """The columns of each relation as they are compared.

    Rows are summed up in any order, so the last digits of a double may differ.
    """
    named = connection.execute(
        "select schema_name || '.' || table_name, string_agg("
        "case when data_type = 'DOUBLE' then printf('printf(''%%.9e'', %s) as %s', "
        "'\"' || column_name || '\"', '\"' || column_name || '\"') "
        "else '\"' || column_name || '\"' end, ', ' order by column_index) "
        "from duckdb_columns() where database_name = ? and list_contains(?, schema_name) "
        "group by all",
        [side, list(SCHEMAS)],
    )
    return dict(named.fetchall())
