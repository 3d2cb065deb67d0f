"""Bad input: each kind says file, line, what was found and what to do; other files go on."""

import gzip

import duckdb
import pytest

from pipelines.errors import ConfigError, NothingReadableError
from pipelines.extract.accept import accept
from pipelines.extract.run import inspect

GOOD = "D1,Open,10,2023-12-01,Ada"


def _refused(crm, name: str) -> str:
    """The reason for the refusal of a file; a good one beside it was applied all the same."""
    crm.land("deals_2024-01-01.csv", GOOD)
    extraction = crm.extract()
    file = crm.outcome(extraction, name)
    assert crm.outcome(extraction, "deals_2024-01-01.csv").state in ("applied", "unchanged")
    assert (file.state, file.batch) == ("refused", None)
    assert (crm.landing / name).exists()
    assert crm.query(
        f"select state, reason from run.row_accounting where file_name = '{name}'"
    ) == [("refused", file.reason)]
    return file.reason


def _quarantined(crm, *rows: str) -> list[tuple[object, ...]]:
    crm.land("deals_2024-01-01.csv", GOOD, *rows)
    (file,) = crm.extract().files
    assert file.counts.balances
    return crm.query(
        "select row_number, line, reasons, raw from run.quarantined_rows order by line"
    )


def test_no_landing_folder(crm):
    settings = crm.settings
    crm.landing.rmdir()
    crm.landing.parent.rmdir()

    for look in (crm.extract, lambda: inspect(settings)):
        with pytest.raises(
            NothingReadableError, match=r"landing: there is no landing folder. Make"
        ):
            look()
    assert not settings.var_dir.exists()
    assert NothingReadableError.exit_code == 3


def test_nothing_readable(crm):
    crm.land("deals_2024-01-01.csv", header="")
    with pytest.raises(NothingReadableError, match=r"(?s)no file below crm .*the file is empty"):
        crm.extract()


def test_nothing_readable_is_no_error_once_something_is_loaded(crm):
    path = crm.land("deals_2024-01-01.csv", GOOD)
    crm.extract()
    path.unlink()

    extraction = crm.extract()

    assert not extraction.has_news
    assert extraction.notes == [f"{crm.landing}: no file of this source"]


def test_a_file_without_a_byte(crm):
    (crm.landing / "deals_2024-01-02.csv").touch()
    assert _refused(crm, "deals_2024-01-02.csv") == "line 1: the file is empty. Export it again"


def test_a_header_without_rows_is_held_where_records_live(crm):
    crm.land("deals_2024-01-01.csv", GOOD)
    crm.land("deals_2024-01-02.csv")
    crm.land("users.csv", header="user,name")
    extraction = crm.extract()

    held, empty = (crm.outcome(extraction, name) for name in ("deals_2024-01-02.csv", "users.csv"))
    assert (held.state, empty.state) == ("held", "applied")
    assert held.problems == empty.problems == ["there is a header and no row below it"]


def test_an_unknown_file(crm):
    crm.land("notes.csv", "1,2", header="user,colour")
    reason = _refused(crm, "notes.csv")
    assert reason.startswith(
        "line 1: it is no object of source crm: users (score 1.00) lacks name; opportunities "
        "(score 0.00) lacks id, stage, amount, created, owner. Say which object it is with `files` "
        "under sources.crm.objects"
    )


USERS_LIKE_DEALS = {
    "user_id": "id",
    "user_name": "owner",
    "role": "stage",
    "team": "amount",
    "hired_on": "created",
}


def test_a_file_that_fits_two_objects(crm):
    columns = crm.opportunities["columns"]
    crm.users["columns"] = USERS_LIKE_DEALS
    crm.land("export.csv", GOOD)
    assert len(columns) == len(crm.users["columns"])
    assert "it could be opportunities (score 1.00) or users (score 1.00)" in _refused(
        crm, "export.csv"
    )


@pytest.mark.parametrize("name", ["users.csv", "users-2024-01-31.csv"])
def test_a_file_that_fits_two_objects_is_the_one_that_it_is_called(crm, name):
    crm.users["columns"] = USERS_LIKE_DEALS
    crm.land(name, GOOD)
    assert crm.outcome(crm.extract(), name).object == "users"


@pytest.mark.parametrize("name", ["users_leads.csv", "usersof.csv", "old_users.csv"])
def test_a_name_that_says_more_tells_nothing(crm, name):
    crm.users["columns"] = USERS_LIKE_DEALS
    crm.land(name, GOOD)
    assert "it could be opportunities" in _refused(crm, name)


