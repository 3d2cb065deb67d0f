"""How the scorecard looks: header, one table, footnotes. What is on it is in scorecard.py."""

from dataclasses import dataclass
from itertools import accumulate
from textwrap import wrap
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from pipelines.commands import console, figures
from pipelines.commands.quality import meaning
from pipelines.commands.scorecard import TREND_PERIODS, Cell, Note, Scorecard, collect
from pipelines.settings import Settings

GAP_WIDTH = 2


@dataclass(frozen=True, kw_only=True)
class Page:
    """A scorecard with what its rendering needs: names, and the numbers of its footnotes."""

    card: Scorecard
    zone: ZoneInfo
    first_month: int
    marks: dict[str, int]

    def figure(self, value: float | None, unit: str) -> str:
        """A value in the company's currency and the catalogue's unit."""
        return figures.figure(value, unit, currency=self.card.currency)

    def as_of(self) -> str:
        """How far the data reach."""
        return figures.as_of(self.card.as_of, self.zone)


def run(settings: Settings, *, grain: str, scope: str, period: str | None, as_json: bool) -> None:
    """Prints the scorecard."""
    card = collect(settings, grain=grain, scope=scope, period=period)
    if as_json:
        console.print_json(card)
    else:
        render(card, settings, to=console.out())


def render(card: Scorecard, settings: Settings, *, to: Console) -> None:
    """The scorecard is on the console."""
    codes = [code for cell in card.cells for code in cell.quality]
    codes += [note.code for note in card.notes]
    page = Page(
        card=card,
        zone=ZoneInfo(settings.company.timezone),
        first_month=settings.company.fiscal_year_start_month,
        marks={code: number for number, code in enumerate(dict.fromkeys(codes), start=1)},
    )
    _header(page, to=to)
    if card.scope == "company":
        _company_table(page, to=to)
    else:
        _members_table(page, to=to)
    _footnotes(page, to=to)
    to.print()


def _header(page: Page, *, to: Console) -> None:
    card = page.card
    period = figures.period(card.period_start, card.grain, first_month=page.first_month)
    by = "" if card.scope == "company" else f" · by {card.scope}"
    state = "" if card.is_complete else " · [warn]not complete[/]"
    to.print()
    console.line(to, f"[title]{escape(card.company)} · {period}[/]{by}{state}")
    console.line(to, f"data as of {page.as_of()} · version {card.version}", style="quiet")
    to.print()


def _company_table(page: Page, *, to: Console) -> None:
    has_targets = any(cell.target is not None for cell in page.card.cells)
    targets = ("of target",) if has_targets else ()
    right = ("", "vs prior", "vs a year ago", *targets)
    made = console.table(
        "KPI", "", " ", "vs prior", "vs a year ago", *targets, "trend", right=right
    )
    for cell in page.card.cells:
        target = ""
        if cell.target is not None:
            target = figures.figure(cell.attainment, "fraction", currency="")
            target += f" of {page.figure(cell.target, cell.unit)}"
        made.add_row(
            _label(cell, page),
            Text(page.figure(cell.value, cell.unit), style="value"),
            Text(_marks(cell, page), style="warn"),
            _change(cell, cell.prior_value),
            _change(cell, cell.year_ago_value),
            *([target] if has_targets else []),
            Text(_trend(cell), style="quiet"),
        )
    console.show(to, made)


def _label(cell: Cell, page: Page) -> Text:
    label = Text(cell.label)
    if cell.period_start != page.card.period_start:
        label.append(f"\nas of {page.as_of().removeprefix('end of ')}", style="quiet")
    return label


def _change(cell: Cell, base: float | None) -> Text:
    style = figures.change_style(cell.value, base, cell.direction)
    return Text(figures.change(cell.value, base, cell.unit), style=style)


def _trend(cell: Cell) -> str:
    """The sparkline, unless there is nothing to compare with."""
    known = sum(value is not None for value in cell.trend)
    return figures.sparkline(cell.trend).rjust(TREND_PERIODS) if known > 1 else ""


def _marks(cell: Cell, page: Page) -> str:
    noted = [note.code for note in page.card.notes if note.kpi == cell.kpi]
    numbers = {page.marks[code] for code in (*cell.quality, *noted)}
    return "".join(figures.mark(number) for number in sorted(numbers))


def _members_table(page: Page, *, to: Console) -> None:
    """As many KPIs as fit, in the scorecard's order."""
    card = page.card
    cells = {(cell.kpi, cell.member): cell for cell in card.cells}
    labels = {cell.kpi: cell.label for cell in card.cells}
    columns = {
        kpi: [_member_figure(cells.get((kpi, member)), page) for member in card.members]
        for kpi in labels
    }
    widths = {
        kpi: max([*map(len, labels[kpi].split()), *(text.cell_len for text in column)])
        for kpi, column in columns.items()
    }
    room = to.width - 1 - max(map(cell_len, (card.scope, *card.members)))
    taken = accumulate(width + GAP_WIDTH for width in widths.values())
    shown = [kpi for kpi, width in zip(widths, taken, strict=True) if width <= room]
    headers = ["\n".join(wrap(labels[kpi], widths[kpi])) for kpi in shown]
    made = console.table(card.scope, *headers, right=headers)
    for row, member in enumerate(card.members):
        made.add_row(Text(member), *(columns[kpi][row] for kpi in shown))
    console.show(to, made)
    console.line(to, "▲▼ against the period before; sales cycle in days", style="quiet")
    left = ", ".join(labels[kpi] for kpi in labels if kpi not in shown)
    if left:
        console.line(to, f"no room for {left}: widen the window, or use --json", style="quiet")


def _member_figure(cell: Cell | None, page: Page) -> Text:
    """The value, how it moved, and its marks."""
    if cell is None or cell.value is None:
        return Text(figures.NOTHING, style="quiet")
    text = Text(page.figure(cell.value, cell.unit).removesuffix(" days").removesuffix(" day"))
    if cell.prior_value is not None and cell.value != cell.prior_value:
        arrow = "▲" if cell.value > cell.prior_value else "▼"
        style = figures.change_style(cell.value, cell.prior_value, cell.direction)
        text.append(f" {arrow}", style=style)
    else:
        text.append("  ")
    marks = _marks(cell, page)
    return text.append(marks, style="warn") if marks else text


def _footnotes(page: Page, *, to: Console) -> None:
    """What the marks mean, what is missing, and what the night's checks found."""
    card = page.card
    for code, number in page.marks.items():
        told = "; ".join(_behind(note, page) for note in card.notes if note.code == code)
        detail = f" ({told})" if told else ""
        console.line(
            to, f"[warn]{figures.mark(number)}[/] {escape(meaning(code))}{detail}", style="quiet"
        )
    for label, reason in card.unavailable.items():
        console.line(to, f"{escape(label)} is not available: {escape(reason)}", style="quiet")
    for warned in card.warnings:
        concerned = ", ".join(warned.kpis)
        rows = figures.plural(warned.rows, "row")
        console.line(
            to,
            f"[warn]![/] {escape(warned.reason)} [quiet]({warned.check}, {rows} of {warned.table}; "
            f"concerns {concerned})[/]",
        )
    console.line(to, "Why a number is what it is: [command]kpimart explain KPI[/]", style="quiet")


def _behind(note: Note, page: Page) -> str:
    rows = figures.plural(note.row_count, "deal")
    if note.amount is None:
        return rows
    return f"{rows}, {figures.money(note.amount, page.card.currency)}"
