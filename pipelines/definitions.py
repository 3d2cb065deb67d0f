"""All that Dagster serves for one company; importing this module reads nothing.

Settings and dbt's manifest are read when the definitions are called for.
"""

import dagster as dg

from pipelines.defs.extraction import extraction, landing_specs
from pipelines.defs.night import Night
from pipelines.defs.publication import publication
from pipelines.defs.quality import audit, door
from pipelines.defs.transformation import transformation
from pipelines.night import JOB_NAME
from pipelines.settings import Settings, load_settings
from pipelines.transform import ensure_manifest

PUBLISHED_SCHEMAS = {"marts", "kpis", "quality"}


def company_definitions(settings: Settings) -> dg.Definitions:
    """Assets, checks, job and schedule of one company."""
    models = transformation(ensure_manifest(settings))
    published = [key for key in models.keys if key.path[0] in PUBLISHED_SCHEMAS]
    job = dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.all() - dg.AssetSelection.groups("landing"),
        executor_def=dg.in_process_executor,
        description="Extract, check, transform, audit and publish: the nightly run.",
    )
    return dg.Definitions(
        assets=[
            *landing_specs(settings),
            extraction(settings),
            models,
            publication(sorted(published)),
        ],
        asset_checks=[door(settings.systems), audit()],
        jobs=[job],
        schedules=[
            dg.ScheduleDefinition(
                job=job,
                cron_schedule=settings.schedule,
                execution_timezone=settings.company.timezone,
            )
        ],
        resources={"night": Night(config=str(settings.config_path))},
        executor=dg.in_process_executor,
    )


@dg.definitions
def definitions() -> dg.Definitions:
    """The company that --config's default or KPIMART_CONFIG names."""
    return company_definitions(load_settings())
