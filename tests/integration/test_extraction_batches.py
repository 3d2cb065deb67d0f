"""What files change in the lake: idempotence, lateness, deletion, holding, superseding, killing."""

import gzip
import shutil
from datetime import date, datetime

import pytest

from pipelines import durable
from pipelines.errors import ConfigError, NothingReadableError
from pipelines.extract.accept import accept
from pipelines.extract.run import inspect


def test_the_same_content_under_another_name_changes_nothing(crm):
    crm.opportunities["as_of"] = "2024-01-31"
    crm.land("deals_a.csv", "D1,Open,10,2023-12-01,Ada")
    first = crm.extract()
    before = crm.ledger_files()
    shutil.copy(crm.landing / "deals_a.csv", crm.landing / "deals_b.csv")

    second = crm.extract()

    assert first.has_news
    assert not second.has_news
    assert [file.state for file in second.files] == ["unchanged", "unchanged"]
    assert [file.batch for file in second.files] == ["b000001", "b000001"]
    assert crm.ledger_files() == before


def test_two_equal_files_in_one_night_are_one_batch(crm):
    crm.opportunities["as_of"] = "2024-01-31"
    crm.land("deals_a.csv", "D1,Open,10,2023-12-01,Ada")
    crm.land("deals_b.csv", "D1,Open,10,2023-12-01,Ada")

    extraction = crm.extract()

    assert [file.state for file in extraction.files] == ["applied", "unchanged"]
    assert extraction.files[1].reason == "the same content as deals_a.csv"


def test_equal_content_on_two_named_days_is_two_states(tolerant_crm):
    crm = tolerant_crm
    crm.land_deals(1, D1=10)
    crm.land_deals(2)
    crm.land_deals(3, D1=10)
    crm.extract()

    assert crm.states(1, 2, 3) == [{"D1": 10}, {}, {"D1": 10}]


def test_a_snapshot_stores_changes_and_tombstones_only(tolerant_crm):
    crm = tolerant_crm
    crm.land_deals(1, D1=10, D2=20, D3=30)
    crm.land_deals(2, D1=10, D2=25, D4=40)
    crm.extract()

    rows = crm.query(
        "select _key, _op, _row from lake.mapped__opportunities where _batch='b000002'"
    )
    counts = crm.query(
        "select rows_read, new_rows, changed_rows, unchanged_rows, deleted_rows "
        "from run.row_accounting where batch = 'b000002'"
    )
    assert sorted(rows) == [("D2", "upsert", 2), ("D3", "delete", None), ("D4", "upsert", 3)]
    assert counts == [(3, 1, 1, 1, 1)]
    assert crm.query(
        "select versions, current_rows, superseded_rows, deleted_rows from run.object_rows"
    ) == [(6, 3, 2, 1)]


def test_absence_from_an_incremental_export_means_nothing(crm):
    crm.opportunities["mode"] = "incremental"
    crm.land_deals(1, D1=10, D2=20)
    crm.land_deals(2, D2=25)
    crm.extract()

    assert crm.state(2) == {"D1": 10, "D2": 25}


def test_an_event_that_is_delivered_again_is_the_same_event(crm):
    crm.opportunities["mode"] = "append"
    crm.land_deals(1, D1=10)
    crm.land_deals(2, D1=10, D2=20)
    crm.extract()

    assert crm.query("select _key, _batch from lake.mapped__opportunities order by all") == [
        ("D1", "b000001"),
        ("D2", "b000002"),
    ]


def test_a_late_file_leaves_later_states_as_they_were(tolerant_crm):
    crm = tolerant_crm
    crm.land_deals(1, D1=10, D2=20)
    crm.land_deals(3, D1=10, D2=20, D3=30)
    crm.extract()
    crm.land_deals(2, D1=11, D4=40)

    late = crm.extract()

    assert crm.states(1, 2, 3) == [
        {"D1": 10, "D2": 20},
        {"D1": 11, "D4": 40},
        {"D1": 10, "D2": 20, "D3": 30},
    ]
    assert crm.outcome(late, "deals_2024-01-02.csv").counts.restored_rows == 3
    assert crm.query(
        "select versions = current_rows + superseded_rows + deleted_rows + merged_rows "
        "from run.object_rows"
    ) == [(True,)]


