"""Going back to an earlier version: at once, until the next publish, or for as long as pinned."""

import pytest

from pipelines import journal
from pipelines.errors import ConfigError
from pipelines.publish.versions import rollback, unpin, versions


@pytest.fixture
def three(company):
    for n in (1, 2, 3):
        company.publish(n)
    return company


def test_a_rollback_holds_until_the_next_publish(three):
    now = rollback(three.settings, "v000001", reason="quotas of the wrong year")
    assert (now.version, now.is_current, now.is_pinned) == ("v000001", True, False)
    assert three.stamp() == 1
    publication = three.publish(4)
    assert publication.is_current
    assert three.stamp() == 4


def test_a_rollback_is_recorded_with_who_when_and_why(three):
    rollback(three.settings, "v000002", reason="quotas of the wrong year")
    (decision,) = journal.read(three.settings.lake_dir, "decisions")
    assert decision["decided_by"]
    assert decision["decided_at"]
    assert (decision["decision"], decision["version"], decision["reason"]) == (
        "rollback",
        "v000002",
        "quotas of the wrong year",
    )


def test_a_pinned_version_stays_while_others_are_published(three):
    rollback(three.settings, "v000001", pin=True, reason="board meeting")
    for n in (4, 5, 6, 7):
        assert not three.publish(n).is_current
    assert three.stamp() == 1
    listed = {one.version: one for one in versions(three.settings)}
    assert [name for name, one in listed.items() if one.is_pinned] == ["v000001"]
    assert [name for name, one in listed.items() if one.is_kept] == [
        "v000007",
        "v000006",
        "v000005",
        "v000001",
    ]
    assert unpin(three.settings).version == "v000007"
    assert three.stamp() == 7
    three.publish(8)
    assert three.stamp() == 8
    assert not (three.settings.versions_dir / "v000001.duckdb").exists()


def test_a_second_rollback_replaces_a_pin(three):
    rollback(three.settings, "v000001", pin=True, reason="one")
    rollback(three.settings, "v000002", reason="two")
    assert three.stamp() == 2
    three.publish(4)
    assert three.stamp() == 4


def test_unpin_without_a_pin_is_an_error(three):
    rollback(three.settings, "v000001", reason="one")
    with pytest.raises(ConfigError, match="no version is pinned"):
        unpin(three.settings)
    assert three.stamp() == 1


@pytest.mark.parametrize("unknown", ["v000009", "v000001", "yesterday", "../v000003"])
def test_an_unknown_version_is_refused_with_the_kept_ones(three, unknown):
    three.publish(4)
    with pytest.raises(ConfigError, match="kept are: v000004, v000003, v000002"):
        rollback(three.settings, unknown, reason="typo")
    assert three.stamp() == 4
    assert journal.read(three.settings.lake_dir, "decisions") == []


def test_a_pinned_file_that_is_gone_gives_the_newest(three):
    rollback(three.settings, "v000001", pin=True, reason="one")
    (three.settings.versions_dir / "v000001.duckdb").unlink()
    three.publish(4)
    assert three.stamp() == 4


def test_versions_are_listed_newest_first_and_nothing_before_the_first(company):
    assert versions(company.settings) == []
    company.publish(1)
    company.publish(2)
    newest, oldest = versions(company.settings)
    assert (newest.version, newest.is_current, oldest.is_current) == ("v000002", True, False)
    assert newest.bytes == (company.settings.versions_dir / "v000002.duckdb").stat().st_size
    assert (oldest.rows, oldest.inputs_digest) == (109, "digest-1")


def test_versions_disturb_no_publish_that_is_under_way(company):
    company.publish(1)
    half = company.settings.versions_dir / "v000002.duckdb.tmp"
    half.write_bytes(b"half")
    versions(company.settings)
    assert half.exists()
