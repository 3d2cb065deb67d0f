"""A small company that is stopped and run again: its exports, copies of it, and all that it holds.

What a kill leaves is the folder as it is at that moment: `copied` takes it, and no handler, no
`finally` of the stopped process has changed it. `whole` says what two companies are compared by.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import duckdb

from pipelines import journal
from pipelines.extract import ledger
from pipelines.publish.versions import linked_version
from pipelines.settings import Settings, load_settings
from pipelines.sql import quoted

CONFIG = """
company: {name: Tiny, currency: EUR, timezone: UTC}
retention: {versions: 1}
sources:
  - name: crm
    system: mapped
    objects:
      opportunities:
        files: "deals*.csv"
        as_of: "deals_%Y-%m-%d*"
        columns:
          {opportunity_id: id, stage: stage, amount: amount, created_on: created, owner_name: owner}
        stages: {Open: open, Won: won, Lost: lost}
      users:
        as_of: 2024-01-25
        columns: {user_id: user, user_name: name}
"""
# what differs between two companies that did the same; a version's file holds its moment
MOMENTS = ("recorded_at", "held_at", "seconds", "published_at", "decided_at")
OF_THE_FILE = ("file_sha256", "bytes", "journal_file")


def first_exports(folder: Path) -> Settings:
    """A snapshot, the next one, and one in which most deals are missing, so that it is held."""
    config = folder / "kpimart.yml"
    config.parent.mkdir(parents=True)
    config.write_text(CONFIG, encoding="utf-8")
    settings = load_settings(config)
    _land(settings, "users.csv", "user,name,team", "u1,Ada,East", "u2,Bob,West")
    land_deals(settings, 10, A=10, B=20, C=30, D=40)
    land_deals(settings, 20, A=11, B=20, C=30, D=40, E=50)
    land_deals(settings, 25, A=11)
    return settings


def later_exports(settings: Settings) -> Settings:
    """A late file, a snapshot sent again with other rows, a new one, and users read anew."""
    land_deals(settings, 15, A=12, B=20, C=33, D=40)
    land_deals(settings, 20, A=11, B=21, C=30, D=40, E=55)
    land_deals(settings, 30, A=11, B=22, C=30, D=40, E=55, F=60)
    text = CONFIG.replace("user_name: name}", "user_name: name, team: team}")
    settings.config_path.write_text(text, encoding="utf-8")
    return load_settings(settings.config_path)


def land_deals(settings: Settings, day: int, **amounts: int) -> None:
    """The snapshot of January `day`: one deal per keyword, won, with its amount."""
    rows = [f"{key},Won,{amount},2023-12-01,Ada" for key, amount in amounts.items()]
    _land(settings, f"deals_2024-01-{day:02d}.csv", "id,stage,amount,created,owner", *rows)


def _land(settings: Settings, name: str, *lines: str) -> None:
    path = settings.landing_dir / "crm" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def copied(settings: Settings, to: Path, *, with_manifest: bool = False) -> Settings:
    """The company as it is now, in another folder; whole files are hard links, as they stay.

    `with_manifest`: its nights need not parse the dbt project, which takes half of their time.
    """
    source = settings.config_path.parent
    left = {"run", "dagster"} if with_manifest else {"run", "dagster", "dbt"}
    shutil.copytree(
        source,
        to,
        symlinks=True,
        ignore=lambda folder, _: left if Path(folder).name == "var" else set(),
        copy_function=_link_or_copy,
    )
    return load_settings(to / "kpimart.yml")


def _link_or_copy(source: str, target: str) -> str:
    path = Path(source)
    if path.suffix not in (".duckdb", ".parquet"):  # config, exports, temporary files may change
        return shutil.copy2(source, target)
    os.link(source, target)
    return target


def fingerprint(settings: Settings) -> str:
    """Equal for two copies of a company in which a process would find the same files and links."""
    folder = settings.config_path.parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or path.is_file():
            held = bytes(path.readlink()) if path.is_symlink() else path.read_bytes()
            digest.update(f"{path.relative_to(folder)} {len(held)} ".encode() + held)
    return digest.hexdigest()


def assert_readers_are_served(settings: Settings) -> None:
    """True at any moment: the link, if there is one, names a whole version; the ledger reads."""
    assert ledger.read(settings.lake_dir).next_number >= 1
    version = linked_version(settings)
    assert settings.mart_path.exists() == (version is not None)
    if version is not None:
        with duckdb.connect(str(settings.mart_path), read_only=True) as connection:
            newest = connection.execute("select max(version) from quality.publishes").fetchall()
            assert newest == [(version,)]
            assert connection.execute("select count(*) from kpis.kpi_values").fetchall() > [(0,)]


def whole(settings: Settings) -> dict[str, Any]:
    """All that a company holds, moments apart: lake, journal, every version, link, names."""
    lake, marts = settings.lake_dir, settings.mart_path.parent
    with duckdb.connect() as connection:
        return {
            "ledger": [
                {name: value for name, value in asdict(entry).items() if name not in MOMENTS}
                for entry in ledger.read(lake).entries
            ],
            "journal": {
                kind: _rows(connection, f"({journal.select(lake, kind)})")
                for kind in get_args(journal.Kind)
            },
            "batches": {
                str(path.relative_to(lake)): _rows(connection, f"read_parquet('{path}')")
                for path in sorted(lake.glob("[!_]*/*/*/data.parquet"))
            },
            "marts": {
                str(path.relative_to(marts)): dict(_tables(connection, path))
                for path in sorted(marts.glob("*/*.duckdb"))
            },
            "link": linked_version(settings),
            "files": _files(settings),
        }


def _files(settings: Settings) -> list[str]:
    """What lies in lake, mart and reports; a temporary file would be among it."""
    folders = (settings.lake_dir, settings.mart_path.parent, settings.reports_dir)
    return sorted(
        str(path.relative_to(settings.config_path.parent))
        for folder in folders
        for path in folder.rglob("*")
        if not path.is_dir()
    )


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[Any, ...]]:
    """The rows in any order, without what tells moment or file."""
    kept = f"columns(lambda name: name not in {MOMENTS + OF_THE_FILE})"
    return sorted(connection.execute(f"select {kept} from {relation}").fetchall(), key=str)


def _tables(
    connection: duckdb.DuckDBPyConnection, path: Path
) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Every table of a version with its rows; a view with its text."""
    connection.execute(f"attach '{path}' as version (read_only)")
    for schema, name in connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'version' "
        "order by all"
    ).fetchall():
        yield f"{schema}.{name}", _rows(connection, f"version.{quoted(schema)}.{quoted(name)}")
    views = connection.execute(
        "select schema_name, view_name, sql from duckdb_views() "
        "where database_name = 'version' and not internal order by all"
    )
    yield "views", views.fetchall()
    connection.execute("detach version")
