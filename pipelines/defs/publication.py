"""The published mart as an asset; the work is in publish/."""

from typing import Any

import dagster as dg

from pipelines.base import keep_build
from pipelines.defs.night import Night
from pipelines.errors import KpimartError
from pipelines.night import inputs_digest
from pipelines.publish.as_of import export
from pipelines.publish.publish import publish
from pipelines.transform import code_version, spec_version

PUBLISHED = dg.AssetKey(["published", "kpi_mart"])


def publication(published_models: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The step that publishes what passed its checks; it waits for every published model."""

    @dg.asset(
        key=PUBLISHED,
        deps=published_models,
        group_name="published",
        kinds={"duckdb"},
        description="The file that analysts, BI tools and scorecards open.",
    )
    def kpi_mart(night: Night) -> dg.MaterializeResult[Any]:
        try:
            with night.step("publish") as step:
                metadata = _published(night)
                step.detail = ", ".join(f"{value} {name}" for name, value in metadata.items())
        except KpimartError as error:
            night.record.add_error(error)
            raise dg.Failure(str(error)) from error
        return dg.MaterializeResult(metadata=metadata)

    return kpi_mart


def _published(night: Night) -> dict[str, str | int | float]:
    settings, record = night.settings, night.record
    if record.as_of is None:
        raise KpimartError("nothing was registered in this run")
    if night.as_of:
        path = export(settings, build=settings.build_path, name=night.as_of)
        record.outcome, record.message = "published", f"as of {night.as_of}: {path}"
        return {"bytes": path.stat().st_size}
    code = code_version()
    record.publication = done = publish(
        settings,
        build=settings.build_path,
        as_of=record.as_of,
        code_version=code,
        spec_version=spec_version(),
        inputs_digest=inputs_digest(settings, code=code),
        check_results=record.checks,
    )
    keep_build(settings)
    record.outcome, record.message = "published", f"version {done.version}"
    return {"version": done.version, "tables": done.tables, "rows": done.rows, "bytes": done.bytes}
