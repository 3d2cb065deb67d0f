"""What a check and a suite of checks are: data, without any Great Expectations in it.

How they are run is in validation.py; which ones there are is in suites/.
"""

from dataclasses import dataclass, field
from typing import Literal

from pipelines.report import Severity

Layer = Literal["door", "audit"]

ROW_COUNT_EXPECTATIONS = frozenset({"ExpectTableRowCountToBeBetween", "ExpectTableRowCountToEqual"})


@dataclass(frozen=True, kw_only=True)
class Check:
    """One rule of one relation, said as a Great Expectations class with arguments, or as SQL.

    `sql` is a DuckDB query for the rows that break the rule; `{batch}` in it stands for the
    relation. It runs for the count and again for the examples, which are its first five rows: let
    it select only what tells a reader which row it is and what is wrong with it.

    `reason` is read by whoever finds the night blocked: why it matters, not what the SQL does.
    """

    name: str
    reason: str
    severity: Severity
    expectation: str | None = None
    kwargs: dict[str, object] = field(default_factory=dict)
    sql: str | None = None
    kpis: tuple[str, ...] = ()
    counts_rows: bool = False

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError(f"check {self.name}: a reason is missing")
        if (self.expectation is None) == (self.sql is None):
            raise ValueError(f"check {self.name}: give either an expectation or sql")
        if self.sql is not None and ("{batch}" not in self.sql or self.kwargs):
            raise ValueError(f"check {self.name}: sql needs {{batch}} and takes no kwargs")


@dataclass(frozen=True, kw_only=True)
class Suite:
    """The checks of one relation in one layer; the first one counts its rows.

    Range and set checks pass on an empty relation, so without the count its loss would look well.
    `table` is "schema.name".
    """

    layer: Layer
    table: str
    checks: tuple[Check, ...]

    def __post_init__(self) -> None:
        if self.table.count(".") != 1:
            raise ValueError(f"suite {self.table}: the table is written schema.name")
        if not self.checks or not self.checks[0].counts_rows:
            raise ValueError(f"suite {self.table}: the first check has to count rows")
        names = [check.name for check in self.checks]
        if len(set(names)) < len(names):
            raise ValueError(f"suite {self.table}: two checks have one name")


def row_count(
    *,
    reason: str,
    at_least: int = 1,
    at_most: int | None = None,
    severity: Severity = "critical",
    kpis: tuple[str, ...] = (),
) -> Check:
    """The relation has between `at_least` and `at_most` rows, both included."""
    return Check(
        name="row_count",
        expectation="ExpectTableRowCountToBeBetween",
        kwargs={"min_value": at_least, "max_value": at_most},
        severity=severity,
        reason=reason,
        kpis=kpis,
        counts_rows=True,
    )
