"""Real nights, killed by SIGKILL at moments spread over their length; then one runs to its end.

`KPIMART_KILLS` says how many nights are killed: `make drill` kills 20, `make test` 3.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pipelines import journal
from pipelines.settings import Settings
from tests.end_to_end.killed_company import (
    assert_readers_are_served,
    copied,
    first_exports,
    later_exports,
    whole,
)

KILLS = int(os.environ.get("KPIMART_KILLS", "3"))
SEED = 20_240_131
LONGEST_NIGHT_SECONDS = 300


def start_night(settings: Settings) -> subprocess.Popen[str]:
    script = Path(sys.executable).with_name("kpimart")
    command = [str(script), "--config", str(settings.config_path), "run"]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def run_night(settings: Settings) -> float:
    """The seconds of a night that runs to its end."""
    begun = time.perf_counter()
    night = start_night(settings)
    output, _ = night.communicate(timeout=LONGEST_NIGHT_SECONDS)
    assert night.returncode == 0, output
    return time.perf_counter() - begun


def killed_after(settings: Settings, seconds: float) -> bool:
    """A night and all its processes are killed; False when it had ended before."""
    night = start_night(settings)
    try:
        night.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(night.pid, signal.SIGKILL)
    output, _ = night.communicate()
    assert night.returncode in (0, -signal.SIGKILL), output
    return night.returncode == -signal.SIGKILL


def moments(*, kills: int) -> list[float]:
    """One moment in each equal part of a night, as a share of its length, in any order."""
    chance = random.Random(SEED)
    found = [(part + chance.random()) / kills for part in range(kills)]
    chance.shuffle(found)
    return found


def without_reports(settings: Settings) -> dict[str, Any]:
    """All that the company holds, but for reports, of which each run leaves its own."""
    held = whole(settings)
    return held | {"files": [name for name in held["files"] if "/reports/" not in name]}


def publishes(settings: Settings) -> int:
    return len(journal.files(settings.lake_dir, "publishes"))


@pytest.fixture(scope="module")
def second_night(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A company before its second night: one has run, and new exports have landed."""
    settings = first_exports(tmp_path_factory.mktemp("sigkills") / "company")
    run_night(settings)
    return later_exports(settings)


def test_nights_killed_at_any_moment_then_run_to_the_end(
    second_night: Settings, tmp_path: Path
) -> None:
    undisturbed = copied(second_night, tmp_path / "undisturbed", with_manifest=True)
    length = run_night(undisturbed)
    expected = without_reports(undisturbed)

    waiting, nights = moments(kills=KILLS), 0
    company = copied(second_night, tmp_path / "0", with_manifest=True)
    while waiting:
        begun = time.perf_counter()
        if killed_after(company, waiting[-1] * length):
            waiting.pop()
        else:  # nights take as long as the machine is busy: the same moment again, of this length
            length = time.perf_counter() - begun
        nights += 1
        assert nights <= 2 * KILLS + 3, f"nights end before they are killed; {waiting} are left"
        assert_readers_are_served(company)
        if publishes(company) == publishes(undisturbed):
            run_night(company)
            assert without_reports(company) == expected
            company = copied(second_night, tmp_path / str(nights), with_manifest=True)
    run_night(company)
    assert without_reports(company) == expected
