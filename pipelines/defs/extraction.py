"""landing → lake → the relations that dbt reads, as assets; the work is in extract/."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import dagster as dg
import duckdb

from data_quality.validation import warm_up
from pipelines import journal
from pipelines.base import begin_build, is_changed_in_place
from pipelines.defs.night import Night
from pipelines.errors import KpimartError
from pipelines.extract.run import extract
from pipelines.extract.systems import shapes_of
from pipelines.night import definitions_digest, inputs_digest
from pipelines.settings import Settings
from pipelines.transform import code_version

RUN_TABLES = (
    "context",
    "calendar_days",
    "stage_map",
    "value_map",
    "sources",
    "applied_batches",
    "definitions",
    "identity_overrides",
    "identity_sets",
    "free_mail_domains",
    "exclusions",
    "touch_precedence",
    "row_accounting",
    "object_rows",
    "held_batches",
    "quarantined_rows",
    "schema_drift",
)


def landing_specs(settings: Settings) -> list[dg.AssetSpec]:
    """One external asset per source: the files that its tool leaves in landing."""
    return [
        dg.AssetSpec(
            ["landing", source.name],
            group_name="landing",
            kinds={"file"},
            description=f"Exports of {source.name}, as the tool wrote them.",
        )
        for source in settings.sources
    ]


def lake_specs(settings: Settings) -> list[dg.AssetSpec]:
    """The lake's relations and what the run knows beside them; all from one extraction."""
    landing = [dg.AssetKey(["landing", source.name]) for source in settings.sources]
    lake = [
        dg.AssetSpec(
            ["lake", f"{system}__{name}"],
            group_name="lake",
            kinds={"parquet", "duckdb"},
            skippable=True,
            deps=landing,
            description=shape.description,
        )
        for system in settings.systems
        for name, shape in shapes_of(system).items()
    ]
    run = [
        dg.AssetSpec(
            ["run", name], group_name="lake", kinds={"duckdb"}, skippable=True, deps=landing
        )
        for name in RUN_TABLES
    ]
    return [*lake, *run]


def extraction(settings: Settings) -> dg.AssetsDefinition:
    """The step that takes up what landed; when nothing is new it yields nothing: all else skips."""

    @dg.multi_asset(specs=lake_specs(settings), name="extraction")
    def extraction(night: Night) -> Iterator[dg.MaterializeResult[Any]]:
        try:
            has_news = _take_up(night)
            if has_news:
                yield from _registered(night)
        except KpimartError as error:
            night.record.add_error(error)
            raise dg.Failure(str(error)) from error

    return extraction


def _take_up(night: Night) -> bool:
    """True when the mart would change: new batches, another config, other code, or on demand."""
    settings = night.settings
    on_demand = night.full_refresh or bool(night.as_of)
    if not on_demand:
        with night.step("extract") as step:
            night.record.extraction = taken = extract(settings, again=night.read_again)
            applied = sum(file.is_news and file.state == "applied" for file in taken.files)
            step.detail = f"{len(taken.files)} files, {applied} of them new"
        published = journal.read(settings.lake_dir, "publishes")
        wanted = inputs_digest(settings, code=code_version())
        if published and published[-1]["inputs_digest"] == wanted and settings.mart_path.is_file():
            night.record.outcome = "nothing_new"
            night.record.message = "nothing new landed; the published mart is up to date"
            return False
    warm_up()
    return True


def _registered(night: Night) -> Iterator[dg.MaterializeResult[Any]]:
    settings = night.settings
    with night.step("register") as step:
        begin_build(
            settings,
            definitions=definitions_digest(settings, code=code_version()),
            afresh=night.full_refresh,
            as_of_limit=_limit(night),
        )
        with duckdb.connect(str(settings.build_path), read_only=True) as connection:
            as_of = connection.execute("select as_of from run.context").fetchall()[0][0]
            counts = _row_counts(connection)
        night.record.as_of = as_of.replace(tzinfo=UTC)
        begun = "on top of the last build" if is_changed_in_place(settings) else "all anew"
        step.detail = f"as of {as_of:%Y-%m-%d %H:%M} UTC, {begun}"
    taken = night.record.extraction
    applied = [file for file in taken.files if file.is_news] if taken else []
    for (schema, name), rows in counts.items():
        files = sum(schema == "lake" and name.endswith(f"__{file.object}") for file in applied)
        yield dg.MaterializeResult(
            asset_key=[schema, name],
            metadata={
                "dagster/row_count": rows,
                "new files": files,
                "as_of": as_of.isoformat(),
                "seconds of the whole step": sum(night.record.seconds.values()),
            },
        )


def _limit(night: Night) -> datetime | None:
    """The moment (naive UTC) of the end of the `--as-of` day in the company's zone."""
    day = night.as_of_day
    if day is None:
        return None
    zone = night.settings.company_zone
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    return end.astimezone(UTC).replace(tzinfo=None)


def _row_counts(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], int]:
    names = connection.execute(
        "select table_schema, table_name from information_schema.tables "
        "where table_schema = 'lake' or (table_schema = 'run' and list_contains(?, table_name))",
        [list(RUN_TABLES)],
    ).fetchall()
    counts = " union all ".join(
        f"select '{schema}', '{name}', count(*) from {schema}.{name}" for schema, name in names
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(counts).fetchall()}
