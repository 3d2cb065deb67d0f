"""The nights of new data that benchmarks play: what they hold, and what extraction makes of it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import yaml

from benchmarks.new_data import INCREMENTS, Added, Increment, add_night, incremental
from pipelines.extract.ledger import Counts
from pipelines.extract.outcome import FileOutcome
from pipelines.extract.run import extract
from pipelines.sample.files import make_sample
from pipelines.settings import PROJECT_DIR, load_settings
from tests.sample_exports import LAST, Row, rows_of

DAYS = (date(2026, 10, 15), date(2026, 10, 16))
SHARE = 0.1


@dataclass(frozen=True, kw_only=True)
class Played:
    """A small company whose first night of new data was extracted; a second one has landed."""

    landing: Path
    added: list[Added]
    files: dict[str, FileOutcome]

    def rows(self, one: Increment, day: date) -> dict[str, Row]:
        rows = rows_of(self.landing / one.source / f"{one.export}_{day}.csv")
        return {row.get("Id") or row["id"]: row for row in rows}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("company")
    landing = folder / "landing"
    make_sample(landing, scale=0.001)
    demo = yaml.safe_load((PROJECT_DIR / "kpimart.yml").read_text(encoding="utf-8"))
    config = incremental(demo | {"paths": {"landing": "landing"}})
    (folder / "kpimart.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    added = add_night(landing, day=DAYS[0], night=1, share=SHARE)
    told = extract(load_settings(folder / "kpimart.yml")).files
    add_night(landing, day=DAYS[1], night=2, share=SHARE)
    return Played(landing=landing, added=added, files={file.file_name: file for file in told})


def test_rows_are_new_and_changed_as_meant(played: Played) -> None:
    for one, added in zip(INCREMENTS, played.added, strict=True):
        file = played.files[added.path.name]
        assert (file.state, file.object, file.problems) == ("applied", one.name, [])
        assert file.counts == Counts(
            rows_read=added.new_rows + added.changed_rows,
            new_rows=added.new_rows,
            changed_rows=added.changed_rows,
        )


def test_a_night_is_its_share_half_new_and_half_changed(played: Played) -> None:
    for one, added in zip(INCREMENTS, played.added, strict=True):
        share = SHARE * len(played.rows(one, LAST))
        assert abs(added.new_rows + added.changed_rows - share) <= 1
        assert abs(added.new_rows - added.changed_rows) <= 1 or one.mode == "append"


def test_every_night_has_other_records(played: Played) -> None:
    for one in INCREMENTS:
        first, second = (played.rows(one, day).keys() for day in DAYS)
        assert len(first) * len(second) > 0
        assert not first & second


def test_what_is_new_or_changed_was_told_on_the_day(played: Played) -> None:
    for one in INCREMENTS:
        known = played.rows(one, LAST)
        for key, row in played.rows(one, DAYS[0]).items():
            created = row.get("CreatedDate") or row["createdAt"]
            updated = row.get("LastModifiedDate") or row.get("updatedAt") or created
            assert updated[:10] == str(DAYS[0])
            assert key in known or created[:10] == str(DAYS[0])
