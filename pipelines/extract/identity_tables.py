"""The run's tables about identity: overrides, exclusions, free mail domains, precedence of touches.

What the config and the project's files say; whom the rules match is decided in SQL.
"""

from functools import cache
from pathlib import Path

import duckdb

from pipelines.extract import overrides
from pipelines.extract.run_tables import create_table
from pipelines.settings import Settings

FREE_MAIL_DOMAINS = Path(__file__).with_name("free_mail_domains.txt")
_ROLES = ("outbound", "crm")


def write(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    """Tables `run.*` hold what the config says about identity.

    Raises:
        ConfigError: the override file cannot be used.
    """
    _overrides(settings, connection)
    _exclusions(settings, connection)
    domains = sorted({*free_mail_domains(), *map(str.lower, settings.company.free_mail_domains)})
    create_table(
        connection, "free_mail_domains", {"domain": "varchar"}, [(name,) for name in domains]
    )
    roles = {source.name: source.role for source in settings.sources}
    places = [
        (name, roles[name], at) for at, name in enumerate(touch_precedence(settings), start=1)
    ]
    columns = {"source": "varchar", "role": "varchar", "place": "integer"}
    create_table(connection, "touch_precedence", columns, places)


@cache
def free_mail_domains() -> tuple[str, ...]:
    """The domains of the project's list."""
    lines = FREE_MAIL_DOMAINS.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if not line.startswith("#"))


def touch_precedence(settings: Settings) -> list[str]:
    """Every source, the one first whose record of a touch counts where several have one."""
    named = list(settings.touches.precedence)
    rest = [
        source.name
        for role in _ROLES
        for source in settings.sources
        if source.role == role and source.name not in named
    ]
    return [*named, *rest]


def _overrides(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    found = overrides.read(settings)
    create_table(
        connection,
        "identity_overrides",
        dict.fromkeys(("kind", "left_key", "right_key", "decision"), "varchar"),
        [(one.kind, one.left, one.right, one.decision) for one in found],
    )
    sets = overrides.members(found, path=settings.config_path)
    create_table(
        connection,
        "identity_sets",
        {**dict.fromkeys(("kind", "record_key", "set_key"), "varchar"), "is_apart": "boolean"},
        [(one.kind, one.record_key, one.set_key, one.is_apart) for one in sets],
    )


def _exclusions(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    names = ("object", "column_name", "pattern", "reason")
    create_table(
        connection,
        "exclusions",
        {"rule_order": "integer", **dict.fromkeys(names, "varchar")},
        [
            (order, rule.object, rule.column, rule.like.lower(), rule.reason)
            for order, rule in enumerate(settings.exclude, start=1)
        ],
    )
