"""How a file spells an object's columns: under which dialect, and which header is which column.

Tools have up to three dialects: `api`, the names of their interface; `label`, what their pages
show, in lists and reports; `elt`, what loaders make of the API's names. A header that is spelled as
one of them, but for case, blanks and punctuation, is that column.
"""

import difflib
import re
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from pipelines.extract.reading.layout import folded

DIALECTS = ("api", "label", "elt")
DateOrder = Literal["YMD", "DMY", "MDY"]


class Dialect(BaseModel):
    """One way of spelling an object: the names of each column, the first one the usual one.

    `dates`: their order, `decimal`: the mark of fractions, where these are always the same.
    `is_local`: times without a zone are the user's, not the tool's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    columns: dict[str, tuple[str, ...]]
    dates: DateOrder | None = None
    decimal: Literal[".", ","] | None = None
    is_local: bool = False


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """The header of each column of an object in one file; those that it lacks, by the usual name.

    `lacking`: the columns, of those that every file should have, whose header is not there.
    `gathered`: of a column that gathers many, the header of each by what `*` stands for in it.
    """

    dialect: Dialect | None
    columns: dict[str, str]
    lacking: tuple[str, ...]
    gathered: dict[str, dict[str, str]]


def snake_case(name: str) -> str:
    """The name as loaders write it: StageName is stage_name."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"\W+", "_", parted).lower()


def spelled(
    headers: tuple[str, ...],
    *,
    named: dict[str, str],
    dialects: tuple[Dialect, ...],
    optional: frozenset[str],
) -> Spelling:
    """The columns of an object by the headers of a file.

    `named`: what the config calls columns; counts before any dialect, and to the letter.
    """
    dialect = max(dialects, key=lambda one: _spelled_so(one, headers), default=None)
    ordered = ([dialect] if dialect else []) + [one for one in dialects if one is not dialect]
    by_fold: dict[str, str] = {}
    for header in headers:
        by_fold.setdefault(folded(header), header)
    columns, gathered = dict(named), dict[str, dict[str, str]]()
    for one in ordered:
        taken = set(columns.values())
        for column, names in one.columns.items():
            if names[0].count("*"):
                gathered[column] = _matching(names, headers) | gathered.get(column, {})
            elif column not in columns and (found := _header(names, headers, by_fold, taken)):
                columns[column] = found
    for one in ordered:
        for column, names in one.columns.items():
            if column not in gathered:
                columns.setdefault(column, names[0])
    known = set(headers)
    lacking = tuple(c for c, header in columns.items() if header not in known and c not in optional)
    return Spelling(dialect=dialect, columns=columns, lacking=lacking, gathered=gathered)


def _matching(names: tuple[str, ...], headers: tuple[str, ...]) -> dict[str, str]:
    """The headers of these patterns by what `*` stands for; an earlier pattern counts before."""
    found: dict[str, str] = {}
    for name in names:
        start, end = name.split("*")
        for header in headers:
            is_one = header.startswith(start) and header.endswith(end)
            if is_one and len(header) > len(start) + len(end):
                found.setdefault(header[len(start) : len(header) - len(end)], header)
    return found


def _spelled_so(dialect: Dialect, headers: tuple[str, ...]) -> int:
    known = {name for names in dialect.columns.values() for name in names}
    return len(known.intersection(headers))


def _header(
    names: tuple[str, ...], headers: tuple[str, ...], by_fold: dict[str, str], taken: set[str]
) -> str | None:
    """The header of these names, to the letter or else folded; one that is taken is another's."""
    exact = next((name for name in names if name in headers and name not in taken), None)
    alike = (by_fold.get(folded(name)) for name in names)
    return exact or next((header for header in alike if header and header not in taken), None)


def near_matches(header: str, columns: tuple[str, ...]) -> str:
    """A hint at the headers that look like this one, or nothing."""
    by_fold = {name.casefold().replace(" ", "_"): name for name in columns}
    close = difflib.get_close_matches(header.casefold().replace(" ", "_"), list(by_fold), n=3)
    return f"; the file has {', '.join(repr(by_fold[name]) for name in close)}" if close else ""
