"""kpimart.yml and the environment, as one frozen, validated object.

The only reader of either. What a source may say is in `sources`; what an export's columns mean, in
`extract/objects.yml`; how a tool writes them, in `extract/systems/`.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from pipelines.calendars.rules import CompanyTime, FiscalCalendar, Region
from pipelines.errors import ConfigError
from pipelines.extract.objects import ObjectShape
from pipelines.extract.reading.limits import Limits
from pipelines.extract.systems import MAPPED, contracts
from pipelines.identity import Exclusion, Touches
from pipelines.sources import ObjectConfig, Source, Stage, Strict, one_of

CONFIG_NAME = "kpimart.yml"
CONFIG_VARIABLE = "KPIMART_CONFIG"
PROJECT_DIR = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = PROJECT_DIR / "dbt_project"


PROTOCOL = "://"
REMOTE = ("s3", "gs", "az")


def _known_protocol(landing: str) -> str:
    protocol, mark, _ = landing.partition(PROTOCOL)
    if mark and protocol not in REMOTE:
        raise ValueError(one_of(f"{protocol}{mark}", [f"{p}{mark}" for p in REMOTE], "an address"))
    return landing


class Company(CompanyTime):
    """The company whose mart this is: reporting currency, time, mail domains.

    Touches with people at `mail_domains` are internal and not counted. `free_mail_domains`: more
    domains, beside the project's list, that say nothing about a person's company.
    """

    name: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    mail_domains: tuple[str, ...] = ()
    free_mail_domains: tuple[str, ...] = ()


class Paths(Strict):
    """Folders of one company, relative to its config file.

    `landing` may be a folder of an object store, as s3://bucket/exports; `landing_options` are then
    those of its fsspec file system, as {endpoint_url: …}. Keys and secrets are taken from the
    environment, as the store's own tools take them.
    """

    landing: Annotated[str, AfterValidator(_known_protocol)] = "landing"
    landing_options: dict[str, Any] = Field(default_factory=dict)
    var: Path = Path("var")
    mart: Path = Path("mart/kpi_mart.duckdb")


class Guards(Strict):
    """What holds a batch: the share of live keys that may vanish from a snapshot at once."""

    max_vanished_share: Annotated[float, Field(ge=0, le=1)] = 0.15


class Retention(Strict):
    """How much is kept: of published versions the newest ones; originals of exports so many days.

    No days: no originals.
    """

    versions: Annotated[int, Field(ge=1)] = 7
    originals_days: Annotated[int, Field(ge=0)] = 90


class KpiRules(Strict):
    """Windows of the KPI definitions, each with the default of the KPI reference."""

    new_window_days: Annotated[int, Field(ge=0)] = 30
    win_window_days: Annotated[int, Field(ge=1)] = 365
    history_months: Annotated[int, Field(ge=0)] = 12
    win_back_months: Annotated[int, Field(ge=1)] = 24
    lead_window_days: Annotated[int, Field(ge=1)] = 90
    re_inquiry_days: Annotated[int, Field(ge=1)] = 180
    bulk_import_leads: Annotated[int, Field(ge=2)] = 50
    response_target_minutes: Annotated[int, Field(ge=1)] = 60
    unanswered_days: Annotated[int, Field(ge=1)] = 7
    reply_window_days: Annotated[int, Field(ge=1)] = 14
    stage_window_days: Annotated[int, Field(ge=1)] = 90
    snapshot_days: Annotated[int, Field(ge=1)] = 35


class Settings(Strict):
    """Everything a run needs to know, with absolute paths.

    `overrides`: the file that says who is the same, relative to the config. `memory_limit`: what
    DuckDB may use before it spills to disk; Python needs about 0.7 GB beside.
    """

    config_path: Path
    company: Company
    paths: Paths = Paths()
    sources: tuple[Source, ...]
    open_amount: Literal["none", "list_price"] = "none"
    lost_date: Literal["changed", "entered"] = "changed"
    hold_days: Annotated[int, Field(ge=0)] = 2
    guards: Guards = Guards()
    limits: Limits = Limits()
    retention: Retention = Retention()
    kpis: KpiRules = KpiRules()
    overrides: Path | None = None
    exclude: tuple[Exclusion, ...] = ()
    touches: Touches = Touches()
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

    @model_validator(mode="after")
    def _precedence_names_sources(self) -> Self:
        names = [source.name for source in self.sources]
        for name in self.touches.precedence:
            if name not in names:
                raise ValueError(f"touches.precedence: {one_of(name, names, 'a source')}")
        return self

    def _resolve(self, path: Path) -> Path:
        return (self.config_path.parent / path).resolve()

    @property
    def landing_url(self) -> str | None:
        """The address of a landing folder in an object store; None of one on this machine."""
        return self.paths.landing if PROTOCOL in self.paths.landing else None

    @cached_property
    def landing_dir(self) -> Path:
        """Where exports arrive, one folder per source, on this machine.

        Raises:
            ValueError: they arrive in an object store.
        """
        if self.landing_url:
            raise ValueError(f"{self.landing_url} is no folder of this machine")
        return self._resolve(Path(self.paths.landing))

    @property
    def landing(self) -> str:
        """Where exports arrive, to be shown."""
        return self.landing_url or str(self.landing_dir)

    @cached_property
    def var_dir(self) -> Path:
        """Everything the product writes, but the mart."""
        return self._resolve(self.paths.var)

    @cached_property
    def mart_path(self) -> Path:
        """The link to the published version; never resolved, because it is a link."""
        parent = (self.config_path.parent / self.paths.mart).parent.resolve()
        return parent / self.paths.mart.name

    @cached_property
    def overrides_path(self) -> Path | None:
        """The override file of identities; None where the config names none."""
        return self._resolve(self.overrides) if self.overrides else None

    @property
    def versions_dir(self) -> Path:
        """The published versions, one file each."""
        return self.mart_path.parent / "versions"

    @property
    def lake_dir(self) -> Path:
        """The append-only lake: the only state that cannot be rebuilt."""
        return self.var_dir / "lake"

    @property
    def originals_dir(self) -> Path:
        """Exports as they were delivered, packed."""
        return self.var_dir / "originals"

    @property
    def build_path(self) -> Path:
        """The private database of the running night."""
        return self.var_dir / "run" / "build.duckdb"

    @property
    def before_path(self) -> Path:
        """What the build was before the running night, if it is not made anew; never written."""
        return self.var_dir / "run" / "before.duckdb"

    @property
    def base_path(self) -> Path:
        """The build of the last published night."""
        return self.var_dir / "base" / "build.duckdb"

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

    def times_timezone(self, source: Source, *, is_local: bool = False) -> ZoneInfo:
        """The zone of a source's times that carry none: what the config says, else its tool.

        `is_local`: of a file whose times are its user's, as a report's are.
        """
        contract = contracts().get(source.system)
        if contract and not source.timezone and not is_local:
            return ZoneInfo(contract.timezone)
        return self.source_timezone(source)


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
            text = one_of(str(problem["loc"][-1]), allowed, "a key here")
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
        "calendars": FiscalCalendar,
        "regions": Region,
        "paths": Paths,
        "guards": Guards,
        "retention": Retention,
        "kpis": KpiRules,
        "exclude": Exclusion,
        "touches": Touches,
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
