"""Stands in for dbt's `adapter` for sqlfluff: a dispatched macro reads as a call of its name."""

from collections.abc import Callable

# what yields a relation's rows in another form reads as a subquery of that relation
OF_RELATIONS = {"json_entries", "list_entries"}


def dispatch(macro: str, namespace: str | None = None) -> Callable[..., str]:
    """What the macro of this name yields to the linter: one call, whatever the engine would say."""

    def call(*arguments: object, **named: object) -> str:
        if macro in OF_RELATIONS:
            return f"(select * from {arguments[0]})"
        return f"{macro}({', '.join(str(part) for part in (*arguments, *named.values()))})"

    return call
