"""What one file in landing is: known already, refused, or content to be placed in the lake."""

import hashlib
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

import duckdb

from pipelines.extract import content, moments
from pipelines.extract.delivered import Header
from pipelines.extract.kinds import kinds_of
from pipelines.extract.landing import Offer
from pipelines.extract.ledger import Entry, Ledger
from pipelines.extract.objects import ObjectShape
from pipelines.extract.reading import layout, peek, prepare
from pipelines.extract.reading.export import Export
from pipelines.extract.recognise import Fit, recognise
from pipelines.extract.refusal import RefusedFileError
from pipelines.extract.spelling import near_matches
from pipelines.extract.values.converted import Zones
from pipelines.settings import Settings
from pipelines.sources import ObjectConfig


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """A file whose object is known, not yet read.

    `config`: the object's part of the config, with the headers of this file. `given`: the as-of
    by the config, or by the name of the file.
    """

    offer: Offer
    header: Header
    object: str
    dialect: str
    config: ObjectConfig
    zones: Zones
    identity: str
    given: moments.AsOf | None

    @property
    def shape(self) -> ObjectShape:
        """The object's shape."""
        return self.offer.source.shapes[self.object]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A file that was read: its content, its moment, and a reason to hold it.

    `header`: with what its columns are and look like.
    """

    file: Recognised
    content: content.Content
    header: Header
    as_of: moments.AsOf
    supersedes: tuple[str, ...]
    hold: str | None
    problems: tuple[str, ...]
    seconds: float


def opened(
    offer: Offer, *, settings: Settings, scratch: Path, connection: duckdb.DuckDBPyConnection
) -> Export:
    """The file with its columns.

    Raises:
        RefusedFileError: it cannot be read.
    """
    return peek.peek(
        offer.part,
        hints=_hints(offer),
        limits=settings.limits,
        scratch=scratch,
        connection=connection,
    )


def recognised(offer: Offer, header: Header, *, settings: Settings) -> Recognised:
    """What the file is, from its name and header.

    Raises:
        RefusedFileError: it is no object of its source.
    """
    fit = recognise(offer, header.columns)
    dialect = fit.spelling.dialect
    own_zone = settings.source_timezone(offer.source)
    given = moments.from_settings(offer, fit.object, zone=own_zone) or moments.from_name(offer)
    is_local = bool(dialect and dialect.is_local)
    zones = Zones(
        times=settings.times_timezone(offer.source, is_local=is_local).key, days=own_zone.key
    )
    config = _as_spelled(offer.source.objects[fit.object], fit)
    shape = offer.source.shapes[fit.object]
    contract = _contract(config, shape, columns=header.columns, zones=zones)
    return Recognised(
        offer=offer,
        header=header,
        object=fit.object,
        dialect=dialect.name if dialect else "",
        config=config,
        zones=zones,
        identity=f"{contract} {given.identity if given else 'found'}",
        given=given,
    )


def _as_spelled(config: ObjectConfig, fit: Fit) -> ObjectConfig:
    """The config as this file spells it: one header per column, one way of writing."""
    dialect = fit.spelling.dialect
    columns, gathered = dict(fit.spelling.columns), dict[str, dict[str, str]]()
    for column, headers in fit.spelling.gathered.items():
        gathered[column] = {
            told: f"{column}__{number}" for number, told in enumerate(headers, start=1)
        }
        columns |= {gathered[column][told]: header for told, header in headers.items()}
    return config.model_copy(
        update={
            "columns": columns,
            "gathered": gathered,
            "dates": config.dates or (dialect.dates if dialect else None),
            "decimal": config.decimal or (dialect.decimal if dialect else None),
        }
    )


def _hints(offer: Offer) -> peek.Hints:
    """What the config says of the source's files, and every header that it or the tool names."""
    return peek.Hints(
        vocabulary=frozenset(map(layout.folded, offer.source.headers)),
        encoding=offer.source.encoding,
        delimiter=offer.source.delimiter,
    )


def _contract(
    config: ObjectConfig, shape: ObjectShape, *, columns: tuple[str, ...], zones: Zones
) -> str:
    """The hash of all that decides how this file's text becomes rows; what values mean does not."""
    unread = {"files", "as_of", "stages", "meanings", "dialects"}
    terms = config.model_dump(mode="json", exclude=unread)
    terms["columns"] = {c: h for c, h in config.columns.items() if h in columns}
    terms["key"] = list(config.key or shape.key)
    terms["zones"] = [zones.times, zones.days]
    terms["shape"] = {name: column.type for name, column in shape.columns.items()}
    if shape.filled:
        terms["filled"] = list(shape.filled)
    return hashlib.sha256(json.dumps(terms, sort_keys=True).encode()).hexdigest()[:16]


def known_as(file: Recognised, ledger: Ledger) -> Entry | None:
    """The batch, applied or held, that this very load has become already."""
    same = [entry for entry in _same_content(file, ledger) if entry.identity == file.identity]
    return same[-1] if same else None


