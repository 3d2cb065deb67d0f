"""What is on the scorecard: the few KPIs a sales leader reads, of the company or a scope's members.

Exact values, for --json too; how they look is in scorecard_page.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pipelines.commands.mart import GRAINS, Mart, Period, choose, choose_period, opened
from pipelines.settings import Settings

# The scorecard and its order; kpis.kpi_scorecard_* have a column for each.
HEADLINE_KPIS = (
    "revenue",
    "revenue_growth",
    "win_rate",
    "deals_won",
    "average_deal_size",
    "sales_cycle_days",
    "pipeline_created",
    "open_pipeline",
    "quota_attainment",
)
TREND_PERIODS = 12


@dataclass(frozen=True, kw_only=True)
class Note:
    """Rows and money behind a quality code of a KPI."""

    kpi: str
    code: str
    row_count: int
    amount: float | None


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One KPI of one member; `trend` is its last twelve periods, None where there is no value."""

    kpi: str
    label: str
    unit: str
    direction: str
    member: str
    period_start: date
    period_end: date
    value: float | None
    prior_value: float | None
    year_ago_value: float | None
    target: float | None
    attainment: float | None
    is_complete: bool
    quality: tuple[str, ...]
    trend: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class Warned:
    """A check of the night that failed without blocking, and the KPIs it concerns."""

    check: str
    table: str
    rows: int
    kpis: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """Everything on the scorecard; `as_of` and `published_at` are naive UTC."""

    company: str
    currency: str
    version: str
    as_of: datetime
    published_at: datetime
    grain: str
    period_start: date
    period_end: date
    is_complete: bool
    scope: str
    members: tuple[str, ...]
    cells: tuple[Cell, ...]
    notes: tuple[Note, ...]
    warnings: tuple[Warned, ...]
    unavailable: dict[str, str]


def collect(
    settings: Settings,
    *,
    grain: str = "month",
    scope: str = "company",
    period: str | None = None,
) -> Scorecard:
    """The scorecard of the published version.

    Raises:
        ConfigError: nothing is published, or the grain, scope or period does not exist.
    """
    choose(grain, GRAINS, what="grain")
    with opened(settings) as mart:
        choose(scope, scopes_of(mart, HEADLINE_KPIS), what="scope")
        chosen = choose_period(mart, settings, grain=grain, given=period, kpis=HEADLINE_KPIS)
        cells = _cells(mart, chosen, scope=scope, is_default=period is None)
        known = {cell.kpi for cell in cells}
        return Scorecard(
            company=settings.company.name,
            currency=settings.company.currency,
            version=mart.version,
            as_of=mart.as_of,
            published_at=mart.published_at,
            grain=grain,
            period_start=chosen.start,
            period_end=chosen.end,
            is_complete=any(c.is_complete for c in cells if c.period_start == chosen.start),
            scope=scope,
            members=_members(cells),
            cells=cells,
            notes=_notes(mart, cells) if scope == "company" else (),
            warnings=warnings_about(mart, HEADLINE_KPIS),
            unavailable=_unavailable(mart, known),
        )


def scopes_of(mart: Mart, kpis: Sequence[str]) -> list[str]:
    """The scopes in which one of these KPIs has a value, the company first."""
    rows = mart.rows(
        "select scope from kpis.kpi_values where list_contains($kpis, kpi) group by scope "
        "order by scope != 'company', scope",
        kpis=list(kpis),
    )
    return [row["scope"] for row in rows]


