"""Stands in for dbt's `adapter` for sqlfluff: a dispatched macro reads as a call of its name."""

from collections.abc import Callable


def dispatch(macro: str, namespace: str | None = None) -> Callable[..., str]:
    """What the macro of this name yields to the linter: one call, whatever the engine would say."""

    def call(*arguments: object, **named: object) -> str:
        return f"{macro}({', '.join(str(part) for part in (*arguments, *named.values()))})"

    return call