def _same_content(file: Recognised, ledger: Ledger) -> list[Entry]:
    source = file.offer.source.name
    batches = [
        *ledger.applied_batches(source, of_object=file.object),
        *ledger.held_batches(source, of_object=file.object),
    ]
    return [entry for entry in batches if entry.sha256 == file.offer.sha256]


def _superseded(file: Recognised, ledger: Ledger) -> list[Entry]:
    """Batches of the same content by another contract; by name's date, only those of that date."""
    same = _same_content(file, ledger)
    given = file.given
    if given is None or not given.is_by_name:
        return same
    return [
        entry
        for entry in same
        if entry.as_of_basis not in moments.BY_NAME or entry.as_of == given.at
    ]


def judged(
    file: Recognised,
    export: Export,
    *,
    settings: Settings,
    ledger: Ledger,
    scratch: Path,
    name: str,
    connection: duckdb.DuckDBPyConnection,
) -> Judged:
    """The file's content with its moment.

    Raises:
        RefusedFileError: it cannot be read, its key or a required column is missing, or its dates
            have two readings.
    """
    begun = time.perf_counter()
    hold = _lost_columns(file, ledger)
    prepared = prepare.prepared(export, file.offer.part, limits=settings.limits, scratch=scratch)
    loaded = content.load(
        prepared,
        shape=file.shape,
        config=file.config,
        zones=file.zones,
        scratch=scratch,
        name=name,
        connection=connection,
    )
    superseded = _superseded(file, ledger)
    problems = list(loaded.problems)
    if loaded.rows_read == 0:
        problems.append("there is a header and no row below it")
    return Judged(
        file=file,
        content=loaded,
        header=replace(
            file.header, known=_known(file), kinds=kinds_of(prepared, connection=connection)
        ),
        as_of=_as_of(file, loaded, superseded),
        supersedes=tuple(str(entry.batch) for entry in superseded),
        hold=hold,
        problems=tuple(problems),
        seconds=round(time.perf_counter() - begun, 3),
    )


def _as_of(file: Recognised, loaded: content.Content, superseded: list[Entry]) -> moments.AsOf:
    """By the config, the rows, or the file's time; of content read before, the time known first."""
    if file.given:
        return file.given
    if loaded.updated_at:
        return moments.AsOf(at=loaded.updated_at, basis="updated_at")
    first = min(
        (e.as_of for e in superseded if e.as_of and e.as_of_basis == "file time"), default=None
    )
    return (
        moments.AsOf(at=first, basis="file time") if first else moments.from_file_time(file.offer)
    )


def _lost_columns(file: Recognised, ledger: Ledger) -> str | None:
    """The reason to hold a file that lost a column it cannot do without.

    Raises:
        RefusedFileError: the column is a key, or the object was never loaded.
    """
    config, shape, columns = file.config, file.shape, file.header.columns
    missing = set(config.missing(columns))
    key = [c for c in config.key or shape.key if config.columns.get(c) in missing]
    required = [c for c in shape.required if config.columns.get(c) in missing]
    lost = list(dict.fromkeys([*key, *required]))
    if not lost:
        return None
    named = "; ".join(
        f"column {config.columns[c]!r} ({c}) is missing" + near_matches(config.columns[c], columns)
        for c in lost
    )
    before = ledger.applied_batches(file.offer.source.name, of_object=file.object)
    if key or not before:
        raise RefusedFileError(
            named,
            remedy=f"Export it with that column, or mend `columns` of {file.object} in the config",
            line=1,
        )
    return f"{named}; {file.object} cannot do without, and had it before"


def _known(file: Recognised) -> dict[str, str]:
    """The header of each canonical column that the file has; a gathered one by its parts."""
    parts = {
        part: f"{column}:{told}"
        for column, names in file.config.gathered.items()
        for told, part in names.items()
    }
    return {
        parts.get(column, column): name
        for column, name in file.config.columns.items()
        if name in file.header.columns
    }


class Description(TypedDict):
    """The parts of a file's outcome that its name, its header and the config tell."""

    source: str
    object: str
    dialect: str
    file_name: str
    format: str
    delimiter: str
    encoding: str
    columns_known: dict[str, list[str]]
    columns_unknown: list[str]
    columns_missing: dict[str, list[str]]


def described(file: Recognised, *, encoding: str | None = None) -> Description:
    """What is known of a file before its rows are read; `encoding`: as these showed it."""
    config, header = file.config, file.header
    known: dict[str, list[str]] = {}
    missing: dict[str, list[str]] = {}
    for column, name in config.columns.items():
        (known if name in header.columns else missing).setdefault(name, []).append(column)
    return {
        "source": file.offer.source.name,
        "object": file.object,
        "dialect": file.dialect,
        "file_name": file.offer.name,
        "format": header.kind,
        "delimiter": header.delimiter,
        "encoding": encoding or header.encoding,
        "columns_known": known,
        "columns_unknown": [name for name in header.columns if name not in known],
        "columns_missing": missing,
    }
