"""Reading the sample's files; and a sample to be read, made once a session."""

import csv
import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipelines.sample.files import TRUTH, Sample, make_sample

Row = dict[str, str]
LAST = date(2026, 10, 14)
ZONE = ZoneInfo("America/Chicago")
END = datetime(2026, 10, 15, tzinfo=ZONE)


def rows_of(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def moment(text: str) -> datetime:
    assert text.endswith(".000Z"), text
    return datetime.fromisoformat(text)


def local(text: str) -> date:
    return moment(text).astimezone(ZONE).date()


class Exports:
    """The files of a sample by object and day, and its truth."""

    def __init__(self, out: Path, sample: Sample) -> None:
        self.out, self.sample = out, sample
        self.truth = json.loads((out / TRUTH).read_text(encoding="utf-8"))
        self._read: dict[tuple[str, date], list[Row]] = {}

    def rows(self, name: str, day: date = LAST) -> list[Row]:
        if (name, day) not in self._read:
            (path,) = self.out.glob(f"*/{name}_{day}.csv")
            self._read[name, day] = rows_of(path)
        return self._read[name, day]

    def by_id(self, name: str, day: date = LAST) -> dict[str, Row]:
        return {row.get("Id") or row["id"]: row for row in self.rows(name, day)}

    def company(self, kpi: str, grain: str = "quarter", place: int = 0) -> dict[str, float | None]:
        """The true values of the whole company, or their numerators or denominators, by period."""
        return {
            row[3]: row[6 + place]
            for row in self.truth["values"]
            if (row[0], row[2], row[4]) == (kpi, grain, "company")
        }


@pytest.fixture(scope="session")
def three(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """Three nights, in which a rep leaves."""
    out = tmp_path_factory.mktemp("sample")
    return Exports(out, make_sample(out, days=3))


def quarter(day: date) -> str:
    return str(date(day.year, (day.month - 1) // 3 * 3 + 1, 1))
