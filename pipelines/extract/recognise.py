"""Which object of its source a file holds: by the pattern of its name, else by its header.

A header is told by the columns that few objects have: each column of the file that some object
knows counts the more, the fewer know it. An object's score is its share of that. Where that tells
too little, it is the object that bears the name of the file, as loaders name their tables.
"""

import re
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from pipelines.extract.landing import Offer
from pipelines.extract.objects import ObjectShape
from pipelines.extract.refusal import RefusedFileError
from pipelines.extract.spelling import Spelling, spelled
from pipelines.extract.systems import contracts
from pipelines.sources import ObjectConfig

TOO_CLOSE = 0.9
SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Fit:
    """An object that a file may hold: how the file spells it, and how much speaks for it, 0 to 1.

    `missing`: headers without which it cannot be that object.
    """

    object: str
    spelling: Spelling
    score: float
    missing: tuple[str, ...]


def recognise(offer: Offer, columns: tuple[str, ...]) -> Fit:
    """The one object that this file holds.

    Raises:
        RefusedFileError: none or several fit; tells each candidate, and what speaks against it.
    """
    objects, shapes = offer.source.objects, offer.source.shapes
    fits = _fits(objects, shapes, columns)
    named = [fit for fit in fits if _matches(offer, objects[fit.object])]
    if len(named) == 1:
        return named[0]
    candidates = named or fits
    usable = [fit for fit in candidates if not fit.missing]
    if not usable:
        raise _refusal(offer, _is_none(offer, candidates, columns))
    best = usable[0]
    close = [fit for fit in usable if fit.score >= TOO_CLOSE * best.score]
    close = [fit for fit in close if _is_called(offer, fit.object)] or close
    if len(close) > 1:
        told = " or ".join(f"{fit.object} (score {fit.score:.2f})" for fit in close[:SHOWN])
        raise _refusal(offer, f"it could be {told}")
    return close[0]


def _refusal(offer: Offer, found: str) -> RefusedFileError:
    return RefusedFileError(
        found,
        remedy=f"Say which object it is with `files` under sources.{offer.source.name}.objects in "
        "the config, mend the `columns` there, or take the file out of landing",
        line=1,
    )


def _fits(
    objects: dict[str, ObjectConfig], shapes: dict[str, ObjectShape], columns: tuple[str, ...]
) -> list[Fit]:
    """Every object with its score, the best first."""
    spellings = {
        name: spelled(
            columns,
            named=config.columns,
            dialects=config.dialects,
            optional=frozenset(config.optional),
        )
        for name, config in objects.items()
    }
    here = set(columns)
    found = {name: here.intersection(one.columns.values()) for name, one in spellings.items()}
    known_by = Counter(header for headers in found.values() for header in headers)
    whole = sum(1 / count for count in known_by.values())
    fits = [
        Fit(
            object=name,
            spelling=spelling,
            score=sum(1 / known_by[header] for header in found[name]) / (whole or 1),
            missing=_missing(objects[name], shapes[name], spelling),
        )
        for name, spelling in spellings.items()
    ]
    return sorted(fits, key=lambda fit: -fit.score)


def _missing(config: ObjectConfig, shape: ObjectShape, spelling: Spelling) -> tuple[str, ...]:
    """The headers that are not there, of those a file of this object cannot lack.

    A tool is known by its keys and required columns; what a config describes, by all it names.
    """
    needed = {*(config.key or shape.key), *shape.required}
    lacking = (c for c in spelling.lacking if not config.dialects or c in needed)
    return tuple(dict.fromkeys(spelling.columns[column] for column in lacking))


def _is_none(offer: Offer, candidates: list[Fit], columns: tuple[str, ...]) -> str:
    lacks = "; ".join(
        f"{fit.object} (score {fit.score:.2f}) lacks {', '.join(fit.missing)}"
        for fit in candidates[:SHOWN]
    )
    found = f"it is no object of source {offer.source.name}: {lacks}"
    other = _other_tool(offer, columns)
    return f"{found}; it looks like {other}" if other else found


@cache
def _default_configs(system: str) -> dict[str, ObjectConfig]:
    configs = contracts()[system].configs
    return {name: ObjectConfig.model_validate(config) for name, config in configs.items()}


def _other_tool(offer: Offer, columns: tuple[str, ...]) -> str | None:
    """The object of another tool that has all that it needs in this header, the best one."""
    others = [
        (fit.score, f"{fit.object} of {contract.name}")
        for contract in contracts().values()
        if contract.name != offer.source.system
        for fit in _fits(_default_configs(contract.name), contract.shapes, columns)[:1]
        if not fit.missing
    ]
    return max(others)[1] if others else None


def _matches(offer: Offer, config: ObjectConfig) -> bool:
    return config.files is not None and any(fnmatchcase(name, config.files) for name in offer.names)


def _is_called(offer: Offer, name: str) -> bool:
    """The file has the object's very name, but for a date or number after it."""
    return any(re.match(rf"{re.escape(name)}(?![A-Za-z]|[_-][A-Za-z])", one) for one in offer.names)