def _cells(mart: Mart, period: Period, *, scope: str, is_default: bool) -> tuple[Cell, ...]:
    """The values of the period; what exists only later (open pipeline) is taken from there."""
    rows = mart.rows(
        """
        with wanted as (
            select *, min(period_start) over (partition by kpi) > $start as is_only_later
            from kpis.kpi_values
            where grain = $grain and scope = $scope and list_contains($kpis, kpi)
        ),

        chosen as (
            select * from wanted
            where period_start = $start or ($is_default and is_only_later)
            qualify period_start = max(period_start) over (partition by kpi)
        ),

        past as (
            select distinct period_start as past_start
            from kpis.kpi_values
            where grain = $grain and scope = 'company' and period_start <= $start
            order by past_start desc
            limit $periods
        ),

        trends as (
            select chosen.kpi, chosen.member, list(wanted.value order by past_start) as trend
            from chosen
            cross join past
            left join wanted
                on wanted.kpi = chosen.kpi
                and wanted.member = chosen.member
                and wanted.period_start = past_start
            group by chosen.kpi, chosen.member
        )

        select chosen.kpi, label, unit, direction, chosen.member, period_start, period_end, value,
            prior_value, year_ago_value, target,
            case when target > 0 then value / target end as attainment,
            is_complete, quality, trend
        from chosen
        inner join kpis.kpi_catalog on kpi_catalog.kpi = chosen.kpi
        inner join trends on trends.kpi = chosen.kpi and trends.member = chosen.member
        order by list_position($kpis, chosen.kpi), chosen.member
        """,
        start=period.start,
        grain=period.grain,
        scope=scope,
        kpis=list(HEADLINE_KPIS),
        is_default=is_default,
        periods=TREND_PERIODS,
    )
    return tuple(
        Cell(quality=codes(row.pop("quality")), trend=tuple(row.pop("trend")), **row)
        for row in rows
    )


def codes(quality: str | None) -> tuple[str, ...]:
    """The codes of a value's quality."""
    return tuple(code for code in (quality or "").split(",") if code)


def _members(cells: Sequence[Cell]) -> tuple[str, ...]:
    """The members by their first KPI, the largest first; those without a name last."""
    first = {cell.member: cell.value for cell in cells if cell.kpi == cells[0].kpi}
    members = dict.fromkeys(cell.member for cell in cells)
    return tuple(
        sorted(members, key=lambda name: (name == "(none)", -(first.get(name) or 0), name))
    )


def notes_about(mart: Mart, *, kpi: str, start: date, end: date) -> tuple[Note, ...]:
    """The rows and money behind a company value's codes; notes are kept by month."""
    rows = mart.rows(
        """
        select kpi, code, cast(sum(row_count) as bigint) as row_count,
            cast(sum(amount) as double) as amount
        from quality.value_notes
        where kpi = $kpi and scope = 'company' and grain = 'month'
            and period_start >= $start and period_start < $end
        group by kpi, code
        order by code
        """,
        kpi=kpi,
        start=start,
        end=end,
    )
    return tuple(Note(**row) for row in rows)


def _notes(mart: Mart, cells: Sequence[Cell]) -> tuple[Note, ...]:
    return tuple(
        note
        for cell in cells
        for note in notes_about(mart, kpi=cell.kpi, start=cell.period_start, end=cell.period_end)
    )


def warnings_about(mart: Mart, kpis: Sequence[str]) -> tuple[Warned, ...]:
    """The failed checks of this version that name one of the KPIs."""
    rows = mart.rows(
        """
        with failed as (
            select *, string_split(replace(kpis, ' ', ''), ',') as named
            from quality.check_results
            where version = $version and not is_passed
        )

        select check_name as check, table_name as table, offending_rows as rows, named as kpis,
            reason
        from failed
        where list_has_any(named, $kpis)
        order by check_name, table_name
        """,
        version=mart.version,
        kpis=list(kpis),
    )
    return tuple(Warned(kpis=tuple(row.pop("kpis")), **row) for row in rows)


def _unavailable(mart: Mart, known: set[str]) -> dict[str, str]:
    """Why a KPI of the scorecard is not on it, by label."""
    rows = mart.rows(
        "select kpi, label, reason from kpis.kpi_catalog "
        "where list_contains($kpis, kpi) and not is_available order by kpi",
        kpis=list(HEADLINE_KPIS),
    )
    return {row["label"]: row["reason"] for row in rows if row["kpi"] not in known}
