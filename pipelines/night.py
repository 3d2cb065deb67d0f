"""A night from outside: starts the one Dagster job, and tells what came of it.

The steps themselves are declared in defs/ and done in extract/, transform.py, data_quality/ and
publish/; they write down here what they find.
"""

import hashlib
import json
import logging
import os
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pipelines.errors import KpimartError
from pipelines.extract import ledger, overrides
from pipelines.extract.outcome import Again, Extraction
from pipelines.publish.publish import Publication
from pipelines.report import EXIT_CODES, CheckResult, NightReport, Outcome, load_reports
from pipelines.settings import CONFIG_VARIABLE, Settings

JOB_NAME = "nightly"
_DAGSTER_YAML = """nux:
  enabled: false
telemetry:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
event_log_storage:
  module: pipelines.event_log
  class: EventLog
  config:
    home: {env: DAGSTER_HOME}
"""


@dataclass(kw_only=True)
class NightRecord:
    """What the steps of a running night have found so far."""

    run_id: str
    started_at: datetime
    outcome: Outcome = "failed"
    message: str = "a step failed; its error is in the run's log"
    exit_code: int | None = None
    as_of: datetime | None = None
    extraction: Extraction | None = None
    publication: Publication | None = None
    checks: list[CheckResult] = field(default_factory=list[CheckResult])
    seconds: dict[str, float] = field(default_factory=dict[str, float])

    def add_checks(self, results: list[CheckResult]) -> None:
        """The results count; a blocking one makes the night a blocked one."""
        self.checks.extend(results)
        blocking = [result for result in results if result.blocks]
        if blocking:
            self.outcome = "blocked"
            self.message = f"{len(blocking)} critical checks failed; nothing was published"

    def add_error(self, error: KpimartError) -> None:
        """The night ended with an error that the user can read."""
        self.outcome = "blocked" if error.exit_code == 1 else "failed"
        self.message, self.exit_code = str(error), error.exit_code

    def report(self) -> NightReport:
        """The report of the night as it is now."""
        published = self.publication
        return NightReport(
            run_id=self.run_id,
            started_at=self.started_at,
            finished_at=datetime.now(UTC),
            outcome=self.outcome,
            message=self.message,
            exit_code=EXIT_CODES[self.outcome] if self.exit_code is None else self.exit_code,
            version=published.version if published else None,
            is_current=published.is_current if published else True,
            as_of=self.as_of,
            path=published.path if published else None,
            tables=published.tables if published else 0,
            rows=published.rows if published else 0,
            files=[asdict(file) for file in self.extraction.files] if self.extraction else [],
            notes=self.extraction.notes if self.extraction else [],
            checks=self.checks,
            seconds=self.seconds,
        )


def definitions_digest(settings: Settings, *, code: str) -> str:
    """Changes with anything but batches that the mart is made of: config, overrides, code."""
    config = settings.model_dump_json(
        exclude={"config_path", "paths", "schedule", "retention", "memory_limit"}
    )
    definitions = [config, overrides.digest(settings), code]
    return hashlib.sha256(json.dumps(definitions).encode()).hexdigest()


def inputs_digest(settings: Settings, *, code: str) -> str:
    """Changes with anything that the mart is made of or tells: batches, and definitions."""
    known = ledger.read(settings.lake_dir)
    batches = [entry.batch for entry in (*known.applied_batches(), *known.held_batches())]
    inputs = [batches, definitions_digest(settings, code=code)]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


def prepare_instance(settings: Settings) -> Path:
    """Dagster's home of this company exists: one run at a time, no telemetry."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    path = home / "dagster.yaml"
    if not path.is_file():
        path.write_text(_DAGSTER_YAML, encoding="utf-8")
    return home


def run_night(
    settings: Settings,
    *,
    full_refresh: bool = False,
    as_of: date | None = None,
    again: Again = "",
) -> NightReport:
    """The nightly job has run once in this process, and appears in the UI.

    `again`: which originals are read again, see `extract.plan.make`.

    Raises:
        KpimartError: the run could not begin, as when another one holds the lock.
    """
    import dagster as dg  # late: it costs 3 s, and errors in the config come first

    from pipelines.definitions import company_definitions

    os.environ["DAGSTER_HOME"] = str(prepare_instance(settings))
    os.environ[CONFIG_VARIABLE] = str(settings.config_path)
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    # it warns of checks without a result whenever a night with nothing new skips its steps
    logging.getLogger("dagster._core.execution.plan.active").setLevel(logging.ERROR)
    run_id = str(uuid.uuid4())
    options = {
        "full_refresh": full_refresh,
        "as_of": as_of.isoformat() if as_of else "",
        "again": again,
    }
    config: dict[str, Any] = {
        "resources": {"night": {"config": {"config": str(settings.config_path), **options}}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    job = company_definitions(settings).resolve_job_def(JOB_NAME)
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(
            run_config=config, instance=instance, raise_on_error=False, run_id=run_id
        )
    for report in load_reports(settings.reports_dir, limit=3):
        if report.run_id == run_id:
            return report
    raise _first_failure(result)


def _first_failure(result: Any) -> KpimartError:
    """Why the run ended before its first step: the product's own error, else the deepest cause."""
    known = {kind.__name__: kind for kind in (KpimartError, *KpimartError.__subclasses__())}
    for event in result.all_events:
        error = getattr(event.event_specific_data, "error", None) if event.is_failure else None
        while error is not None:
            if error.cls_name in known or error.cause is None:
                kind = known.get(error.cls_name or "", KpimartError)
                return kind(
                    error.message.strip().removeprefix(f"pipelines.errors.{kind.__name__}: ")
                )
            error = error.cause
    return KpimartError("the run ended without a report")