def test_a_file_that_fits_two_objects_is_the_one_of_which_it_has_more(crm):
    crm.opportunities |= {"files": None, "as_of": "2024-01-01"}
    crm.users["columns"] = {"user_id": "id", "user_name": "owner"}
    crm.land("export.csv", GOOD)
    assert crm.outcome(crm.extract(), "export.csv").object == "opportunities"


@pytest.mark.parametrize("name", ["deals.pdf", "deals", "deals.pdf.gz"])
def test_an_unknown_format(crm, name):
    (crm.landing / name).write_bytes(b"PK")
    assert "is not a format that is read. Export it as .csv, .txt" in _refused(crm, name)


def test_a_required_column_missing_from_the_first_file(crm):
    crm.land("users.csv", "U1,Ada", header="user,name")
    crm.land("deals_2024-01-02.csv", "D1,x,2023-12-01,Ada", header="id,Stage,created,owner")
    file = crm.outcome(crm.extract(), "deals_2024-01-02.csv")
    assert file.state == "refused"
    assert file.reason == (
        "line 1: column 'stage' (stage) is missing; the file has 'Stage'. Export it with that "
        "column, or mend `columns` of opportunities in the config"
    )


def test_a_lost_required_column_holds_and_loads_as_null_once_accepted(crm):
    crm.land("deals_2024-01-01.csv", GOOD)
    crm.extract()
    crm.land("deals_2024-01-02.csv", "D1,11,2023-12-01,Ada", header="id,amount,created,owner")
    held = crm.outcome(crm.extract(), "deals_2024-01-02.csv")
    assert held.state == "held"
    assert held.reason.startswith("column 'stage' (stage) is missing; opportunities cannot do")

    accept(crm.settings, str(held.batch), reason="the tool dropped stages")
    crm.extract()

    assert crm.query("select stage, _row from lake.mapped__opportunities order by _as_of") == [
        ("Open", 1),
        (None, 1),
    ]


def test_a_missing_key_column_is_refused_even_later(crm):
    crm.land("deals_2024-01-01.csv", GOOD)
    crm.extract()
    crm.land("deals_2024-01-02.csv", "Open,11,2023-12-01,Ada", header="stage,amount,created,owner")
    assert "column 'id' (opportunity_id) is missing" in _refused(crm, "deals_2024-01-02.csv")


def test_a_mapped_column_missing_is_told_with_near_matches(crm):
    crm.land(
        "deals_2024-01-01.csv", "D1,Open,10,2023-12-01,Ada", header="id,stage,Amount,created,owner"
    )
    (file,) = crm.extract().files
    assert file.state == "applied"
    assert file.problems == ["column 'amount' (amount) is missing; the file has 'Amount'"]
    assert crm.query("select amount, x_amount from lake.mapped__opportunities") == [(None, "10")]


def test_a_number_and_a_date_that_do_not_parse(crm):
    assert _quarantined(crm, "D2,Open,abc,2023-13-01,Ada", "D3,Open,,,", "") == [
        (
            2,
            3,
            "amount: 'abc' is not a number such as 1234.50; created_on (created): '2023-13-01' is "
            "not a YMD date such as 2024-12-31, from 1970 to 2099",
            '{"id":"D2","stage":"Open","amount":"abc","created":"2023-13-01","owner":"Ada"}',
        )
    ]


def test_a_row_without_key_and_a_blank_row(crm):
    assert _quarantined(crm, " ,Open,1,,", ",,,,", " , ,,,") == [
        (
            2,
            3,
            "no key: id is empty",
            '{"id":" ","stage":"Open","amount":"1","created":null,"owner":null}',
        )
    ]
    assert crm.query("select rows_read, new_rows, skipped_rows from run.row_accounting") == [
        (4, 1, 2)
    ]


def test_lines_are_true_lines_after_breaks_in_quotes_blank_lines_and_broken_lines(crm):
    rows = _quarantined(
        crm, 'D2,Open,1,,"two', 'lines"', "", "D3,Open", "D4,Open,abc,,", "D5,Open,1,,Ada,too,many"
    )
    assert [(line, row) for row, line, *_ in rows] == [(6, 3), (7, 4), (8, 5)]
    assert rows[0][2:] == (
        "the line is no row: Expected Number of Columns: 5 Found: 2",
        '"D3,Open"',
    )
    assert crm.query("select rows_read, new_rows, quarantined_rows from run.row_accounting") == [
        (5, 2, 3)
    ]


