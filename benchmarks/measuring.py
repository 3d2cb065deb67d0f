"""What every benchmark needs: a command's seconds and memory, and results with their machine."""

import json
import os
import platform
import re
import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from pipelines.settings import PROJECT_DIR

RESULTS = PROJECT_DIR / "benchmarks" / "results"
FIGURES = re.compile(r"\[[-\d.,\s]+\]")
PACKAGES = ("duckdb", "dagster", "dbt-core", "dbt-duckdb", "great-expectations", "pandas")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a command: wall seconds, peak memory of its process tree, seconds by step.

    Of a night, `rows` is what it published, `rows_read` the rows of its new files.
    """

    seconds: float
    peak_bytes: int
    rows: int = 0
    rows_read: int = 0
    steps: dict[str, float] = field(default_factory=dict)


def measured(command: list[str], *, log: Path) -> Run:
    """The command has run to its end.

    Raises:
        SystemExit: it failed; says where its output is.
    """
    begun, peak = time.perf_counter(), 0
    with log.open("ab") as output:
        process = psutil.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        while process.poll() is None:
            peak = max(peak, _tree_bytes(process))
            time.sleep(0.1)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}; see {log}")
    return Run(seconds=round(time.perf_counter() - begun, 2), peak_bytes=peak)


def _tree_bytes(process: psutil.Popen) -> int:
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    except psutil.NoSuchProcess:
        return 0
    return total


def result_of(command: str, files: list[Path], content: dict[str, Any]) -> dict[str, Any]:
    """A result with what it was measured on."""
    return {
        "command": command,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "system": platform.platform(),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "memory_gb": round(psutil.virtual_memory().total / 1e9),
        },
        "versions": {name: version(name) for name in PACKAGES},
        "landing_bytes": {path.stem.rsplit("_", 1)[0]: path.stat().st_size for path in files},
        **content,
    }


def as_json(result: dict[str, Any]) -> str:
    """Indented, but for lists of figures: one line each."""
    text = json.dumps(result, indent=1)
    return FIGURES.sub(lambda found: " ".join(found[0].split()), text)


def write_result(name: str, result: dict[str, Any]) -> None:
    """The result lies in benchmarks/results, under today's date."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-{name}.json"
    path.write_text(as_json(result) + "\n", encoding="utf-8")
    print(f"written: {path.relative_to(PROJECT_DIR)}")
