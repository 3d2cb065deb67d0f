"""Damaged files never stop an extraction: each is applied or refused, and every row accounted for.

Exports of every tool are damaged by chance: bytes changed, lines cut, doubled or swapped, quotes
and delimiters strewn in, another encoding. `KPIMART_FUZZ` says how many files are made: `make
drill` plays 20,000, `make test` 400. `KPIMART_SEED` replaces the seed.
"""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from pipelines.errors import NothingReadableError
from pipelines.extract.run import extract
from pipelines.extract.systems import contracts
from pipelines.settings import load_settings

FILES = int(os.environ.get("KPIMART_FUZZ", "400"))
SEED = int(os.environ.get("KPIMART_SEED", "20261201"))
AT_ONCE = 50
EXPORTS = Path(__file__).parents[1] / "fixtures" / "exports"
STREWN = (
    b'"',
    b"'",
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"\\",
    b"=",
    b"{",
    b"}",
    b"[",
)
CODECS = ("utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman", "utf-8-sig")

Damage = Callable[[bytes, random.Random], bytes]


def _strewn(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content) + 1)
    return content[:place] + chance.choice(STREWN) * chance.choice((1, 1, 2, 50)) + content[place:]


def _changed(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    return content[:place] + bytes([chance.randrange(256)]) + content[place + 1 :]


def _cut_out(content: bytes, chance: random.Random) -> bytes:
    first, last = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    return content[:first] + content[last:]


def _cut_off(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _lines(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    one, other = chance.choice(lines), chance.choice(lines)
    place = chance.randrange(len(lines) + 1)
    return b"".join(chance.choice(([*lines[:place], one, *lines[place:]], [other, *lines])))


def _other_encoding(content: bytes, chance: random.Random) -> bytes:
    return content.decode("utf-8", "replace").encode(chance.choice(CODECS), "replace")


def _other_delimiter(content: bytes, chance: random.Random) -> bytes:
    return content.replace(b",", chance.choice((b";", b"\t", b"|", b"^", b", ")))


DAMAGES: tuple[Damage, ...] = (
    *(_strewn, _changed, _cut_out, _cut_off, _lines, _other_encoding, _other_delimiter),
)


def _damaged(content: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        if content:
            content = chance.choice(DAMAGES)(content, chance)
    return content


def _named(name: str, number: int) -> str:
    stem, dot, endings = name.partition(".")
    return f"{stem}_{number}{dot}{endings}"


@pytest.mark.parametrize("batch", range(-(-FILES // AT_ONCE)))
def test_damaged_exports_are_accounted_for(batch: int, tmp_path: Path) -> None:
    chance = random.Random(f"{SEED}-{batch}")
    config = {
        "company": {"name": "Tiny", "currency": "USD", "timezone": "America/Chicago"},
        "sources": [{"name": name, "system": name} for name in contracts()],
    }
    path = tmp_path / "kpimart.yml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    originals = sorted(one for one in EXPORTS.glob("*/*") if one.name != "expected.yml")
    landed = 0
    for number in range(AT_ONCE):
        original = chance.choice(originals)
        folder = tmp_path / "landing" / original.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        content = _damaged(original.read_bytes(), chance)
        (folder / _named(original.name, number)).write_bytes(content)
        landed += 1

    try:
        files = extract(load_settings(path)).files
    except NothingReadableError:
        return

    assert len(files) >= landed
    for file in files:
        assert file.state in ("applied", "held", "refused", "unchanged")
        assert file.state != "refused" or file.reason
        assert file.counts.balances, file
    shutil.rmtree(tmp_path)