def test_a_late_file_does_not_reach_past_an_export_that_quarantined_the_key(tolerant_crm):
    crm = tolerant_crm
    crm.land_deals(1, D1=10)
    crm.land_deals(3, D1="wrong")
    crm.land_deals(4, D1=10)
    crm.extract()
    crm.land_deals(2, D1=20)
    crm.extract()

    assert crm.states(1, 2, 3, 4) == [{"D1": 10}, {"D1": 20}, {"D1": 20}, {"D1": 10}]


def test_a_late_increment_does_not_undo_what_a_later_one_repeated(crm):
    crm.opportunities["mode"] = "incremental"
    crm.land_deals(1, D1=10)
    crm.land_deals(3, D1=10)
    crm.extract()
    crm.land_deals(2, D1=20)
    crm.extract()

    assert crm.states(1, 2, 3) == [{"D1": 10}, {"D1": 20}, {"D1": 10}]


def test_of_two_exports_of_one_moment_the_later_ingested_wins(crm):
    crm.land_deals(1, suffix="_a", D1=10)
    crm.extract()
    crm.land_deals(1, suffix="_b", D1=11)
    crm.extract()

    assert crm.state(1) == {"D1": 11}


def test_a_collapsed_snapshot_is_held_and_applied_once_accepted(crm):
    crm.land_deals(1, D1=10, D2=20, D3=30)
    crm.extract()
    crm.land_deals(2, D1=11)

    held = crm.outcome(crm.extract(), "deals_2024-01-02.csv")

    assert held.state == "held"
    assert held.reason.startswith("2 of 3 live records (67%) are not in this snapshot")
    assert "kpimart accept b000002" in held.reason
    assert crm.state(2) == {"D1": 10, "D2": 20, "D3": 30}
    assert crm.query("select batch, rows_read, is_overdue from run.held_batches") == [
        ("b000002", 1, False)
    ]
    assert crm.query("select is_held from run.sources where object = 'opportunities'") == [(True,)]
    assert not crm.extract().has_news

    accept(crm.settings, "b000002", reason="the region was sold")
    accepted = crm.extract()

    assert accepted.has_news
    assert crm.state(2) == {"D1": 11}
    assert crm.query("select batch, state from run.row_accounting order by batch") == [
        ("b000001", "applied"),
        ("b000002", "superseded"),
        ("b000003", "applied"),
    ]
    assert crm.outcome(accepted, "deals_2024-01-02.csv").reason.endswith("the region was sold")
    assert not crm.extract().has_news


def test_an_accepted_batch_is_compared_with_the_state_at_that_time(crm):
    crm.land_deals(1, D1=10, D2=20, D3=30)
    crm.land_deals(3, D1=10)
    crm.extract()
    accept(crm.settings, "b000002", reason="true")
    crm.land_deals(2, D1=10, D2=20, D3=33)
    crm.extract()

    assert crm.state(2) == {"D1": 10, "D2": 20, "D3": 33}
    assert crm.state(3) == {"D1": 10}


def test_a_held_batch_that_waits_too_long_is_overdue(crm):
    crm.land_deals(1, D1=10, D2=20)
    crm.land_deals(2, D1=10)
    crm.users["as_of"] = "2024-01-05"
    crm.land("users.csv", "U1,Ada", header="user,name")
    crm.extract()

    assert crm.query("select batch, is_overdue from run.held_batches") == [("b000002", True)]


def test_a_held_batch_is_not_overdue_once_a_later_export_was_applied(crm):
    crm.land_deals(1, D1=10, D2=20)
    crm.land_deals(2, D1=10)
    crm.land_deals(9, D1=10, D2=20)
    crm.extract()

    assert crm.query("select batch, is_overdue from run.held_batches") == [("b000002", False)]
    assert crm.query("select is_held from run.sources where object = 'opportunities'") == [(False,)]


