"""A company with one CRM source in a temporary folder, whose exports a test lands line by line."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from pipelines.extract.outcome import Again, Extraction, FileOutcome
from pipelines.extract.relations import register
from pipelines.extract.run import extract
from pipelines.settings import Settings, load_settings

HEADER = "id,stage,amount,created,owner"

OPPORTUNITIES = {
    "files": "deals*.csv",
    "as_of": "deals_%Y-%m-%d*",
    "columns": {
        "opportunity_id": "id",
        "stage": "stage",
        "amount": "amount",
        "created_on": "created",
        "owner_name": "owner",
    },
    "stages": {"Open": "open", "Won": "won", "Lost": "lost"},
}
USERS = {"columns": {"user_id": "user", "user_name": "name"}, "as_of": "2024-01-31"}


@dataclass
class Crm:
    """The company: what it is configured as, what lands, and what its lake then says."""

    folder: Path
    opportunities: dict[str, Any] = field(default_factory=lambda: dict(OPPORTUNITIES))
    users: dict[str, Any] = field(default_factory=lambda: dict(USERS))
    more: dict[str, Any] = field(default_factory=dict)
    source: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.landing.mkdir(parents=True)

    @property
    def landing(self) -> Path:
        return self.folder / "landing" / "crm"

    @property
    def settings(self) -> Settings:
        config = {
            "company": {"name": "Tiny", "currency": "EUR", "timezone": "UTC"},
            "sources": [
                {
                    "name": "crm",
                    "system": "mapped",
                    **self.source,
                    "objects": {"opportunities": self.opportunities, "users": self.users},
                }
            ],
            **self.more,
        }
        path = self.folder / "kpimart.yml"
        path.write_text(yaml.safe_dump(config, sort_keys=False))
        return load_settings(path)

    def land(self, name: str, *rows: str, header: str = HEADER) -> Path:
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in (header, *rows)))
        return path

    def land_deals(self, day: int, *, suffix: str = "", **amounts: int | str) -> Path:
        """A snapshot of January `day`: one open deal per keyword, with its amount."""
        rows = [f"{key},Open,{amount},2023-12-01,Ada" for key, amount in amounts.items()]
        return self.land(f"deals_2024-01-{day:02d}{suffix}.csv", *rows)

    def extract(self, *, again: Again = "") -> Extraction:
        return extract(self.settings, again=again)

    def outcome(self, extraction: Extraction, name: str) -> FileOutcome:
        return next(file for file in extraction.files if file.file_name == name)

    def query(self, sql: str, *, as_of_limit: datetime | None = None) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            register(self.settings, connection, as_of_limit=as_of_limit)
            return connection.execute(sql).fetchall()

    def states(self, *days: int) -> list[dict[str, int | None]]:
        """Live deals at the end of each day of January: amount by key."""
        found = self.query(f"""
            select day, _key, cast(amount as integer) from (
                select *, row_number() over (
                    partition by day, _key order by _as_of desc, _batch desc
                ) as place
                from lake.mapped__opportunities
                inner join (select unnest({list(days)}) as day)
                    on _as_of <= timestamp '2024-01-01' + to_days(day)
            ) where place = 1 and _op = 'upsert' order by all
        """)
        return [{key: amount for on, key, amount in found if on == day} for day in days]

    def state(self, day: int) -> dict[str, int | None]:
        """Live deals at the end of January `day`."""
        return self.states(day)[0]

    def ledger_files(self) -> list[str]:
        return sorted(path.name for path in (self.settings.lake_dir / "_ledger").iterdir())


@pytest.fixture
def crm(tmp_path: Path) -> Crm:
    return Crm(folder=tmp_path)


@pytest.fixture
def tolerant_crm(crm: Crm) -> Crm:
    """A company whose snapshots may lose any number of records."""
    crm.more = {"guards": {"max_vanished_share": 1.0}}
    return crm
