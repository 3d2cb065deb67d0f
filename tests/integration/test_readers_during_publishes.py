"""Readers and publishes never meet: each read is of one whole version, no publish waits."""

import json
import subprocess
import sys
import time

import duckdb

PUBLISHES = 20
READERS = 4

READER = """
import json, sys, time, duckdb
from pathlib import Path
mart, stop, seen, reads = sys.argv[1], Path(sys.argv[2]), [], 0
while not stop.exists():
    with duckdb.connect(mart, read_only=True, config={"threads": 1}) as reader:
        stamps = {
            reader.execute("select min(stamp), max(stamp) from " + relation).fetchall()[0]
            for relation in ("marts.fct_opportunities", "kpis.a_report", "quality.row_accounting")
        }
        cents = reader.execute("select sum(amount) * 100 / count(*) from kpis.a_report").fetchall()
        stamps.add((int(cents[0][0]), int(cents[0][0])))
        version = reader.execute("select max(version) from quality.publishes").fetchall()[0][0]
        stamps.add((int(version[1:]), int(version[1:])))
    assert len(stamps) == 1, stamps
    (low, high), = stamps
    assert low == high, stamps
    seen.append(low)
    reads += 1
    time.sleep(0.05)
assert seen == sorted(seen), "went back in time"
print(json.dumps({"reads": reads, "versions": sorted(set(seen))}))
"""

WATCHER = """
import os, sys
from pathlib import Path
mart, stop, looks = sys.argv[1], Path(sys.argv[2]), 0
while looks % 1000 or not stop.exists():
    os.stat(mart)
    looks += 1
print(looks)
"""


def _start(script, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_four_readers_during_twenty_publishes(tmp_path, company_at):
    # One kept version is the hardest case: what a reader was led to is deleted soonest.
    company = company_at(tmp_path / "tiny", versions=1)
    company.publish(1, rows=2_000)
    stop = tmp_path / "stop"
    scripts = [READER] * READERS + [WATCHER]
    processes = [_start(script, company.settings.mart_path, stop) for script in scripts]
    try:
        for n in range(2, PUBLISHES + 2):
            company.publish(n, rows=2_000)
        time.sleep(0.5)
    finally:
        stop.touch()
        answers = [process.communicate(timeout=60) for process in processes]
    assert [error for _, error in answers if error] == []
    found = [json.loads(out) for out, _ in answers[:READERS]]
    assert all(one["reads"] >= PUBLISHES for one in found)
    assert {version for one in found for version in one["versions"]} >= {PUBLISHES + 1}
    assert all(len(one["versions"]) > PUBLISHES // 2 for one in found)


def test_a_reader_that_holds_a_version_is_not_disturbed(tmp_path, company_at):
    company = company_at(tmp_path / "tiny", versions=1)
    first = company.publish(1)
    question = "select sum(amount)::varchar, min(stamp), max(stamp) from kpis.a_report"
    with duckdb.connect(company.settings.mart_path, read_only=True) as holding:
        assert holding.execute(question).fetchall() == [("1.00", 1, 1)]
        company.publish(2)
        company.publish(3)
        assert not first.path.exists()
        assert holding.execute(question).fetchall() == [("1.00", 1, 1)]
        assert company.ask(question) == [("3.00", 3, 3)]
        assert holding.execute(question).fetchall() == [("1.00", 1, 1)]
