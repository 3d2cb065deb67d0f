"""How a source is configured: its tool, its objects, their files and columns, and what values mean.

The models alone, with what is allowed in them; `settings` reads the file.
"""

import codecs
import difflib
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pipelines.extract.objects import ObjectShape
from pipelines.extract.spelling import DateOrder, Dialect
from pipelines.extract.systems import (
    MAPPED,
    Role,
    configured,
    contracts,
    shapes_of,
    system_names,
)
from pipelines.extract.templates import with_templates


def _known_timezone(name: str) -> str:
    if name not in available_timezones():
        close = difflib.get_close_matches(name, available_timezones(), n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ValueError(f"{name!r} is not a time zone of the IANA database{hint}")
    return name


def _known_system(name: str) -> str:
    if name not in system_names():
        raise ValueError(one_of(name, list(system_names()), "a system"))
    return name


def _known_encoding(name: str | None) -> str | None:
    if name is not None:
        try:
            codecs.lookup(name)
        except LookupError as error:
            raise ValueError(
                f"{name!r} is no encoding; write utf-8, utf-16, cp1252, latin-1 or mac-roman"
            ) from error
    return name


def _as_text(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


Timezone = Annotated[str, AfterValidator(_known_timezone)]
System = Annotated[str, AfterValidator(_known_system)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, BeforeValidator(_as_text)]
Outcome = Literal["open", "won", "lost"]


class Strict(BaseModel):
    """A part of the config: it never changes, and knows every key that it may have."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Stage(Strict):
    """What one stage of the tool means."""

    outcome: Outcome
    stage_class: Annotated[str | None, Field(alias="class")] = None
    order: int | None = None
    accepted: bool = False
    probability: Annotated[float | None, Field(ge=0, le=1)] = None


def _short_stage(value: object) -> object:
    return {"outcome": value} if isinstance(value, str) else value


class ObjectConfig(Strict):
    """How one object of a source is exported: files, columns, values, dates.

    `columns`: what the config itself calls columns; `dialects`: what the tool calls them, or
    kpimart's templates;
    `gathered`: the columns that one column of the lake is made of, by what tells them apart.
    `optional`: columns that a file may lack without a word. `meanings`: what the values of a column
    mean, in the words of objects.yml.
    """

    files: str | None = None
    mode: Literal["snapshot", "incremental", "append"] = "snapshot"
    as_of: Text | None = None
    key: tuple[str, ...] | None = None
    dates: DateOrder | None = None
    decimal: Literal[".", ","] | None = None
    columns: dict[str, str]
    dialects: tuple[Dialect, ...] = ()
    gathered: dict[str, dict[str, str]] = {}
    optional: tuple[str, ...] = ()
    values: dict[str, dict[Text, str]] = {}
    nulls: dict[str, tuple[Text, ...]] = {}
    meanings: dict[str, dict[Text, str]] = {}
    stages: dict[str, Annotated[Stage, BeforeValidator(_short_stage)]] = {}

    @property
    def named(self) -> set[str]:
        """The columns that have a name, in the config or in a dialect."""
        return {*self.columns, *(c for dialect in self.dialects for c in dialect.columns)}

    def missing(self, headers: tuple[str, ...]) -> list[str]:
        """The headers of `columns` that a file should have and has not, in the config's order."""
        expected = (header for c, header in self.columns.items() if c not in self.optional)
        return list(dict.fromkeys(header for header in expected if header not in headers))

    @model_validator(mode="before")
    @classmethod
    def _key_as_list(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("key"), str):
            return {**value, "key": (value["key"],)}
        return value


class Source(Strict):
    """One tool that delivers exports into `landing/<name>/`.

    `role`: a CRM, or an outbound tool, whose record of a touch counts before the CRM's copy.
    `encoding`, `delimiter`: of its text files, where these do not show them.
    """

    name: Name
    system: System
    role: Role = "crm"
    timezone: Timezone | None = None
    as_of: Text | None = None
    encoding: Annotated[str | None, AfterValidator(_known_encoding)] = None
    delimiter: Annotated[str | None, Field(min_length=1, max_length=1)] = None
    objects: dict[str, ObjectConfig]

    @model_validator(mode="before")
    @classmethod
    def _filled_from_the_contract(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("system") in contracts():
            return configured(value)
        if isinstance(value, dict) and value.get("system") == MAPPED:
            return with_templates(value)
        return value

    @model_validator(mode="after")
    def _objects_fit_their_shapes(self) -> Self:
        for name, config in self.objects.items():
            if name not in self.shapes:
                raise ValueError(one_of(name, list(self.shapes), "an object"))
            _check_object(self.shapes[name], config)
        return self

    @cached_property
    def headers(self) -> set[str]:
        """Every header that a file of this source may have, as the config and its tool know."""
        return {
            header
            for config in self.objects.values()
            for header in (
                *config.columns.values(),
                *(n for one in config.dialects for names in one.columns.values() for n in names),
            )
        }

    @property
    def shapes(self) -> dict[str, ObjectShape]:
        """The shapes of the objects that this source can deliver."""
        return shapes_of(self.system)


def one_of(word: str, allowed: list[str], what: str) -> str:
    """That a word is not allowed here, with the one that is meant, else with all that are."""
    close = difflib.get_close_matches(word, allowed, n=1)
    hint = f"; did you mean {close[0]}?" if close else f"; allowed: {', '.join(allowed)}"
    return f"{word!r} is not {what}{hint}"


def _check_object(shape: ObjectShape, config: ObjectConfig) -> None:
    name, columns = shape.name, list(shape.columns)
    key = config.key or shape.key
    for where, names in {
        "columns": config.columns,
        "optional": config.optional,
        "values": config.values,
        "nulls": config.nulls,
        "meanings": config.meanings,
        "key": key,
    }.items():
        for column in names:
            if column not in columns:
                raise ValueError(
                    f"{name}.{where}: {one_of(column, columns, f'a column of {name}')}"
                )
    if not set(key) & config.named:
        raise ValueError(
            f"{name}.columns: none of the key {', '.join(key)} is mapped; map one of them, or name "
            f"another key with {name}.key"
        )
    missing = [c for c in shape.required if c not in config.named]
    if missing:
        raise ValueError(f"{name}.columns: {', '.join(missing)} must be mapped")
    _check_meanings(shape, config)
    if config.stages and "opportunities" not in shape.feeds:
        raise ValueError(f"{name}.stages: only opportunities have stages")
    if "opportunities" in shape.feeds and not config.stages:
        raise ValueError(
            f"{name}.stages is missing; say what each stage means, as "
            "stages: {Prospecting: open, Won: won, Lost: lost}"
        )


def _check_meanings(shape: ObjectShape, config: ObjectConfig) -> None:
    for column, words in config.meanings.items():
        allowed = list(shape.columns[column].meanings)
        where = f"{shape.name}.meanings.{column}"
        if not allowed:
            mapped = [name for name, spec in shape.columns.items() if spec.meanings]
            raise ValueError(f"{where}: only {', '.join(mapped) or 'no column'} has meanings here")
        for value, meaning in words.items():
            if meaning not in allowed:
                raise ValueError(f"{where}.{value}: {one_of(meaning, allowed, 'a meaning')}")
