"""Door and audit as blocking asset checks; what they check is in data_quality/suites."""

from collections.abc import Iterator, Sequence

import dagster as dg

from data_quality.checks import Suite
from data_quality.suites import audit as audit_suites
from data_quality.suites import door as door_suites
from data_quality.validation import validate
from pipelines.defs.night import Night
from pipelines.errors import KpimartError
from pipelines.report import CheckResult


def door(systems: Sequence[str]) -> dg.AssetChecksDefinition:
    """What arrived is fit to be modelled: the lake's relations, before dbt."""
    return _check_op("door", door_suites.suites(systems))


def audit() -> dg.AssetChecksDefinition:
    """What was built is fit to be published: marts, KPIs and the accounting."""
    return _check_op("audit", audit_suites.suites())


def _check_op(layer: str, suites: Sequence[Suite]) -> dg.AssetChecksDefinition:
    specs = [
        dg.AssetCheckSpec(
            layer,
            asset=suite.table.split("."),
            blocking=True,
            description=" ".join(f"{check.name}: {check.reason}." for check in suite.checks),
        )
        for suite in suites
    ]

    @dg.multi_asset_check(name=layer, specs=specs)
    def check_op(night: Night) -> Iterator[dg.AssetCheckResult]:
        try:
            with night.step(layer) as step:
                results = validate(night.settings.build_path, suites)
                failed = sum(not result.passed for result in results)
                step.detail = f"{len(results)} checks, {failed} failed"
        except KpimartError as error:
            night.record.add_error(error)
            raise dg.Failure(str(error)) from error
        night.record.add_checks(results)
        for suite in suites:
            yield _asset_check_result(
                layer, suite, [result for result in results if result.table == suite.table]
            )

    return check_op


def _asset_check_result(
    layer: str, suite: Suite, results: Sequence[CheckResult]
) -> dg.AssetCheckResult:
    failed = [result for result in results if not result.passed]
    blocks = any(result.blocks for result in failed)
    return dg.AssetCheckResult(
        asset_key=suite.table.split("."),
        check_name=layer,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
        metadata={
            result.check: f"{result.severity}: {result.rows} rows; {result.reason}"
            for result in failed
        },
    )
