"""staging → intermediate → marts → kpis → quality: an asset per dbt model; the work is dbt's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from pipelines import progress
from pipelines.defs.night import Night
from pipelines.errors import KpimartError
from pipelines.transform import Node, build, failed_tests, row_counts


def transformation(manifest: Path) -> dg.AssetsDefinition:
    """The step that builds every model and runs every data test; a failed test blocks the night."""

    @dbt_assets(manifest=manifest, name="transformation")
    def transformation(context: dg.AssetExecutionContext, night: Night) -> Iterator[Any]:
        try:
            nodes = _built(night)
            results = failed_tests(night.settings, nodes)
        except KpimartError as error:
            night.record.add_error(error)
            raise dg.Failure(str(error)) from error
        night.record.add_checks(results)
        yield from _materialized(nodes, row_counts(night.settings))
        yield from _checked(context, nodes)
        blocking = [result for result in results if result.blocks]
        if blocking:
            raise dg.Failure(f"{len(blocking)} data tests failed: {blocking[0].check}")

    return transformation


def _built(night: Night) -> list[Node]:
    with night.step("transform") as step:
        done: list[Node] = []

        def on_node(node: Node) -> None:
            done.append(node)
            if node.kind == "model":
                progress.finished(f"{node.schema}.{node.name}", seconds=node.seconds)

        nodes = build(night.settings, on_node=on_node)
        tests = sum(node.kind == "test" for node in nodes)
        step.detail = f"{len(nodes) - tests} models, {tests} tests"
    return nodes


def _materialized(nodes: list[Node], rows: dict[str, int]) -> Iterator[dg.MaterializeResult[Any]]:
    for node in nodes:
        if node.kind == "model" and node.status == "success":
            yield dg.MaterializeResult(
                asset_key=[node.schema, node.name],
                metadata={
                    "dagster/row_count": rows[f"{node.schema}.{node.name}"],
                    "seconds": node.seconds,
                },
            )


def _checked(context: dg.AssetExecutionContext, nodes: list[Node]) -> Iterator[dg.AssetCheckResult]:
    status = {node.name: node for node in nodes if node.kind == "test"}
    for key in context.selected_asset_check_keys:
        node = status.get(key.name)
        if node is not None and node.status in {"pass", "fail", "warn"}:
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=node.status == "pass",
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"rows": node.failures, "seconds": node.seconds},
            )
