"""kpimart.yml and the environment, as one frozen, validated object.

The only reader of either. Company and source settings live here; what an export's columns mean is
in `extract/objects.yml`, how a tool writes them in `extract/systems/`.
"""

import difflib
import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from pipelines.errors import ConfigError
from pipelines.extract.objects import ObjectShape
from pipelines.extract.systems import MAPPED, configured, contracts, shapes_of, system_names

CONFIG_NAME = "kpimart.yml"
CONFIG_VARIABLE = "KPIMART_CONFIG"
PROJECT_DIR = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = PROJECT_DIR / "dbt_project"


def _known_timezone(name: str) -> str:
    if name not in available_timezones():
        close = difflib.get_close_matches(name, available_timezones(), n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ValueError(f"{name!r} is not a time zone of the IANA database{hint}")
    return name


def _known_system(name: str) -> str:
    if name not in system_names():
        raise ValueError(_one_of(name, list(system_names()), "a system"))
    return name


def _as_text(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


Timezone = Annotated[str, AfterValidator(_known_timezone)]
System = Annotated[str, AfterValidator(_known_system)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, BeforeValidator(_as_text)]
Outcome = Literal["open", "won", "lost"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Company(_Strict):
    """The company whose mart this is: reporting currency, zone, fiscal calendar, mail domains.

    Touches with people at `mail_domains` are internal and not counted.
    """

    name: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    timezone: Timezone
    fiscal_year_start_month: Annotated[int, Field(ge=1, le=12)] = 1
    mail_domains: tuple[str, ...] = ()


class Paths(_Strict):
    """Folders of one company, relative to its config file."""

    landing: Path = Path("landing")
    var: Path = Path("var")
    mart: Path = Path("mart/kpi_mart.duckdb")


class Guards(_Strict):
    """What holds a batch: the share of live keys that may vanish from a snapshot at once."""

    max_vanished_share: Annotated[float, Field(ge=0, le=1)] = 0.15


class Retention(_Strict):
    """How much is kept: published versions of the mart, the newest ones."""

    versions: Annotated[int, Field(ge=1)] = 7


class KpiRules(_Strict):
    """Windows of the KPI definitions, each with the default of the KPI reference."""

    new_window_days: Annotated[int, Field(ge=0)] = 30
    win_window_days: Annotated[int, Field(ge=1)] = 365
    history_months: Annotated[int, Field(ge=0)] = 12
    win_back_months: Annotated[int, Field(ge=1)] = 24
    lead_window_days: Annotated[int, Field(ge=1)] = 90
    re_inquiry_days: Annotated[int, Field(ge=1)] = 180
    bulk_import_leads: Annotated[int, Field(ge=2)] = 50
    unanswered_days: Annotated[int, Field(ge=1)] = 7
    reply_window_days: Annotated[int, Field(ge=1)] = 14
    stage_window_days: Annotated[int, Field(ge=1)] = 90


class Stage(_Strict):
    """What one stage of the tool means."""

    outcome: Outcome
    stage_class: Annotated[str | None, Field(alias="class")] = None
    order: int | None = None
    accepted: bool = False
    probability: Annotated[float | None, Field(ge=0, le=1)] = None


def _short_stage(value: object) -> object:
    return {"outcome": value} if isinstance(value, str) else value


class ObjectConfig(_Strict):
    """How one object of a source is exported: files, columns, values, dates.

    `optional`: mapped columns that a file may lack without a word. `meanings`: what the values of a
    column mean, in the words of objects.yml.
    """

    files: str | None = None
    mode: Literal["snapshot", "incremental", "append"] = "snapshot"
    as_of: Text | None = None
    key: tuple[str, ...] | None = None
    dates: Literal["YMD", "DMY", "MDY"] | None = None
    columns: dict[str, str]
    optional: tuple[str, ...] = ()
    values: dict[str, dict[Text, str]] = {}
    nulls: dict[str, tuple[Text, ...]] = {}
    meanings: dict[str, dict[Text, str]] = {}
    stages: dict[str, Annotated[Stage, BeforeValidator(_short_stage)]] = {}

    @model_validator(mode="before")
    @classmethod
    def _key_as_list(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("key"), str):
            return {**value, "key": (value["key"],)}
        return value


class Source(_Strict):
    """One tool that delivers exports into `landing/<name>/`."""

    name: Name
    system: System
    timezone: Timezone | None = None
    as_of: Text | None = None
    objects: dict[str, ObjectConfig]

    @model_validator(mode="before")
    @classmethod
    def _filled_from_the_contract(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("system") in contracts():
            return configured(value)
        return value

    @model_validator(mode="after")
    def _objects_fit_their_shapes(self) -> Self:
        for name, config in self.objects.items():
            if name not in self.shapes:
                raise ValueError(_one_of(name, list(self.shapes), "an object"))
            _check_object(self.shapes[name], config)
        return self

    @property
    def shapes(self) -> dict[str, ObjectShape]:
        """The shapes of the objects that this source can deliver."""
        return shapes_of(self.system)


def _one_of(word: str, allowed: list[str], what: str) -> str:
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
                    f"{name}.{where}: {_one_of(column, columns, f'a column of {name}')}"
                )
    if not set(key) & set(config.columns):
        raise ValueError(
            f"{name}.columns: none of the key {', '.join(key)} is mapped; map one of them, or name "
            f"another key with {name}.key"
        )
    missing = [c for c in shape.required if c not in config.columns]
    if missing:
        raise ValueError(f"{name}.columns: {', '.join(missing)} must be mapped")
    _check_meanings(shape, config)
    if config.stages and shape.feeds != "opportunities":
        raise ValueError(f"{name}.stages: only opportunities have stages")
    if shape.feeds == "opportunities" and not config.stages:
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
                raise ValueError(f"{where}.{value}: {_one_of(meaning, allowed, 'a meaning')}")


class Settings(_Strict):
    """Everything a run needs to know, with absolute paths.

    `memory_limit`: what DuckDB may use before it spills to disk; Python needs about 0.7 GB beside.
    """

    config_path: Path
    company: Company
    paths: Paths = Paths()
    sources: tuple[Source, ...]
    open_amount: Literal["none", "list_price"] = "none"
    lost_date: Literal["changed", "entered"] = "changed"
    hold_days: Annotated[int, Field(ge=0)] = 2
    guards: Guards = Guards()
    retention: Retention = Retention()
    kpis: KpiRules = KpiRules()
    schedule: Annotated[str, Field(pattern=r"^\S+( \S+){4}$")] = "0 4 * * *"
    memory_limit: Annotated[str, Field(pattern=r"^\d+(\.\d+)?(MB|GB)$")] = "1GB"

    @model_validator(mode="after")
    def _source_names_differ(self) -> Self:
        names = [source.name for source in self.sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"sources: the name {twice[0]!r} is given twice")
        if not names:
            raise ValueError("sources: at least one source is needed")
        return self

    def _resolve(self, path: Path) -> Path:
        return (self.config_path.parent / path).resolve()

    @cached_property
    def landing_dir(self) -> Path:
        """Where exports arrive, one folder per source."""
        return self._resolve(self.paths.landing)

    @cached_property
    def var_dir(self) -> Path:
        """Everything the product writes, but the mart."""
        return self._resolve(self.paths.var)

    @cached_property
    def mart_path(self) -> Path:
        """The link to the published version; never resolved, because it is a link."""
        parent = (self.config_path.parent / self.paths.mart).parent.resolve()
        return parent / self.paths.mart.name

    @property
    def versions_dir(self) -> Path:
        """The published versions, one file each."""
        return self.mart_path.parent / "versions"

    @property
    def lake_dir(self) -> Path:
        """The append-only lake: the only state that cannot be rebuilt."""
        return self.var_dir / "lake"

    @property
    def build_path(self) -> Path:
        """The private database of the running night."""
        return self.var_dir / "run" / "build.duckdb"

    @property
    def reports_dir(self) -> Path:
        """One report per night, as JSON."""
        return self.var_dir / "reports"

    @property
    def dbt_dir(self) -> Path:
        """Dbt's target and logs of this company."""
        return self.var_dir / "dbt"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance of this company."""
        return self.var_dir / "dagster"

    @property
    def lock_path(self) -> Path:
        """The one lock of command line, schedule and UI."""
        return self.var_dir / "kpimart.lock"

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems dbt parses; `mapped` is always the first, because it gives the types."""
        others = sorted({source.system for source in self.sources} - {MAPPED})
        return (MAPPED, *others)

    @property
    def company_zone(self) -> ZoneInfo:
        """The zone whose midnight ends a day, a month, a quarter."""
        return ZoneInfo(self.company.timezone)

    def shape(self, source: str, object_name: str) -> ObjectShape | None:
        """The shape of an object by its source's name; None where the config no longer has it."""
        for one in self.sources:
            if one.name == source:
                return one.shapes.get(object_name)
        return None

    def source_timezone(self, source: Source) -> ZoneInfo:
        """The zone in which a source lives: whose midnight ends the day that a file's name says."""
        return ZoneInfo(source.timezone or self.company.timezone)

    def times_timezone(self, source: Source) -> ZoneInfo:
        """The zone of a source's times that carry none: what the config says, else its tool."""
        contract = contracts().get(source.system)
        return (
            ZoneInfo(contract.timezone)
            if contract and not source.timezone
            else (self.source_timezone(source))
        )


def config_path(explicit: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Path:
    """The config file: `--config`, else KPIMART_CONFIG, else kpimart.yml in this folder."""
    environ = os.environ if environ is None else environ
    chosen = explicit or Path(environ.get(CONFIG_VARIABLE) or CONFIG_NAME)
    path = chosen.expanduser().absolute()
    if not path.is_file():
        raise ConfigError(
            f"{path}: there is no config file. Name one with --config or {CONFIG_VARIABLE}, or "
            "make one with: kpimart init"
        )
    return path


def load_settings(
    explicit: Path | None = None, *, environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings of one company.

    Raises:
        ConfigError: the file, the path of the key, what was found and what is allowed.
    """
    path = config_path(explicit, environ=environ)
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a YAML file: {error}") from error
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: a config is a mapping with company and sources")
    try:
        return Settings.model_validate({**raw, "config_path": path})
    except ValidationError as error:
        raise ConfigError(_explain(path, error)) from error


def _explain(path: Path, error: ValidationError) -> str:
    lines = [f"{path}: {error.error_count()} wrong"]
    for problem in error.errors():
        where = ".".join(str(part) for part in problem["loc"]) or "(top)"
        if problem["type"] == "extra_forbidden":
            allowed = _allowed_keys(problem["loc"])
            text = _one_of(str(problem["loc"][-1]), allowed, "a key here")
        elif problem["type"] == "missing":
            text = "is missing"
        else:
            found = problem["input"]
            shown = f" (found {found!r})" if isinstance(found, str | int | float | bool) else ""
            text = problem["msg"].removeprefix("Value error, ") + shown
        lines.append(f"  {where}: {text}")
    return "\n".join(lines)


def _allowed_keys(location: tuple[int | str, ...]) -> list[str]:
    """The keys of the model in which an unknown key was found."""
    model: type[BaseModel] = Settings
    nested: dict[str, type[BaseModel]] = {
        "company": Company,
        "paths": Paths,
        "guards": Guards,
        "retention": Retention,
        "kpis": KpiRules,
        "sources": Source,
        "objects": ObjectConfig,
        "stages": Stage,
    }
    for part in location[:-1]:
        model = nested.get(str(part), model)
    names = [field.alias or name for name, field in model.model_fields.items()]
    return [name for name in names if name != "config_path"]


def fixed_as_of(text: str, zone: ZoneInfo) -> datetime | None:
    """The UTC moment of a fixed `as_of`; a bare date is the end of that day; None for a pattern."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) == len("2017-12-31"):
        moment = datetime.fromordinal(moment.toordinal() + 1)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return aware.astimezone(UTC)
