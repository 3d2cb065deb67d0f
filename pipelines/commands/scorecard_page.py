"""How the scorecard looks: header, one table, footnotes. What is on it is in scorecard.py."""

from dataclasses import dataclass
from itertools import accumulate
from textwrap import wrap
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from pipelines.commands import console, figures
from pipelines.commands.quality import meaning
from pipelines.commands.scorecard import (
    HEADLINE_KPIS,
    TREND_PERIODS,
    Cell,
    Note,
    Scorecard,
    Warned,
    collect,
)
from pipelines.settings import Settings

GAP_WIDTH = 2
MOST_NAMED = 3
UNLIMITED = 1000


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
    codes = [code for cell in card.cells for code in _codes(cell, card)]
    codes += [note.code for note in card.notes]
    page = Page(
        card=card,
        zone=ZoneInfo(settings.company.timezone),
        first_month=settings.company.start_month_on(card.period_start),
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
    """With targets and both comparisons as far as the width allows; numbers are never cut."""
    has_targets = any(cell.target is not None for cell in page.card.cells)
    variants = [(True, True), (False, True)] if has_targets else [(None, True)]
    room, unlimited = to.width - 1, to.options.update(width=UNLIMITED)
    made = _company_columns(page, with_target=None, with_year=False)
    for with_target, with_year in variants:
        fuller = _company_columns(page, with_target=with_target, with_year=with_year)
        if Measurement.get(to, unlimited, fuller).maximum <= room:
            made = fuller
            break
    console.show(to, made)


def _company_columns(page: Page, *, with_target: bool | None, with_year: bool) -> Table:
    """A row per KPI; `with_target` is True with the target's amount, None without targets."""
    targets = () if with_target is None else ("of target",)
    years = ("a year ago",) if with_year else ()
    numbers = ("vs prior", *years, *targets)
    made = console.table("KPI", "", *numbers, "trend", right=("", *numbers))
    room = max((len(_marks(cell, page)) for cell in page.card.cells), default=0)
    for cell in page.card.cells:
        value = Text(page.figure(cell.value, cell.unit), style="value")
        value.append(f" {_marks(cell, page):<{room}}" if room else "", style="warn")
        columns: list[Text] = [_label(cell, page), value, _change(cell, cell.prior_value)]
        if with_year:
            columns.append(_change(cell, cell.year_ago_value))
        if with_target is not None:
            columns.append(_of_target(cell, page, with_amount=with_target))
        made.add_row(*columns, Text(_trend(cell), style="quiet"))
    return made


def _of_target(cell: Cell, page: Page, *, with_amount: bool) -> Text:
    if cell.target is None:
        return Text()
    share = page.figure(cell.attainment, "fraction")
    return Text(f"{share} of {page.figure(cell.target, cell.unit)}" if with_amount else share)


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


def _codes(cell: Cell, card: Scorecard) -> list[str]:
    """What is known about the value; that a later period runs is said by its as-of already."""
    is_later = cell.period_start != card.period_start
    return [code for code in cell.quality if not (is_later and code == "running")]


def _marks(cell: Cell, page: Page) -> str:
    noted = [note.code for note in page.card.notes if note.kpi == cell.kpi]
    numbers = {page.marks[code] for code in (*_codes(cell, page.card), *noted)}
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
    days = ", ".join(dict.fromkeys(cell.label for cell in card.cells if cell.unit == "days"))
    in_days = f"; in days: {days}" if days else ""
    console.line(to, f"▲▼ against the period before{in_days}", style="quiet")
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
        told = _behind([note for note in card.notes if note.code == code], page)
        detail = f" ({told})" if told else ""
        sign = f"[warn]{figures.mark(number)}[/]"
        console.item(to, sign, f"{escape(meaning(code))}{detail}", style="quiet")
    for label, reason in card.unavailable.items():
        console.line(to, f"{escape(label)} is not available: {escape(reason)}", style="quiet")
    for warned in card.warnings:
        console.warning(to, f"{escape(warned.reason)} [quiet]({_about(warned)})[/]")
    console.line(to, "Why a number is what it is: [command]kpimart explain KPI[/]", style="quiet")


def _about(warned: Warned) -> str:
    """The check, what it found, and some of the KPIs that it concerns."""
    named = [kpi for kpi in warned.kpis if kpi in HEADLINE_KPIS]
    more = " …" if len(named) > MOST_NAMED else ""
    concerned = ", ".join(named[:MOST_NAMED]) + more
    return f"{warned.check}: {figures.plural(warned.rows, 'row')}; {concerned}"


def _behind(notes: list[Note], page: Page) -> str:
    """Rows and money behind a code, by KPI where it marks several."""
    labels = {cell.kpi: cell.label for cell in page.card.cells}
    told: list[str] = []
    for note in notes:
        text = figures.plural(note.row_count, "deal")
        if note.amount:
            text += f", {figures.money(note.amount, page.card.currency)}"
        told.append(f"{labels[note.kpi]}: {text}" if len(notes) > 1 else text)
    return escape("; ".join(told))
