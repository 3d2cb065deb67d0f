"""Files made to do harm, by chance or on purpose, are refused; the company's other files go on."""

import gzip
import io
import json
import zipfile

import pytest
import xlsxwriter

from pipelines.errors import ConfigError
from pipelines.extract.reading import records

CSV = "id,stage,amount,created,owner\nD1,Open,10,2023-12-01,Ada\n"
GOOD = "deals_2024-01-01.csv"


def _refused(crm, name: str) -> str:
    """The reason for the refusal of a file, beside which a good one was applied."""
    (crm.landing / GOOD).write_text(CSV)
    extraction = crm.extract()
    assert crm.outcome(extraction, GOOD).state == "applied"
    file = crm.outcome(extraction, name)
    assert file.state == "refused"
    return file.reason


def _zip(crm, name: str, **members: bytes) -> None:
    with zipfile.ZipFile(crm.landing / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member.replace("/", "/"), content)


def test_a_packed_file_that_unpacks_to_more_than_allowed(crm):
    crm.more["limits"] = {"unpacked_bytes": 1_000_000}
    (crm.landing / "deals_2024-01-02.csv.gz").write_bytes(
        gzip.compress(CSV.encode() + b" " * 5_000_000)
    )
    reason = _refused(crm, "deals_2024-01-02.csv.gz")
    assert reason == (
        "unpacked it is larger than 1,000,000 bytes. Split it, or allow more with "
        "limits.unpacked_bytes in the config"
    )


def test_a_zip_that_unpacks_to_more_than_allowed_is_not_unpacked(crm):
    crm.more["limits"] = {"unpacked_bytes": 1_000_000}
    _zip(crm, "a.zip", **{"deals.csv": b" " * 900_000, "users.csv": b" " * 900_000})
    assert "unpacked it is larger than 1,000,000 bytes" in _refused(crm, "a.zip")


def test_a_zip_that_lies_about_its_size(crm):
    crm.more["limits"] = {"unpacked_bytes": 1_000_000}
    _zip(crm, "a.zip", **{"deals_2024-01-02.csv": CSV.encode() + b" " * 5_000_000})
    path = crm.landing / "a.zip"
    true, told = (size.to_bytes(4, "little") for size in (len(CSV) + 5_000_000, 1_000))
    path.write_bytes(path.read_bytes().replace(true, told))
    assert _refused(crm, "a.zip/deals_2024-01-02.csv")


def test_a_zip_of_too_many_members(crm):
    crm.more["limits"] = {"members": 3}
    _zip(crm, "a.zip", **{f"deals{n}.csv": CSV.encode() for n in range(4)})
    assert "the zip has 4 members, more than 3" in _refused(crm, "a.zip")


@pytest.mark.parametrize(
    "member", ["../deals.csv", "/etc/deals.csv", "a/../../deals.csv", "C:/x.csv"]
)
def test_a_member_that_leads_out_of_its_folder(crm, member):
    _zip(crm, "a.zip", **{member: CSV.encode()})
    assert f"the zip's member {member!r} leads out of its folder" in _refused(crm, "a.zip")
    assert not (crm.landing.parent / "deals.csv").exists()


def test_an_archive_within_an_archive(crm):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("deals.csv", CSV)
    _zip(crm, "a.zip", **{"inner.zip": inner.getvalue()})
    assert "'.zip' is not a format that is read" in _refused(crm, "a.zip/inner.zip")


def test_a_locked_zip(crm):
    _zip(crm, "a.zip", **{"deals.csv": CSV.encode()})
    path = crm.landing / "a.zip"
    content = bytearray(path.read_bytes())
    central = content.index(b"PK\x01\x02")
    content[6] |= 1
    content[central + 8] |= 1
    path.write_bytes(content)
    assert "the zip's member 'deals.csv' is locked by a password" in _refused(crm, "a.zip")


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"", b"no zip"])
def test_a_damaged_zip(crm, content):
    (crm.landing / "a.zip").write_bytes(content)
    assert "cannot be unpacked" in _refused(crm, "a.zip")


