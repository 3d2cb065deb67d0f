"""A delivered file: known without being opened, left alone while it grows, kept as it was."""

import os
from datetime import date, timedelta

import pytest

from pipelines.errors import KpimartError
from pipelines.extract import judge, landing, ledger, originals, plan
from tests.archives import zipped

DAY = "deals_2024-01-01.csv"
GOOD = "D1,Open,10,2023-12-01,Ada"


def _states(extraction):
    return {file.file_name: file.state for file in extraction.files}


def _originals(crm):
    return sorted(path.stem for path in crm.settings.originals_dir.rglob("*.zst"))


def _opened(monkeypatch):
    """The names of the tables that are opened from now on."""
    names, open_it = [], judge.opened

    def opened(offer, **given):
        names.append(offer.name)
        return open_it(offer, **given)

    monkeypatch.setattr(judge, "opened", opened)
    return names


def test_a_known_file_is_not_opened_again(crm, monkeypatch):
    path = crm.land(DAY, GOOD)
    crm.land("people.csv", "1,Ada", header="user,name")
    crm.extract()
    opened = _opened(monkeypatch)
    again = crm.extract()
    assert opened == []
    (known,) = [file for file in again.files if file.file_name == DAY]
    assert (known.state, known.batch, known.format) == ("unchanged", "b000001", "csv")
    assert known.columns_known["amount"] == ["amount"]
    assert known.counts.new_rows == 1

    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert _states(crm.extract())[DAY] == "unchanged"
    assert opened == [DAY]

    crm.opportunities["decimal"] = "."
    assert _states(crm.extract()) == {DAY: "applied", "people.csv": "unchanged"}
    assert opened == [DAY, DAY]


def test_a_known_archive_is_not_opened_again_until_all_of_it_is_known(crm, monkeypatch):
    deals = "id,stage,amount,created,owner\n" + GOOD + "\n"
    crm.opportunities["as_of"] = "2024-01-01"
    crm.opportunities["files"] = "*deals.csv"
    archive = crm.landing / "all.zip"
    archive.write_bytes(zipped(**{"deals.csv": deals.encode(), "users.csv": b"user,name\n1,Ada\n"}))
    assert set(_states(crm.extract()).values()) == {"applied"}
    opened = _opened(monkeypatch)
    assert _states(crm.extract()) == {
        "all.zip/deals.csv": "unchanged",
        "all.zip/users.csv": "unchanged",
    }
    assert opened == []

    archive.write_bytes(zipped(**{"deals.csv": deals.encode(), "other.csv": b"x,y\n1,2\n"}))
    assert _states(crm.extract()) == {
        "all.zip/deals.csv": "applied",
        "all.zip/other.csv": "refused",
    }
    crm.extract()
    assert opened == ["all.zip/deals.csv", "all.zip/other.csv"] * 2


def test_a_file_that_grows_after_it_was_judged_is_refused_and_the_others_are_loaded(
    crm, monkeypatch
):
    path = crm.land(DAY, GOOD)
    crm.land("people.csv", "1,Ada", header="user,name")
    make = plan.make
    plans = []

    def make_while_a_transfer_goes_on(*given, **named):
        plans.append(make(*given, **named))
        if len(plans) == 1:
            path.write_text(path.read_text() + "D2,Open,10,2023-12-01,Ada\n")
        return plans[-1]

    monkeypatch.setattr(plan, "make", make_while_a_transfer_goes_on)
    extraction = crm.extract()
    assert _states(extraction) == {DAY: "refused", "people.csv": "applied"}
    assert "it changed while it was read" in crm.outcome(extraction, DAY).reason
    assert len(plans) == 2
    assert len(crm.ledger_files()) == 1

    assert _states(crm.extract())[DAY] == "applied"
    assert crm.query("select new_rows from run.row_accounting where object = 'opportunities'") == [
        (2,)
    ]


