"""In which encoding a text was written, from its bytes."""

import io

import pytest

from pipelines.extract.reading import encodings
from pipelines.extract.refusal import RefusedFileError

TEXTS = {
    "french": "crème, Léa, L\u2019Oréal, déjà",
    "german": "schön, Müller, Straße, Ägypten",
    "spanish": "¿Qué?, España, Núñez",
    "apostrophe": "don\u2019t",
    "euro": "100 €, 5 €",
    "dash": "2020 \u2013 2021",
    "scandinavian": "Ærø, Åse, Malmö",
    "swiss": "Zürich \u2013 Genève",
}
CODECS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with BOM",
    "utf-16": "UTF-16 LE",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp1252": "Windows-1252",
    "mac_roman": "Mac Roman",
}


def _detected(content: bytes) -> encodings.Encoding:
    return encodings.of_stream(io.BytesIO(content))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize(("codec", "name"), CODECS.items())
def test_western_text_tells_its_encoding(text, codec, name):
    content = f"id,name\n1,{text}\n".encode(codec)
    found = _detected(content)
    assert found.name == name
    assert content.removeprefix(found.mark).decode(found.codec) == f"id,name\n1,{text}\n"


def test_latin_1_is_read_as_its_superset():
    found = _detected("id,name\n1,Zürich\n".encode("latin-1"))
    assert found.codec == "cp1252"


def test_bytes_that_windows_does_not_know_are_latin_1_or_mac():
    assert _detected(b"a,b\n1,\x81\x8d\xfcber\n").codec != "cp1252"


def test_utf_8_with_a_few_faults_stays_utf_8():
    good = "Müller, Zoë, Núñez\n".encode()
    assert _detected(b"name\n" + good * 3 + b"Z\xfcrich\n").is_utf8


def test_a_character_that_is_cut_at_the_end_of_the_head_is_no_fault():
    assert _detected(b"a" * (encodings.HEAD_BYTES - 1) + "é\n".encode()).is_utf8


def test_what_comes_after_an_ascii_head_is_seen_in_the_whole():
    content = b"name\n" + b"Ada\n" * 40_000 + "Müller\n".encode("cp1252")
    assert _detected(content).is_utf8
    assert encodings.of_whole(io.BytesIO(content)).codec == "cp1252"


def test_zero_bytes_without_order_are_no_text():
    with pytest.raises(RefusedFileError, match="line 3: a zero byte: this is no text"):
        _detected(b"\x89PNG\r\n\x1a\n\0\0\0")


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("utf8", "utf-8"),
        ("Latin-1", "latin_1"),
        ("windows-1252", "cp1252"),
        ("macroman", "mac_roman"),
    ],
)
def test_the_config_may_name_an_encoding_by_any_of_its_names(name, codec):
    assert encodings.named(name).codec == codec


def test_a_copy_in_utf_8_keeps_lines_and_loses_the_mark(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("id,name\r\n1,Zoë\r\n".encode("utf-16"))
    with path.open("rb") as file:
        found = encodings.of_stream(file)
    copy = encodings.transcoded(path, tmp_path / "b.csv", found)
    assert copy.read_bytes() == "id,name\r\n1,Zoë\r\n".encode()
