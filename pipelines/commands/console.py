"""What all commands share when they print: the two consoles, tables, sections, JSON.

Answers go to standard output; progress, warnings and errors to standard error.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from textwrap import shorten
from typing import Any

from rich.box import Box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.theme import Theme

THEME = Theme(
    {
        "better": "green",
        "worse": "red",
        "quiet": "dim",
        "warn": "yellow",
        "fail": "bold red",
        "ok": "green",
        "title": "bold",
        "value": "bold",
        "command": "cyan",
    }
)
RULED = Box("    \n    \n ───\n    \n    \n    \n    \n    \n")
LONGEST = 240


def out() -> Console:
    """Where answers go."""
    return Console(theme=THEME, highlight=False)


def err() -> Console:
    """Where progress, warnings and errors go."""
    return Console(theme=THEME, highlight=False, stderr=True)


def table(*columns: str, right: Collection[str] = (), wrapped: Collection[str] = ()) -> Table:
    """A calm table: a rule below the header, no frame.

    Columns named in `right` hold numbers; only those named in `wrapped` may take several lines.
    """
    made = Table(
        box=RULED, show_edge=False, header_style="quiet", pad_edge=False, padding=(0, 1, 0, 0)
    )
    for name in columns:
        made.add_column(
            name,
            justify="right" if name in right else "left",
            vertical="bottom" if name in right else "top",
            no_wrap=name not in wrapped,
            overflow="fold",
        )
    return made


def show(console: Console, made: Table) -> None:
    """The table, indented, with a blank line below."""
    console.print(Padding(made, (0, 0, 1, 1)))


def section(console: Console, title: str) -> None:
    """A title above what follows."""
    console.print(f"\n [title]{escape(title)}[/]")


def line(console: Console, text: str, *, style: str = "", indent: int = 1) -> None:
    """One paragraph of markup, indented and wrapped."""
    console.print(Padding(text, (0, 0, 0, indent), expand=False), style=style)


def item(console: Console, sign: str, text: str, *, style: str = "") -> None:
    """A sign and a paragraph of markup, which hangs from it where it wraps."""
    made = Table.grid(padding=(0, 1, 0, 0))
    made.add_row(sign, text)
    console.print(Padding(made, (0, 0, 0, 1), expand=False), style=style)


def warning(console: Console, text: str) -> None:
    """Something that did not stop the command, but is to be known."""
    item(console, "[warn]![/]", text)


def done(console: Console, text: str) -> None:
    """Something that went well."""
    item(console, "[ok]✓[/]", text)


def copyable(console: Console, text: str) -> None:
    """Text to be copied: never wrapped, never markup."""
    console.print(text, soft_wrap=True, markup=False, style="command")


def print_json(answer: object) -> None:
    """The answer as JSON on standard output: exact numbers, ISO dates, UTC moments."""
    plain = asdict(answer) if is_dataclass(answer) and not isinstance(answer, type) else answer
    print(json.dumps(plain, indent=2, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat() + ("" if value.tzinfo else "+00:00")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def shortened(text: str) -> str:
    """A long text's beginning, and where the whole is."""
    return shorten(text, LONGEST, placeholder=" … (all of it: kpimart inspect)")


def example(row: Mapping[str, object]) -> str:
    """An offending row as one line of markup."""
    return ", ".join(f"[quiet]{escape(str(name))}[/] {escape(str(row[name]))}" for name in row)
