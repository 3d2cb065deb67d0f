"""Dagster's event log in SQLite, through one kept connection to each of the files in use.

Dagster's own storage opens a connection for every statement. A night leaves about a thousand
events: that took more than half of a small night's time outside its steps.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, StaticPool, create_engine

_KEPT_FILES = 4
_BUSY_SECONDS = 60  # how long one waits for a page of the UI that reads the same file


class EventLog(SqliteEventLogStorage):
    """The storage of `dagster.yaml`; its files are where Dagster's own would be."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """`home`: Dagster's home."""
        return {"home": dg.StringSource}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> "EventLog":
        """The log of this home."""
        return cls(str(Path(config_value["home"]) / "history" / "runs"), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Generator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def _engine(self, shard: str) -> Engine:
        """The engine of a file; those used last stay open, not one for every run of the pages."""
        engine = self._engines.pop(shard, None) or create_engine(
            self.conn_string_for_shard(shard),
            # one connection for all threads: the lock lets one of them in at a time
            poolclass=StaticPool,
            connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        )
        self._engines[shard] = engine
        if len(self._engines) > _KEPT_FILES:
            self._engines.pop(next(iter(self._engines))).dispose()
        return engine

    def dispose(self) -> None:
        """The connections are closed."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()