def test_a_file_that_grows_while_it_is_judged_is_refused_and_the_others_are_loaded(
    crm, monkeypatch
):
    path = crm.land(DAY, GOOD)
    crm.land("people.csv", "1,Ada", header="user,name")
    hash_it = landing.content_hash

    def hash_while_a_transfer_goes_on(hashed):
        content = hash_it(hashed)
        if hashed == path and path.stat().st_size < 1_000:
            path.write_text(path.read_text() + "D2,Open,10,2023-12-01,Ada\n" * 50)
        return content

    monkeypatch.setattr(landing, "content_hash", hash_while_a_transfer_goes_on)
    assert _states(crm.extract()) == {DAY: "refused", "people.csv": "applied"}


def test_a_delivered_file_is_kept_as_it_was_by_its_content(crm, tmp_path):
    path = crm.land(DAY, GOOD, "D2,Open,no money,2023-12-01,Ada")
    content = landing.content_hash(path)
    crm.extract()
    assert _originals(crm) == [content]
    originals.unpack(crm.settings, content, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == path.read_bytes()

    path.rename(path.with_name("deals_2024-01-02.csv"))
    crm.land("refused.csv", "1", header="nothing that is known")
    crm.extract()
    assert len(_originals(crm)) == 2  # of the two names of one content, and of the refused one


def test_a_damaged_original_is_not_read(crm, tmp_path):
    content = landing.content_hash(crm.land(DAY, GOOD))
    crm.extract()
    path = originals.path_of(crm.settings, content)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(KpimartError, match="the original is damaged"):
        originals.unpack(crm.settings, content, tmp_path / "again.csv")


def test_originals_are_kept_as_long_as_the_config_says(crm, monkeypatch):
    crm.more = {"retention": {"originals_days": 30}}
    crm.land_deals(1, D1=10)
    crm.extract()
    (first,) = _originals(crm)
    now = ledger.now()
    for days, kept in ((29, 2), (30, 2), (60, 1)):
        monkeypatch.setattr(ledger, "now", lambda days=days: now + timedelta(days=days))
        crm.land_deals(days % 28, D1=days)
        crm.extract()
        assert len(_originals(crm)) == kept
    assert first not in _originals(crm)
    crm.more = {"retention": {"originals_days": 0}}
    crm.land_deals(20, D1=11)
    crm.extract()
    assert _originals(crm) == []


def test_a_mended_contract_is_read_again_from_the_originals(crm):
    crm.land_deals(1, D1=10, D2="12 apples")
    crm.land_deals(2, D1=11, D3=5)
    crm.extract()
    assert crm.states(1, 2) == [{"D1": 10}, {"D1": 11, "D3": 5}]
    for path in crm.landing.iterdir():
        path.unlink()
    assert _states(crm.extract(again="quarantined")) == {DAY: "unchanged"}

    crm.opportunities["nulls"] = {"amount": ["12 apples"]}
    assert crm.extract().files == []  # landing is empty
    read = crm.extract(again="quarantined")
    assert _states(read) == {DAY: "applied"}
    assert read.files[0].counts.quarantined_rows == 0
    assert crm.states(1, 2) == [{"D1": 10, "D2": None}, {"D1": 11, "D3": 5}]
    assert crm.query("select count(*) from run.quarantined_rows") == [(0,)]

    assert _states(crm.extract(again="all")) == {
        "deals_2024-01-02.csv": "applied",
        DAY: "unchanged",
    }
    assert crm.states(1, 2) == [{"D1": 10, "D2": None}, {"D1": 11, "D3": 5}]


def test_a_refused_file_that_left_landing_is_read_again(crm):
    crm.land_deals(1, D1=10)
    path = crm.land("deals_2024-01-02.csv", "D1,Open,03/04/2024,2024-04-03,Ada")
    path.write_text("id,stage,amount,created,owner\nD1,Open,10,03/04/2023,Ada\n")
    assert _states(crm.extract())["deals_2024-01-02.csv"] == "refused"
    path.unlink()
    crm.opportunities["dates"] = "DMY"
    read = _states(crm.extract(again="quarantined"))
    assert read["deals_2024-01-02.csv"] == "applied"
    newest = "select created_on from lake.mapped__opportunities order by _as_of desc limit 1"
    assert crm.query(newest) == [(date(2023, 4, 3),)]
