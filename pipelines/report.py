"""What a night found out about itself, in one shape for all who check and all who read.

A night's report is one JSON file; it is written whether the night published or not.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from pipelines import durable

Severity = Literal["critical", "warning"]
Outcome = Literal["published", "nothing_new", "blocked", "failed"]
EXIT_CODES: dict[Outcome, int] = {"published": 0, "nothing_new": 0, "blocked": 1, "failed": 4}


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """One check of one table: critical ones block the publish, warnings annotate the KPIs."""

    check: str
    table: str
    severity: Severity
    passed: bool
    rows: int
    reason: str
    examples: list[dict[str, object]] = field(default_factory=list)
    kpis: tuple[str, ...] = ()

    @property
    def blocks(self) -> bool:
        """True when the publish must not go on."""
        return self.severity == "critical" and not self.passed


class NightReport(BaseModel):
    """One night: when, what came of it and why. Moments are UTC, `seconds` by step."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    message: str
    exit_code: int
    version: str | None = None
    is_current: bool = True
    as_of: datetime | None = None
    path: Path | None = None
    tables: int = 0
    rows: int = 0
    files: list[dict[str, Any]] = []
    notes: list[str] = []
    checks: list[CheckResult] = []
    seconds: dict[str, float] = {}


def save_report(folder: Path, report: NightReport) -> Path:
    """The report is on disk, named by its beginning and its run."""
    path = folder / f"{report.started_at:%Y%m%dT%H%M%S}-{report.run_id[:8]}.json"
    durable.write_text(path, report.model_dump_json(indent=1))
    return path


def load_reports(folder: Path, *, limit: int = 20) -> list[NightReport]:
    """The newest reports, newest first."""
    paths = sorted(folder.glob("*.json"), reverse=True)[:limit]
    return [NightReport.model_validate_json(path.read_text(encoding="utf-8")) for path in paths]
