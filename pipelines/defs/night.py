"""The resource that all steps of a night share: its settings, options, lock and record.

It lives from a run's beginning to its end, however the run was started, so the lock guards command
line, schedule and UI alike, and each run leaves a report.
"""

import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import PrivateAttr, TypeAdapter

from pipelines import progress
from pipelines.errors import KpimartError
from pipelines.extract.outcome import Again
from pipelines.lock import single_run
from pipelines.night import NightRecord
from pipelines.publish.versions import recover
from pipelines.report import save_report
from pipelines.settings import Settings, load_settings


class Night(dg.ConfigurableResource[Any]):
    """One night of one company.

    `full_refresh` rebuilds from the lake and reads no landing file. `as_of` (YYYY-MM-DD) builds
    what was known at that day's end, beside the published mart. `again`: which originals are read
    again, see `extract.plan.make`.
    """

    config: str
    full_refresh: bool = False
    as_of: str = ""
    again: str = ""

    _settings: Settings | None = PrivateAttr(default=None)
    _record: NightRecord | None = PrivateAttr(default=None)
    _open: ExitStack = PrivateAttr(default_factory=ExitStack)

    @property
    def settings(self) -> Settings:
        """The company's settings."""
        if self._settings is None:
            self._settings = load_settings(Path(self.config))
        return self._settings

    @property
    def record(self) -> NightRecord:
        """What the steps note down for the report."""
        if self._record is None:
            raise KpimartError("the night has not begun")
        return self._record

    @property
    def as_of_day(self) -> date | None:
        """The day of `--as-of`, if any."""
        return date.fromisoformat(self.as_of) if self.as_of else None

    @property
    def read_again(self) -> Again:
        """Which originals are read again."""
        return TypeAdapter[Again](Again).validate_python(self.again)

    @contextmanager
    def step(self, name: str) -> Generator[progress.Step]:
        """A step that is reported while it runs, and whose seconds are in the record."""
        begun = time.perf_counter()
        with progress.step(name) as running:
            yield running
        self.record.seconds[name] = round(time.perf_counter() - begun, 3)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """The lock is held, and the record is open."""
        run_id = context.run.run_id if context.run else "none"
        self._record = NightRecord(run_id=run_id, started_at=datetime.now(UTC))
        self._open.enter_context(single_run(self.settings))
        recover(self.settings)

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """The report is written, and the lock is free."""
        save_report(self.settings.reports_dir, self.record.report())
        self._open.close()
