"""The ledger says what became of every file, and what counts now."""

from datetime import datetime

from pipelines.extract import ledger
from pipelines.extract.ledger import Counts, Entry, Ledger


def _entry(batch, state="applied", **changes) -> Entry:
    number = int(batch[1:]) if batch else 0
    values = {
        "source": "crm",
        "object": "users",
        "file_name": f"{batch}.csv",
        "sha256": f"hash of {batch}",
        "state": state,
        "recorded_at": datetime.fromisoformat("2024-01-01 04:00"),
        "batch": batch,
        "as_of": datetime.fromisoformat(f"2024-01-{number + 1:02d}"),
    }
    return Entry(**{**values, **changes})


def test_what_is_appended_is_read_again_in_order(tmp_path):
    first = _entry(
        "b000001",
        counts=Counts(rows_read=2, new_rows=2),
        rows_at={"2024-01-02T00:00:00": 2},
        extra=("x_a",),
        problems=("ä",),
        supersedes=("b000000",),
    )
    second = _entry(None, "refused", as_of=None, reason='line 1: "x"\nand more')
    ledger.append(tmp_path, [first])
    ledger.append(tmp_path, [second])

    assert ledger.read(tmp_path).entries == (first, second)
    assert [path.name for path in (tmp_path / "_ledger").iterdir() if path.suffix == ".tmp"] == []


def test_a_lake_without_ledger_is_empty(tmp_path):
    empty = ledger.read(tmp_path)
    assert (empty.entries, empty.next_number, empty.night_as_of) == ((), 1, None)
    assert not tmp_path.joinpath("_ledger").exists()


def test_a_superseded_batch_no_longer_counts_but_its_number_is_not_given_again():
    known = Ledger(
        [
            _entry("b000001"),
            _entry("b000009", "held"),
            _entry("b000003", supersedes=("b000001", "b000009")),
        ]
    )
    assert [entry.batch for entry in known.applied_batches()] == ["b000003"]
    assert known.held_batches() == []
    assert [known.state(entry) for entry in known.entries] == [
        "superseded",
        "superseded",
        "applied",
    ]
    assert known.next_number == 10


def test_batches_are_asked_for_by_source_and_object():
    known = Ledger([_entry("b000001"), _entry("b000002", object="accounts")])
    assert [entry.batch for entry in known.applied_batches("crm", of_object="accounts")] == [
        "b000002"
    ]
    assert known.applied_batches("other") == []


def test_the_balance_fails_when_a_row_is_lost():
    assert Counts(
        rows_read=5,
        new_rows=1,
        changed_rows=1,
        unchanged_rows=1,
        quarantined_rows=1,
        skipped_rows=1,
    ).balances
    assert not Counts(rows_read=5, new_rows=4).balances
    assert Counts(rows_read=1, new_rows=1, deleted_rows=7, restored_rows=7).balances
