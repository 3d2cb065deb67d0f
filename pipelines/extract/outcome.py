"""What became, or would become, of each file in landing: the answer of `extract` and `inspect`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pipelines.extract.ledger import Counts

Again = Literal["", "quarantined", "all"]  # which originals are read again
FileState = Literal["applied", "unchanged", "held", "refused"]


@dataclass(frozen=True, kw_only=True)
class FileOutcome:
    """One file: what it is recognised as, and its fate. Moments are naive UTC.

    `columns_known`: canonical columns by header; `columns_missing`: canonical columns by the header
    that the file lacks. `is_news`: this run made it so.
    """

    source: str
    file_name: str
    state: FileState
    object: str | None = None
    dialect: str = ""
    batch: str | None = None
    is_news: bool = False
    counts: Counts = field(default_factory=Counts)
    as_of: datetime | None = None
    as_of_basis: str = ""
    reason: str = ""
    problems: list[str] = field(default_factory=list)
    format: str = ""
    delimiter: str = ""
    encoding: str = ""
    date_order: str = ""
    columns_known: dict[str, list[str]] = field(default_factory=dict)
    columns_unknown: list[str] = field(default_factory=list)
    columns_missing: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """All files of one extraction, and what else it saw in landing."""

    files: list[FileOutcome]
    notes: list[str]

    @property
    def has_news(self) -> bool:
        """True when a batch was applied: the mart is no longer up to date."""
        return any(file.is_news and file.state == "applied" for file in self.files)
