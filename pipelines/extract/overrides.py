"""The override file: who is the same, and who is not, decided by a human; it wins over every rule.

A CSV file with the columns kind, left, right and decision. Records are named by their keys, as
`quality.identity_matches` shows them: a person by `source:lead/id` or `source:contact/id`, a rep by
`source:id`; of an account, left is the lead and right the account, each by `source:id`.
"""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from pipelines.errors import ConfigError
from pipelines.settings import Settings

COLUMNS = ("kind", "left", "right", "decision")
KINDS = ("person", "rep", "account")
DECISIONS = ("same", "different")
PERSON_OBJECTS = ("lead/", "contact/")


@dataclass(frozen=True, kw_only=True)
class Override:
    """One decision. `different` takes the right record out of every rule; `same` may place it."""

    kind: str
    left: str
    right: str
    decision: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Member:
    """A record that overrides speak of: the set that it is the same with, named by its first key.

    `is_apart`: no rule places it, because it, or a record that is the same, is different from one.
    """

    kind: str
    record_key: str
    set_key: str
    is_apart: bool


def read(settings: Settings) -> tuple[Override, ...]:
    """The decisions of the config's override file, in its order; none where it names no file.

    Raises:
        ConfigError: file, line, what was found and what is allowed.
    """
    path = settings.overrides_path
    if path is None:
        return ()
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file; overrides in kpimart.yml names it")
    try:
        rows = list(csv.reader(StringIO(path.read_text(encoding="utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path}: not a CSV file in UTF-8: {error}") from error
    header = tuple(cell.strip() for cell in rows[0]) if rows else ()
    if sorted(header) != sorted(COLUMNS):
        found = ", ".join(header) or "nothing"
        raise ConfigError(f"{path}:1: the columns are {', '.join(COLUMNS)}; found {found}")
    found = tuple(_overrides(settings, path, header, rows[1:]))
    members(found, path=path)
    return found


def digest(settings: Settings) -> str:
    """Changes with the content of the override file; empty where the config names none."""
    path = settings.overrides_path
    if path is None or not path.is_file():
        return ""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _overrides(
    settings: Settings, path: Path, header: tuple[str, ...], rows: list[list[str]]
) -> Iterator[Override]:
    sources = [source.name for source in settings.sources]
    for line, row in enumerate(rows, start=2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) != len(header):
            raise ConfigError(f"{path}:{line}: {len(cells)} cells, of {len(header)}")
        named = dict(zip(header, cells, strict=True))
        problem = _problem(named, sources)
        if problem:
            raise ConfigError(f"{path}:{line}: {problem}")
        yield Override(line=line, **named)


def _problem(named: dict[str, str], sources: list[str]) -> str:
    for column, allowed in (("kind", KINDS), ("decision", DECISIONS)):
        if named[column] not in allowed:
            return f"{column} is {named[column]!r}; allowed: {', '.join(allowed)}"
    for column in ("left", "right"):
        source, _, record = named[column].partition(":")
        if source not in sources or not record:
            return (
                f"{column} is {named[column]!r}; a key is source:id, with one of the sources "
                f"{', '.join(sources)}"
            )
        if named["kind"] == "person" and not record.startswith(PERSON_OBJECTS):
            return f"{column} is {named[column]!r}; a person is source:lead/id or source:contact/id"
    if named["left"] == named["right"]:
        return f"left and right are both {named['left']!r}"
    return ""


def members(overrides: tuple[Override, ...], *, path: Path) -> tuple[Member, ...]:
    """The records that overrides speak of, each once per kind.

    Raises:
        ConfigError: two decisions contradict each other.
    """
    firsts = _firsts(overrides)
    apart: set[tuple[str, str]] = set()
    for one in overrides:
        left, right = firsts[one.kind, one.left], firsts[one.kind, one.right]
        if one.decision == "different" and left == right:
            raise ConfigError(
                f"{path}:{one.line}: {one.left} and {one.right} are different here, and the same "
                "by other lines"
            )
        if one.decision == "different":
            apart.add((one.kind, right))
    accounts: dict[str, str] = {}
    for one in overrides:
        is_placed = one.kind == "account" and one.decision == "same"
        if is_placed and accounts.setdefault(one.left, one.right) != one.right:
            raise ConfigError(f"{path}:{one.line}: {one.left} already has an account here")
    return tuple(
        Member(kind=kind, record_key=key, set_key=first, is_apart=(kind, first) in apart)
        for (kind, key), first in sorted(firsts.items())
        if kind != "account"
    )


def _firsts(overrides: tuple[Override, ...]) -> dict[tuple[str, str], str]:
    """Each record's smallest key among those that are the same with it."""
    firsts = {(one.kind, key): key for one in overrides for key in (one.left, one.right)}
    for one in overrides:
        if one.decision == "same":
            ends = firsts[one.kind, one.left], firsts[one.kind, one.right]
            for record, first in firsts.items():
                if record[0] == one.kind and first in ends:
                    firsts[record] = min(ends)
    return firsts