def test_a_link_out_of_landing(crm, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.csv"
    secret.write_text(CSV)
    (crm.landing / "deals_2024-01-02.csv").symlink_to(secret)
    assert "it is a link to" in (reason := _refused(crm, "deals_2024-01-02.csv"))
    assert "outside of the source's folder" in reason


def test_a_link_within_the_folder_is_read(crm):
    (crm.landing / GOOD).write_text(CSV)
    (crm.landing / "deals_2024-01-02.csv").symlink_to(crm.landing / GOOD)
    assert {file.state for file in crm.extract().files} == {"applied"}


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json"])
def test_a_line_without_end(crm, monkeypatch, ending):
    monkeypatch.setattr(records, "LONGEST_LINE_BYTES", 100_000)
    long = "x" * 5_000_000
    texts = {
        "csv": CSV + f'D2,Open,1,2023-12-01,"{long}"\n',
        "jsonl": '{"id": "D1"}\n' + json.dumps({"id": long}) + "\n",
        "json": json.dumps([{"id": "D1"}, {"id": long}]),
    }
    name = f"deals_2024-01-02.{ending}"
    crm.opportunities["files"] = "deals*"
    (crm.landing / name).write_text(texts[ending])
    assert "the line is longer than 100,000 bytes" in _refused(crm, name)


def test_a_json_document_that_is_too_large(crm):
    crm.more["limits"] = {"json_bytes": 100}
    crm.opportunities["files"] = "deals*"
    (crm.landing / "deals_2024-01-02.json").write_text(json.dumps([{"id": "D" * 200}]))
    assert "a JSON document of more than 100 bytes" in _refused(crm, "deals_2024-01-02.json")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "line 1: no JSON: "),
        ("[" * 100_000, "JSON"),
        ("[1, 2]", "no line holds a JSON object"),
        ('{"a": [{"x": 1}], "b": [{"y": 1}]}', "several lists of records: a, b"),
        ("[]", "no line holds a JSON object"),
        ('"text"', "no list of records"),
    ],
)
def test_a_json_without_records(crm, content, reason):
    crm.opportunities["files"] = "deals*"
    (crm.landing / "deals_2024-01-02.json").write_text(content)
    assert reason in _refused(crm, "deals_2024-01-02.json")


def test_a_workbook_that_is_too_large(crm):
    crm.more["limits"] = {"workbook_bytes": 2_000}
    with xlsxwriter.Workbook(crm.landing / "deals_2024-01-02.xlsx") as book:
        book.add_worksheet().write(0, 0, "id")
    assert "the workbook holds more than 2,000 bytes" in _refused(crm, "deals_2024-01-02.xlsx")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html><table><tr><td>id</td></tr></table></html>", "it is a web page named .xls"),
        (b"\xd0\xcf\x11\xe0 no workbook", "it cannot be read as a workbook"),
        (b"PK", "it cannot be read as a workbook"),
    ],
)
def test_what_is_no_workbook(crm, content, reason):
    (crm.landing / "deals_2024-01-02.xls").write_bytes(content)
    assert reason in _refused(crm, "deals_2024-01-02.xls")


def test_an_empty_workbook(crm):
    with xlsxwriter.Workbook(crm.landing / "deals_2024-01-02.xlsx") as book:
        book.add_worksheet()
    assert "the workbook has no cell" in _refused(crm, "deals_2024-01-02.xlsx")


def test_formulas_and_sql_in_cells_are_texts(crm):
    nasty = ['=HYPERLINK("http://x")', "+1+1", "@SUM(A1)", "'); drop table x; --", "=1+1"]
    quoted = ['"{}"'.format(text.replace('"', '""')) for text in nasty]
    rows = [f"D{n},Open,1,2023-12-01,{text}" for n, text in enumerate(quoted)]
    crm.land(GOOD, *rows)
    crm.extract()
    found = crm.query("select owner_name from lake.mapped__opportunities order by _key")
    assert [name for (name,) in found] == nasty


def test_an_encoding_that_nobody_knows(crm):
    crm.source["encoding"] = "klingon"
    with pytest.raises(ConfigError, match="'klingon' is no encoding; write utf-8"):
        crm.extract()
