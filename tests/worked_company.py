"""Companies of a few rows, written in a test's text: files land, a night builds and checks them.

Tests ask the build; nothing is published.
"""

from collections.abc import Mapping
from pathlib import Path

import duckdb
import yaml

from pipelines.settings import Settings, load_settings
from tests.nights import build_night


def landed(folder: Path, files: Mapping[str, str], config: object) -> Settings:
    """A company whose files, named <source>/<file>, have landed."""
    for name, text in files.items():
        path = folder / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    path = folder / "kpimart.yml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return load_settings(path)


def built(settings: Settings) -> Settings:
    """The company, built, with no check that blocks."""
    blocking = [one for one in build_night(settings) if one.blocks]
    assert not blocking, blocking
    return settings


def ask(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    """What the build answers."""
    with duckdb.connect(str(settings.build_path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def value(
    settings: Settings,
    kpi: str,
    start: str,
    *,
    grain: str = "month",
    scope: str = "company",
    member: str = "(all)",
) -> tuple[object, ...]:
    """Value, numerator, denominator and quality of a member in one period."""
    (row,) = ask(
        settings,
        "select value, numerator, denominator, quality from kpis.kpi_values where kpi = "
        f"'{kpi}' and grain = '{grain}' and period_start = '{start}' and scope = '{scope}' "
        f"and member = '{member}'",
    )
    return row
