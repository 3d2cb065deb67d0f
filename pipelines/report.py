"""What a night found out about itself: the results of its checks, in one shape for all checkers."""

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["critical", "warning"]


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
