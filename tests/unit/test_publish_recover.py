"""What a power cut or a loss leaves beside the published versions is settled by `recover`.

What kills leave is in tests/end_to_end/test_kills.py.
"""

import pytest

from pipelines import journal
from pipelines.publish.versions import recover, versions


def test_what_a_power_cut_leaves_is_removed(company):
    company.publish(1)
    folder = company.settings.versions_dir
    (folder / ".v000002.duckdb.tmp").write_bytes(b"half")
    (folder / ".v000002.duckdb.tmp.wal").write_bytes(b"half")
    recover(company.settings)
    assert [path.name for path in folder.iterdir()] == ["v000001.duckdb"]


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
