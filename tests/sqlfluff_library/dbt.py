"""Stands in for dbt's cross-engine macros for sqlfluff: each reads as a call of its name."""


def concat(fields: list[str]) -> str:
    """Text of several columns in a row."""
    return f"concat({', '.join(fields)})"


def datediff(first: str, second: str, datepart: str) -> str:
    """How many of a part of a date lie between two dates."""
    return f"datediff({first}, {second}, '{datepart}')"


def dateadd(datepart: str, interval: str | int, start: str) -> str:
    """The date some parts of a date later."""
    return f"dateadd({start}, {interval}, '{datepart}')"


def hash(field: str) -> str:  # noqa: A001 - dbt's name for it
    """A digest of a text."""
    return f"md5({field})"