def test_windows_line_ends_and_a_byte_order_mark_move_no_line(crm):
    text = f"id,stage,amount,created,owner\r\n{GOOD}\r\n\r\nD2,Open\r\nD3,Open,abc,,\r\n"
    (crm.landing / "deals_2024-01-01.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (file,) = crm.extract().files
    assert file.encoding == "UTF-8 with BOM"
    assert crm.query("select line from run.quarantined_rows order by line") == [(4,), (5,)]


def test_mixed_line_ends_are_read(crm):
    text = f"id,stage,amount,created,owner\r\n{GOOD}\nD2,Open,5,,\r\nD3,Open,abc,,\n"
    (crm.landing / "deals_2024-01-01.csv").write_bytes(text.encode())
    (file,) = crm.extract().files
    assert (file.counts.new_rows, file.counts.quarantined_rows) == (2, 1)
    assert crm.query("select line from run.quarantined_rows") == [(4,)]


def test_a_key_twice_with_equal_rows_is_one_row(crm):
    assert _quarantined(crm, GOOD, GOOD) == []
    assert crm.query("select rows_read, new_rows, skipped_rows from run.row_accounting") == [
        (3, 1, 2)
    ]


def test_a_key_twice_with_rows_that_differ_is_quarantined_whole(crm):
    rows = _quarantined(crm, "D2,Open,1,,Ada", "D1,Won,10,2023-12-01,Ada")
    reason = "key 'D1' is in 2 rows that differ or are wrong, lines 2 to 4"
    assert [(line, found) for _, line, found, _ in rows] == [(2, reason), (4, reason)]
    assert rows[1][3] == (
        '{"id":"D1","stage":"Won","amount":"10","created":"2023-12-01","owner":"Ada"}'
    )


def test_a_quarantined_key_keeps_its_last_good_state(crm):
    crm.more = {"guards": {"max_vanished_share": 0.0}}
    crm.land("deals_2024-01-01.csv", GOOD, "D2,Open,1,,Ada", "D3,Open,1,,Ada", "D4,Open,1,,Ada")
    crm.land(
        "deals_2024-01-02.csv",
        "D1,Open,wrong,,",
        "D2,Open,1,,Ada",
        "D2,Won,1,,Ada",
        "D3,Open,1,,Ada,one field too many",
        "D4,Open,2,,Ada",
    )
    crm.extract()

    assert crm.query("select batch from run.held_batches") == []
    assert crm.state(2) == {"D1": 10, "D2": 1, "D3": 1, "D4": 2}


def test_a_binary_file_named_csv(crm):
    (crm.landing / "deals_2024-01-02.csv").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    assert _refused(crm, "deals_2024-01-02.csv") == (
        "line 3: a zero byte: this is no text. Export it as CSV, or give it the ending that its "
        "format has"
    )


@pytest.mark.parametrize("kept", [12, 100_000])
def test_a_truncated_gzip(crm, kept):
    rows = "".join(f"D{n},Open,{n * 7919 % 10007},2023-12-01,{n:x}\n" for n in range(40_000))
    packed = gzip.compress(f"id,stage,amount,created,owner\n{rows}".encode())
    assert len(packed) > 110_000
    (crm.landing / "deals_2024-01-02.csv.gz").write_bytes(packed[:kept])
    reason = _refused(crm, "deals_2024-01-02.csv.gz")
    assert reason.startswith("the .gz cannot be unpacked: Compressed file ended before")
    assert reason.endswith("The transfer was probably cut short; land the file again")


def test_a_header_that_names_a_column_twice(crm):
    crm.land("deals_2024-01-02.csv", "D1,Open,Won", header="id,stage,stage")
    assert "line 1: the header names 'stage' more than once" in _refused(
        crm, "deals_2024-01-02.csv"
    )


def test_dates_with_two_readings(crm):
    crm.land("deals_2024-01-02.csv", "D1,Open,1,03/04/2024,Ada", "D2,Open,1,05/05/2024,Ada")
    assert _refused(crm, "deals_2024-01-02.csv") == (
        "the date '03/04/2024' has two readings, 2024-04-03 (DMY) and 2024-03-04 (MDY), and no "
        "date in the file tells which. Say `dates: DMY` or `dates: MDY` for this object in the "
        "config"
    )


def test_a_name_that_does_not_fit_the_as_of_pattern(crm):
    crm.land("deals_x.csv", GOOD)
    assert "the name does not fit the as_of pattern 'deals_%Y-%m-%d*'" in _refused(
        crm, "deals_x.csv"
    )


def test_an_as_of_that_is_neither_moment_nor_pattern(crm):
    crm.opportunities["as_of"] = "yesterday"
    crm.land("deals_2024-01-01.csv", GOOD)
    with pytest.raises(ConfigError, match="as_of 'yesterday' is neither a moment"):
        crm.extract()


def test_unfinished_and_hidden_files_are_not_offered(crm):
    crm.land("deals_2024-01-01.csv", GOOD)
    for name in ("deals.csv.part", "deals.csv.tmp", ".deals.csv", ".git/deals.csv"):
        crm.land(name, GOOD)
    assert [file.file_name for file in crm.extract().files] == ["deals_2024-01-01.csv"]


def test_a_folder_of_no_source_is_told(crm):
    crm.land("deals_2024-01-01.csv", GOOD)
    (crm.landing.parent / "crmm").mkdir()
    notes = crm.extract().notes
    assert notes == [f"{crm.landing.parent / 'crmm'}: belongs to no source of the config; ignored"]


def test_a_refusal_is_kept_once_and_forgotten_when_the_file_is_understood(crm):
    crm.land("deals_2024-01-01.csv", GOOD)
    crm.land("people.csv", "U1,Ada", header="user,called")
    crm.extract()
    before = crm.ledger_files()
    assert not crm.extract().has_news
    assert crm.ledger_files() == before

    crm.users["columns"] = {"user_id": "user", "user_name": "called"}
    crm.extract()
    assert crm.query("select state from run.row_accounting where file_name = 'people.csv'") == [
        ("applied",)
    ]


def test_headers_may_be_any_text(crm):
    header = 'id,stage,"amount, total; ""net""",Stage,select,_key,Größe,  spaced  '
    crm.opportunities["columns"] = {
        "opportunity_id": "id",
        "stage": "stage",
        "amount": 'amount, total; "net"',
    }
    crm.land("deals_2024-01-01.csv", "D1,Open,10,a,b,c,d,e", header=header)
    crm.extract()
    assert crm.query(
        "select stage, amount, x_stage, x_select, x_key, x_gr_sse, x_spaced, _key "
        "from lake.mapped__opportunities"
    ) == [("Open", 10, "a", "b", "c", "d", "e", "D1")]


def test_json_lines_are_read_with_their_broken_lines(crm):
    crm.opportunities["files"] = "deals*.jsonl"
    (crm.landing / "deals_2024-01-01.jsonl").write_text(
        '{"id": "D1", "stage": "Open", "amount": 10.5}\n'
        '{"id": "D2", "stage":\n'
        "[1]\n"
        "\n"
        '{"id": 3, "stage": "Won", "created": "2023-12-01", "flag": true, "tags": {"a": [1]}}\n'
    )
    (file,) = crm.extract().files
    assert file.counts.balances
    assert (file.counts.rows_read, file.counts.skipped_rows) == (5, 1)
    assert crm.query(
        "select _key, amount, created_on::text, x_flag, x_tags_a from lake.mapped__opportunities "
        "order by _row"
    ) == [("D1", 10.5, None, None, None), ("3", None, "2023-12-01", "true", "[1]")]
    assert crm.query("select line, reasons, raw from run.quarantined_rows order by line") == [
        (2, "the line is not a JSON object", '{"id": "D2", "stage":'),
        (3, "the line is not a JSON object", "[1]"),
    ]


def test_parquet_is_read_with_its_own_types(crm):
    crm.opportunities["files"] = "deals*.parquet"
    path = crm.landing / "deals_2024-01-01.parquet"
    duckdb.sql(
        "select 1 as id, 'Open' as stage, 10.25::double as amount, date '2023-12-01' as created, "
        "1e20::double as owner union all select 2, 'Won', 'inf'::double, null, null"
    ).write_parquet(str(path))
    (file,) = crm.extract().files
    assert file.counts.balances
    assert crm.query("select _key, amount, created_on::text from lake.mapped__opportunities") == [
        ("1", 10.25, "2023-12-01")
    ]
    assert crm.query("select row_number, line, reasons from run.quarantined_rows") == [
        (2, None, "amount: 'inf' is not a number such as 1234.50")
    ]


def test_a_damaged_parquet(crm):
    crm.opportunities["files"] = None
    (crm.landing / "deals_2024-01-02.parquet").write_bytes(b"PAR1 and nothing else")
    assert "it is not a Parquet file" in _refused(crm, "deals_2024-01-02.parquet")


def test_an_unterminated_quote_loses_no_line(crm):
    rows = _quarantined(crm, 'D2,Open,1,,"never closed', "D3,Open,1,,")
    assert crm.query("select rows_read, new_rows, quarantined_rows from run.row_accounting") == [
        (2, 1, 1)
    ]
    assert "D3,Open,1,," in str(rows[0][3])


@pytest.mark.parametrize("mark", ["\x85", "\u2028"], ids=["NEL", "LS"])
def test_a_name_with_a_mark_that_unicode_ends_lines_at_is_kept_in_the_ledger(crm, mark):
    crm.land("users.csv", "U1,Ada,x", header=f"user,name,a{mark}b")
    assert crm.outcome(crm.extract(), "users.csv").state == "applied"
    assert crm.outcome(crm.extract(), "users.csv").state == "unchanged"