def test_only_a_held_batch_can_be_accepted_and_only_with_a_reason(crm):
    crm.land_deals(1, D1=10, D2=20)
    crm.land_deals(2, D1=10)
    crm.extract()

    with pytest.raises(
        ConfigError, match=r"'b000001' is not a held batch.*\n  b000002: crm/deals_2024-01-02"
    ):
        accept(crm.settings, "b000001", reason="because")
    with pytest.raises(ConfigError, match="needs a reason"):
        accept(crm.settings, "b000002", reason=" ")


def test_a_mended_value_map_supersedes_what_was_loaded_with_the_old_one(crm):
    crm.land("deals_2024-01-01.csv", "D1,Opn,10,2023-12-01,Ada", "D2,Open,20,2023-12-01,Ada")
    crm.land("deals_2024-01-02.csv", "D1,Opn,10,2023-12-01,Ada", "D2,Won,20,2023-12-01,Ada")
    crm.extract()
    crm.opportunities["values"] = {"stage": {"Opn": "Open"}}

    mended = crm.extract()

    assert mended.has_news
    assert crm.query(
        "select distinct _batch, stage from lake.mapped__opportunities order by all"
    ) == [
        ("b000003", "Open"),
        ("b000004", "Won"),
    ]
    assert crm.query(
        "select state, count(*) from run.row_accounting group by state order by 1"
    ) == [
        ("applied", 2),
        ("superseded", 2),
    ]
    assert not crm.extract().has_news


def test_a_batch_whose_file_is_gone_keeps_its_state_when_an_older_one_is_superseded(crm):
    crm.land("deals_2024-01-01.csv", "D1,Opn,10,2023-12-01,Ada", "D2,Opn,20,2023-12-01,Ada")
    crm.land("deals_2024-01-02.csv", "D1,Opn,10,2023-12-01,Ada", "D2,Won,20,2023-12-01,Ada")
    crm.extract()
    (crm.landing / "deals_2024-01-02.csv").unlink()
    crm.opportunities["values"] = {"stage": {"Opn": "Open"}}
    crm.extract()

    latest = "max_by(stage, (_as_of, _batch))"
    assert crm.query(
        f"select _key, {latest} from lake.mapped__opportunities group by all order by 1"
    ) == [
        ("D1", "Opn"),
        ("D2", "Won"),
    ]


def test_stages_are_no_part_of_the_contract(crm):
    crm.land_deals(1, D1=10)
    crm.extract()
    crm.opportunities["stages"] = {"Open": "open", "Won": "won", "Lost": "lost", "New": "open"}

    assert not crm.extract().has_news
    assert ("New", 4) in crm.query("select stage, stage_order from run.stage_map")


def test_an_as_of_that_is_added_to_the_config_replaces_the_file_time(crm):
    crm.opportunities["as_of"] = None
    crm.land("deals.csv", "D1,Open,10,2023-12-01,Ada")
    guessed = crm.extract().files[0]
    crm.opportunities["as_of"] = "2017-12-31"
    told = crm.extract().files[0]

    assert (guessed.as_of_basis, told.as_of_basis) == ("file time", "setting")
    assert crm.query("select as_of, as_of_on from run.context") == [
        (datetime.fromisoformat("2018-01-01"), date.fromisoformat("2017-12-31"))
    ]
    assert crm.query("select count(*) from lake.mapped__opportunities") == [(1,)]


def test_as_of_limit_shows_the_lake_as_of_that_moment(tolerant_crm):
    crm = tolerant_crm
    crm.land_deals(1, D1=10)
    crm.land_deals(3, D1=10)
    crm.extract()
    crm.land_deals(2, D1=11)
    crm.extract()

    limit = datetime.fromisoformat("2024-01-03")
    assert crm.query("select as_of from run.context", as_of_limit=limit) == [(limit,)]
    assert crm.query("select max(_as_of) from lake.mapped__opportunities", as_of_limit=limit) == [
        (limit,)
    ]
    with pytest.raises(NothingReadableError, match="no batch is applied up to 2023-01-01"):
        crm.query("select 1", as_of_limit=datetime.fromisoformat("2023-01-01"))


