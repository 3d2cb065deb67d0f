"""A publish killed at any durable step, then run again, gives what an undisturbed one gives."""

from contextlib import contextmanager

import pytest

from pipelines import durable, journal
from pipelines.publish.versions import recover, rollback, versions
from pipelines.report import CheckResult

WARNING = CheckResult(
    check="c", table="marts.dim_reps", severity="warning", passed=True, rows=0, reason="r"
)
VALUES = [[("company", "(all)", 1), ("team", "East", 9)], [("company", "(all)", 2)]]


class Killed(BaseException):
    """Stands for the end of the process: no handler of the product catches it."""


class Killer:
    """Ends the process just before or just after the n-th durable step takes effect."""

    def __init__(self, monkeypatch, *, at, after):
        self.steps, self.at, self.after = [], at, after
        monkeypatch.setattr(durable, "replacing", self._replacing(durable.replacing))
        monkeypatch.setattr(durable, "link", self._link(durable.link))

    def _kill(self, *, after):
        if len(self.steps) == self.at and self.after is after:
            raise Killed

    def _replacing(self, replacing):
        @contextmanager
        def wrapped(path):
            with replacing(path) as temporary:
                yield temporary
                self.steps.append(path.parent.name)
                self._kill(after=False)
            self._kill(after=True)

        return wrapped

    def _link(self, link):
        def wrapped(path, target):
            self.steps.append(path.name)
            self._kill(after=False)
            link(path, target)
            self._kill(after=True)

        return wrapped


def _night(company, n):
    company.publish(n, values=VALUES[n - 1], check_results=[WARNING])


def _state(company):
    """Everything that a publish leaves, but the moments and the file's bytes."""
    settings = company.settings
    return {
        "link": str(settings.mart_path.readlink()),
        "files": sorted(path.name for path in settings.mart_path.parent.rglob("*")),
        "stamp": company.stamp(),
        "publishes": company.ask("select version, inputs_digest, rows from quality.publishes"),
        "checks": company.ask("select version, check_name from quality.check_results"),
        "values": journal.read(settings.lake_dir, "published_values"),
        "checks_journaled": journal.read(settings.lake_dir, "check_results"),
        "journal": sorted(
            str(path.relative_to(settings.lake_dir)) for path in settings.lake_dir.rglob("*.*")
        ),
    }


# file, three journal appends, link; then old files go, in any order, so no step of its own
STEPS = ["versions", "published_values", "check_results", "publishes", "kpi_mart.duckdb"]
COMMITTED = 4


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, len(STEPS) + 1))
def test_killed_at_any_step_and_run_again(tmp_path, company_at, at, after):
    undisturbed, disturbed = (company_at(tmp_path / name, versions=1) for name in "ab")
    for company in (undisturbed, disturbed):
        _night(company, 1)
    _night(undisturbed, 2)

    with pytest.MonkeyPatch.context() as monkeypatch:
        killer = Killer(monkeypatch, at=at, after=after)
        with pytest.raises(Killed):
            _night(disturbed, 2)
    assert killer.steps == STEPS[:at]
    assert disturbed.stamp() in (1, 2)

    recover(disturbed.settings)
    is_committed = at > COMMITTED or (at == COMMITTED and after)
    assert disturbed.stamp() == (2 if is_committed else 1)
    if not is_committed:
        _night(disturbed, 2)
    assert _state(disturbed) == _state(undisturbed)
    recover(disturbed.settings)
    assert _state(disturbed) == _state(undisturbed)


def test_the_steps_are_all_durable_steps(company):
    _night(company, 1)
    with pytest.MonkeyPatch.context() as monkeypatch:
        killer = Killer(monkeypatch, at=0, after=False)
        _night(company, 2)
    assert killer.steps == STEPS


def test_what_a_power_cut_leaves_is_removed(company):
    company.publish(1)
    folder = company.settings.versions_dir
    (folder / "v000002.duckdb.tmp").write_bytes(b"half")
    (folder / "v000002.duckdb.tmp.wal").write_bytes(b"half")
    recover(company.settings)
    assert [path.name for path in folder.iterdir()] == ["v000001.duckdb"]


@pytest.mark.parametrize(("at", "stamp"), [(1, 2), (2, 1)])
def test_a_rollback_killed_at_any_step_is_done_or_not(company, at, stamp):
    company.publish(1)
    company.publish(2)
    with pytest.MonkeyPatch.context() as monkeypatch:
        killer = Killer(monkeypatch, at=at, after=False)
        with pytest.raises(Killed):
            rollback(company.settings, "v000001", reason="wrong quotas")
    assert killer.steps == ["decisions", "kpi_mart.duckdb"][:at]
    assert company.stamp() == 2
    recover(company.settings)
    assert company.stamp() == stamp


@pytest.mark.parametrize("published", [1, 2])
def test_a_lost_journal_leaves_the_readers_their_mart(company, published):
    for n in range(1, published + 1):
        company.publish(n)
    for kind in ("publishes", "check_results", "published_values"):
        for path in journal.files(company.settings.lake_dir, kind):
            path.unlink()
    recover(company.settings)
    assert company.stamp() == published
    following = company.publish(published + 1).version
    assert following == f"v{published + 1:06d}"
    assert [one.version for one in versions(company.settings)] == [following]
