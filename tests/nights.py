"""Companies whose night has run: real export, mapped one, demo; through Dagster, once a session.

Tests read these companies and leave them as they are; one that plays more nights works on a copy,
and plays them with `play_night`, which does a night's steps without Dagster around them.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from data_quality.suites import audit, door
from data_quality.validation import validate
from pipelines.base import begin_build, keep_build
from pipelines.extract.run import extract
from pipelines.night import definitions_digest, inputs_digest, run_night
from pipelines.publish.publish import Publication, publish
from pipelines.report import CheckResult
from pipelines.sample.files import make_sample
from pipelines.settings import PROJECT_DIR, Settings, load_settings
from pipelines.transform import build, code_version, ensure_manifest, failed_tests, spec_version
from tests.mapped_export.files import make_sample as make_mapped_export

MAPPED_CONFIG = PROJECT_DIR / "tests" / "mapped_export" / "kpimart.yml"
# neither dbt's artefacts nor its log: half of the time that dbt takes to start
LIGHT = ("--no-write-json", "--log-level-file", "none")
REAL_DATA = "KPIMART_REAL_DATA"
needs_real_data = pytest.mark.skipif(
    REAL_DATA not in os.environ,
    reason=f"{REAL_DATA} does not name the folder that holds maven_crm/, the real CRM export",
)


def real_company(folder: Path) -> Settings:
    """The company of the example config, with the real export in its landing folder."""
    landing = folder / "landing" / "maven"
    landing.mkdir(parents=True)
    for path in (Path(os.environ[REAL_DATA]) / "maven_crm").glob("*.csv"):
        shutil.copy(path, landing)
    example = PROJECT_DIR / "docs" / "examples" / "mapped-crm" / "kpimart.yml"
    return load_settings(Path(shutil.copy(example, folder)))


def mapped_company(folder: Path, *, scale: float = 0.02, days: int = 1) -> Settings:
    """The company whose tool is mapped column by column, with its export in the landing folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = Path(shutil.copy(MAPPED_CONFIG, folder))
    make_mapped_export(folder / "landing", scale=scale, days=days)
    return load_settings(path)


def demo_company(folder: Path, *, scale: float = 0.02, days: int = 1) -> Settings:
    """The demo company: exports of Salesforce, Outreach and a finance department have landed."""
    folder.mkdir(parents=True, exist_ok=True)
    config = (PROJECT_DIR / "kpimart.yml").read_text(encoding="utf-8")
    (folder / "kpimart.yml").write_text(config.replace("demo/", ""), encoding="utf-8")
    make_sample(folder / "landing", scale=scale, days=days)
    return load_settings(folder / "kpimart.yml")


def build_night(settings: Settings, *, read_landing: bool = True) -> list[CheckResult]:
    """The build of a night, checked at the door, by dbt's tests and by the audit; not published."""
    if read_landing:
        extract(settings)
    ensure_manifest(settings)
    begin_build(
        settings,
        definitions=definitions_digest(settings, code=code_version()),
        afresh=not read_landing,
    )
    nodes = build(settings, on_node=lambda node: None)
    return [
        *validate(settings.build_path, door.suites(settings.systems)),
        *failed_tests(settings, nodes),
        *validate(settings.build_path, audit.suites()),
    ]


def play_night(settings: Settings, *, read_landing: bool = True) -> Publication:
    """One night, published."""
    results = build_night(settings, read_landing=read_landing)
    with duckdb.connect(str(settings.build_path), read_only=True) as connection:
        as_of = connection.execute("select as_of from run.context").fetchall()[0][0]
    code = code_version()
    publication = publish(
        settings,
        build=settings.build_path,
        as_of=as_of,
        code_version=code,
        spec_version=spec_version(),
        inputs_digest=inputs_digest(settings, code=code),
        check_results=results,
    )
    keep_build(settings)
    return publication


def build_models(
    settings: Settings, *, afresh: bool, select: Sequence[str] = (), exclude: Sequence[str] = ()
) -> None:
    """The models fit the lake, all or those of a dbt selection; nothing is checked or published."""
    ensure_manifest(settings)
    begin_build(settings, definitions=definitions_digest(settings, code=""), afresh=afresh)
    chosen = ["--select", *select] if select else []
    left_out = ["--exclude", *exclude] if exclude else []
    options = ("--resource-type", "model", *chosen, *left_out, *LIGHT)
    build(settings, on_node=lambda node: None, options=options)


def ask(settings: Settings, sql: str, *parameters: object) -> list[tuple[object, ...]]:
    """What a reader of the published mart gets."""
    with duckdb.connect(str(settings.mart_path), read_only=True) as connection:
        return connection.execute(sql, list(parameters)).fetchall()


def _once(
    tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Settings]
) -> Settings:
    """The company's night has run, once for all test processes of this session."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    folder = shared / name
    with FileLock(shared / f"{name}.lock"):
        if (folder / "done").is_file():
            return load_settings(folder / "kpimart.yml")
        settings = make(folder)
        report = run_night(settings)
        assert report.outcome == "published", report.message
        (folder / "done").touch()
    return settings


@pytest.fixture(scope="session")
def real_night(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The real CRM export, published."""
    if REAL_DATA not in os.environ:
        pytest.skip(f"{REAL_DATA} does not name the folder that holds the real CRM export")
    return _once(tmp_path_factory, "real", real_company)


@pytest.fixture(scope="session")
def mapped_night(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The mapped company, published."""
    return _once(tmp_path_factory, "mapped", mapped_company)


@pytest.fixture(scope="session")
def demo_night(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The demo company, published."""
    return _once(tmp_path_factory, "demo", demo_company)
