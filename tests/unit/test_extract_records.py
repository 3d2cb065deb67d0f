"""The records of a regular CSV are counted as Python's CSV reader counts them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.extract.reading import records


def _written(path, text: str) -> list[int] | None:
    path.write_bytes(text.encode())
    lines = records.regular_lines(path, delimiter=",", columns=2)
    return None if lines is None else lines.tolist()


fields = st.text('ab,"\né ', max_size=70).map(
    lambda text: '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n') else text
)
rows = st.lists(st.one_of(st.lists(fields, min_size=2, max_size=2).map(",".join), st.just("")))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=rows, end=st.sampled_from(["\n", "\r\n"]), block=st.sampled_from([1, 64, 4096]))
def test_regular_files_have_the_lines_that_the_csv_reader_gives(tmp_path, found, end, block):
    records.BLOCK_BYTES, kept = block, records.BLOCK_BYTES
    path = tmp_path / "a.csv"
    try:
        lines = _written(path, end.join(["id,name", *found]))
    finally:
        records.BLOCK_BYTES = kept
    exact, wide = records.record_lines(path, delimiter=",", columns=2)
    assert (lines, wide.tolist()) == (exact.tolist(), [])


@pytest.mark.parametrize(
    "text",
    [
        "id,name\n1\n",
        "id,name\n1,a,\n",
        'id,name\n1,"never closed\n',
        'id,name\n1,a"b",c"\n',
        'id,name\n1,"a"b\n',
        "id,name\r1,a\r",
        'id,name\n1,"a\rb"\n',
        "id,name\n1,\0\n",
    ],
)
def test_files_that_are_not_regular(tmp_path, text):
    assert _written(tmp_path / "a.csv", text) is None


def test_bytes_that_are_no_text_are_not_regular(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,name\n1,Z\xfcrich\n")
    assert records.regular_lines(path, delimiter=",", columns=2) is None
