"""One run at a time; who holds the lock is said; a killed holder blocks nobody."""

import os
import signal
import subprocess
import sys

import pytest

from pipelines.errors import ConfigError, KpimartError
from pipelines.lock import single_run

HOLDER = """
import sys, time
from pathlib import Path
from pipelines.lock import single_run
from pipelines.settings import load_settings
with single_run(load_settings(Path(sys.argv[1])), purpose="run"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(company):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(company.settings.config_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_second_run_is_told_who_holds_the_lock(company, holder):
    with (
        pytest.raises(
            ConfigError,
            match=rf"another run holds the lock: kpimart run, process {holder.pid} on .*, since 20",
        ),
        single_run(company.settings, wait_seconds=0.1),
    ):
        pytest.fail("two runs at once")


def test_a_killed_holder_blocks_nobody(company, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with single_run(company.settings, wait_seconds=0.1):
        pass


def test_the_lock_is_free_after_a_failure(company):
    with pytest.raises(ZeroDivisionError), single_run(company.settings):
        raise ZeroDivisionError
    with single_run(company.settings, wait_seconds=0.1):
        pass


def test_two_runs_of_one_process_exclude_each_other(company):
    with (
        single_run(company.settings, purpose="rollback"),
        pytest.raises(ConfigError, match="kpimart rollback"),
        single_run(company.settings, wait_seconds=0.1),
    ):
        pytest.fail("two runs at once")


def test_a_folder_that_cannot_be_made_is_said_clearly(company):
    company.settings.var_dir.write_text("in the way")
    with (
        pytest.raises(KpimartError, match="the lock cannot be taken"),
        single_run(company.settings),
    ):
        pytest.fail("no lock")