def test_a_run_that_is_killed_before_its_commit_leaves_no_trace(crm, monkeypatch):
    crm.land_deals(1, D1=10)
    crm.extract()
    crm.land_deals(2, D1=11, D2=20)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(durable, "write_text", killed)
        with pytest.raises(KeyboardInterrupt):
            crm.extract()
    orphan = crm.settings.lake_dir / "crm" / "opportunities" / "b000002"
    assert orphan.is_dir()
    assert crm.state(2) == {"D1": 10}
    (orphan.parent / "b000009").mkdir()

    crm.extract()

    assert crm.state(2) == {"D1": 11, "D2": 20}
    assert not (orphan.parent / "b000009").exists()


def test_inspect_tells_what_a_run_would_do_and_changes_nothing(crm):
    crm.land(
        "deals_2024-01-01.csv",
        "D1,Open,ten,2023-12-01,Ada,x",
        header="id,stage,amount,created,owner,Lead Source",
    )
    before = sorted(crm.folder.rglob("*"))

    (file,) = inspect(crm.settings)

    assert sorted(crm.folder.rglob("*")) == sorted([*before, crm.folder / "kpimart.yml"])
    assert (file.state, file.object, file.batch) == ("applied", "opportunities", "b000001")
    assert (file.format, file.delimiter, file.encoding) == ("csv", ",", "UTF-8")
    assert file.columns_unknown == ["Lead Source"]
    assert file.date_order == "YMD, the year comes first"
    assert file.counts.quarantined_rows == 1
    assert file.problems == ["line 2: amount: 'ten' is not a number such as 1234.50"]


def test_a_gzip_and_its_plain_twin_are_read_alike(crm):
    path = crm.land_deals(1, D1=10)
    (crm.landing / "deals_2024-01-02.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    extraction = crm.extract()

    assert [file.state for file in extraction.files] == ["applied", "applied"]
    assert extraction.files[1].counts.unchanged_rows == 1


def test_a_row_with_an_unquoted_delimiter_is_quarantined_although_it_ends_empty(crm):
    crm.opportunities["as_of"] = "2024-01-31"
    rows = ["D1,Open,10,2023-12-01,Ada", "D2,Op,en,10,2023-12-01,", "D3,Won,5,2023-12-01,"]
    crm.land("deals.csv", *rows)
    (file,) = crm.extract().files

    assert (file.counts.rows_read, file.counts.new_rows, file.counts.quarantined_rows) == (3, 2, 1)
    found = crm.query("select line, row_number, reasons, raw from run.quarantined_rows")
    assert [row[:3] for row in found] == [(3, 2, "the line has 6 fields, one more than the header")]
    assert "Op" in found[0][3]


def test_an_export_that_ends_every_line_with_a_delimiter_is_whole(crm):
    crm.opportunities["as_of"] = "2024-01-31"
    crm.land("deals.csv", "D1,Open,10,2023-12-01,Ada,", "D2,Won,5,2023-12-01,Bo,")
    (file,) = crm.extract().files
    assert (file.counts.rows_read, file.counts.new_rows) == (2, 2)


def test_exports_that_keep_collapsing_become_overdue(crm):
    crm.land("deals_2024-01-01.csv", *(f"D{n},Open,10,2023-12-01,Ada" for n in range(10)))
    crm.extract()
    overdue = []
    for day in (2, 3, 4, 5):
        crm.land(f"deals_2024-01-0{day}.csv", f"D1,Open,{day},2023-12-01,Ada")
        crm.extract()
        overdue.append(crm.query("select count(*) from run.held_batches where is_overdue")[0][0])
    assert overdue == [0, 0, 0, 1]  # hold_days is 2: the export of the 2nd has waited for 3
