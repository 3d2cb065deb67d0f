"""What a file is, from its first bytes."""

import pytest

from pipelines.extract import read, records
from pipelines.extract.refusal import RefusedFileError


@pytest.mark.parametrize(
    ("text", "delimiter", "columns"),
    [
        ("id,name\n1,2\n", ",", ("id", "name")),
        ("id;name, first;age\n", ";", ("id", "name, first", "age")),
        ("id\tname\n", "\t", ("id", "name")),
        ("id|name|\n", "|", ("id", "name", "column_3")),
        ('"id, no.",name\n', ",", ("id, no.", "name")),
        ('"two\nlines",name\n', ",", ("two\nlines", "name")),
        ("\ufeffid,name\n", ",", ("id", "name")),
        ("only\n1\n", ",", ("only",)),
        ("no line end", ",", ("no line end",)),
    ],
)
def test_the_header_gives_delimiter_and_columns(tmp_path, text, delimiter, columns):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    export = read.peek(path)
    assert (export.delimiter, export.columns) == (delimiter, columns)


def test_a_character_that_is_cut_at_the_end_of_the_head_is_no_error(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a" * (read.HEAD_BYTES - 1) + "é\n".encode())
    assert len(read.peek(path).columns) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "line 1: the file is empty"),
        (b"\n \n", "line 1: the file is empty"),
        (b"\nid,name\n", "line 1: the first line is blank"),
        (b"a,b,a\n", "line 1: the header names 'a' more than once"),
        ("id,name\n".encode("utf-16"), "line 1: byte 0xff|line 1: a NUL byte"),
    ],
)
def test_a_csv_without_a_usable_header_is_refused(tmp_path, content, reason):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(RefusedFileError, match=reason):
        read.peek(path)


def test_the_keys_of_a_jsonl_are_those_of_its_first_lines(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": 1, "a": 2}\nbroken\n{"id": 2, "b": 3}\n')
    assert read.peek(path).columns == ("id", "a", "b")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("id,name\n1,a\n2,b", [2, 3]),
        ("id,name\n\n1,a\n\n\n2,b\n", [3, 6]),
        ('id,name\n1,"a\nb"\n2,b\n', [2, 4]),
        ('"i\nd",name\r\n1,a\r\n', [3]),
        ("id\n1\n\n2\n", [2, 3, 4]),
    ],
)
def test_records_are_counted_on_the_line_where_they_begin(tmp_path, text, lines):
    path = tmp_path / "a.csv"
    path.write_text(text, newline="")
    columns = len(read.peek(path).columns)
    assert records.record_lines(path, delimiter=",", columns=columns)[0].tolist() == lines
