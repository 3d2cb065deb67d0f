"""One KPI explained: what it means, what this value rests on, and how good it is."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipelines.commands import console, figures
from pipelines.commands.mart import GRAINS, Mart, choose, choose_period, opened
from pipelines.commands.quality import meaning
from pipelines.commands.scorecard import Note, Warned, codes, notes_about, warnings_about
from pipelines.errors import ConfigError
from pipelines.publish.restatements import IS_RECORD
from pipelines.settings import Settings

ALL = "(all)"


@dataclass(frozen=True, kw_only=True)
class Restatement:
    """A version that told the value otherwise than the one before, and why."""

    version: str
    as_of: datetime
    value_before: float | None
    value_after: float | None
    reasons: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A KPI of the catalogue and one of its values; moments are naive UTC.

    `value` is the row of `kpis.kpi_values`, `statistics` the KPI's other statistics. `notes` belong
    to the period, `undated_notes` to no period at all. `restatements`: the oldest first.
    """

    catalogue: dict[str, Any]
    currency: str
    version: str
    as_of: datetime
    grain: str
    period_start: date
    period_end: date
    scope: str
    member: str
    value: dict[str, Any]
    statistics: dict[str, float | None]
    quality: dict[str, str]
    notes: tuple[Note, ...]
    undated_notes: tuple[Note, ...]
    warnings: tuple[Warned, ...]
    restatements: tuple[Restatement, ...]
    sql: str


def collect(
    settings: Settings,
    kpi: str,
    *,
    scope: str = "company",
    member: str | None = None,
    grain: str = "month",
    period: str | None = None,
) -> Explanation:
    """The explanation of one value of the published version.

    Raises:
        ConfigError: nothing is published, or the KPI, scope, member, grain or period does not
            exist, or the KPI is not available.
    """
    with opened(settings) as mart:
        entry = _catalogue(mart, kpi)
        choose(grain, [name for name in GRAINS if name in entry["grains"].split(",")], what="grain")
        choose(scope, entry["scopes"].split(","), what=f"scope of {kpi}")
        chosen = choose_period(mart, settings, grain=grain, given=period, kpis=[kpi])
        who = _member(mart, kpi, scope=scope, member=member)
        key = {"kpi": kpi, "grain": grain, "start": chosen.start, "scope": scope, "member": who}
        rows = mart.rows(
            "select * from kpis.kpi_statistics where kpi = $kpi and grain = $grain "
            "and period_start = $start and scope = $scope and member = $member",
            **key,
        )
        value = next((row for row in rows if row["is_headline"]), None)
        if value is None:
            first_month = settings.company.start_month_on(chosen.start)
            named = figures.period(chosen.start, grain, first_month=first_month)
            raise ConfigError(f"{kpi} has no value of {who} in {named}; name another --period")
        is_company = scope == "company"
        notes = notes_about(mart, kpi=kpi, start=chosen.start, end=chosen.end) if is_company else ()
        known = dict.fromkeys([*codes(value["quality"]), *(note.code for note in notes)])
        return Explanation(
            catalogue=entry,
            currency=settings.company.currency,
            version=mart.version,
            as_of=mart.as_of,
            grain=grain,
            period_start=chosen.start,
            period_end=chosen.end,
            scope=scope,
            member=who,
            value=value,
            statistics={row["statistic"]: row["value"] for row in rows if row is not value},
            quality={code: meaning(code) for code in known},
            notes=notes,
            undated_notes=_undated_notes(mart, kpi) if is_company else (),
            warnings=warnings_about(mart, [kpi]),
            restatements=_restatements(mart, statistic=value["statistic"], **key),
            sql=_sql(key),
        )


def _catalogue(mart: Mart, kpi: str) -> dict[str, Any]:
    entries = {row["kpi"]: row for row in mart.rows("from kpis.kpi_catalog order by kpi")}
    choose(kpi, list(entries), what="KPI")
    if not entries[kpi]["is_available"]:
        raise ConfigError(f"{kpi} is not available: {entries[kpi]['reason']}")
    return entries[kpi]


def _member(mart: Mart, kpi: str, *, scope: str, member: str | None) -> str:
    """The member, which exists in the scope."""
    rows = mart.rows(
        "select member from kpis.kpi_values where kpi = $kpi and scope = $scope "
        "group by member order by member",
        kpi=kpi,
        scope=scope,
    )
    members = [row["member"] for row in rows]
    if member is None and members != [ALL]:
        listed = ", ".join(members) or "(none)"
        raise ConfigError(f"whose {kpi}? Name one with --member: {listed}")
    return choose(member or ALL, members, what=f"member of {scope}")


def _undated_notes(mart: Mart, kpi: str) -> tuple[Note, ...]:
    rows = mart.rows(
        "select kpi, code, row_count, cast(amount as double) as amount from quality.value_notes "
        "where kpi = $kpi and period_start is null order by code",
        kpi=kpi,
    )
    return tuple(Note(**row) for row in rows)


def _restatements(mart: Mart, **key: Any) -> tuple[Restatement, ...]:
    """What became of the value since it was first published; versions of old know of none."""
    if not mart.rows("from duckdb_tables() where table_name = 'restatements'"):
        return ()
    rows = mart.rows(
        "select version, any_value(as_of) as as_of, any_value(value_before) as value_before, "
        "any_value(value_after) as value_after, reason, "
        f"count(distinct record_key) filter (where {IS_RECORD}) as records "
        "from quality.restatements where kpi = $kpi and statistic = $statistic "
        "and grain = $grain and period_start = $start and scope = $scope and member = $member "
        "group by version, reason order by version, reason",
        **key,
    )
    found: dict[str, Restatement] = {}
    for row in rows:
        reason, records = row.pop("reason"), row.pop("records")
        found.setdefault(row["version"], Restatement(**row, reasons={})).reasons[reason] = records
    return tuple(found.values())


def _sql(key: dict[str, Any]) -> str:
    """The query for this value, to be copied."""
    who = key["member"].replace("'", "''")
    return (
        "select value, numerator, denominator, sample_size, low, high, target,\n"
        "    prior_value, year_ago_value, is_complete, quality\n"
        "from kpis.kpi_values\n"
        f"where kpi = '{key['kpi']}' and grain = '{key['grain']}'\n"
        f"    and period_start = date '{key['start']}'\n"
        f"    and scope = '{key['scope']}' and member = '{who}';"
    )


def run(
    settings: Settings,
    kpi: str,
    *,
    scope: str,
    member: str | None,
    grain: str,
    period: str | None,
    as_json: bool,
) -> None:
    """Prints the explanation."""
    told = collect(settings, kpi, scope=scope, member=member, grain=grain, period=period)
    if as_json:
        console.print_json(told)
    else:
        render(told, settings, to=console.out())


def render(told: Explanation, settings: Settings, *, to: Console) -> None:
    """The explanation as a page."""
    first_month = settings.company.start_month_on(told.period_start)
    period = figures.period(told.period_start, told.grain, first_month=first_month)
    who = "" if told.member == ALL else f" · {told.scope} {escape(told.member)}"
    as_of = figures.as_of(told.as_of, ZoneInfo(settings.company.timezone))
    entry = told.catalogue
    to.print()
    console.line(to, f"[title]{escape(entry['label'])} · {period}[/]{who}")
    console.line(to, f"data as of {as_of} · version {told.version}", style="quiet")
    to.print()
    console.show(to, _value_table(told))
    console.show(to, _meaning_table(entry))
    _quality(told, to=to)
    to.print()
    console.copyable(to, told.sql)
    to.print()


def _facts() -> Table:
    """A table of names and what they say, without header."""
    made = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    made.add_column(style="quiet", no_wrap=True, min_width=len("period before"))
    made.add_column(overflow="fold")
    return made


def _value_table(told: Explanation) -> Table:
    value, unit, currency = told.value, told.catalogue["unit"], told.currency

    def shown(number: float | None) -> str:
        return figures.figure(number, unit, currency=currency)

    made = _facts()
    made.add_row("value", Text(shown(value["value"]), style="value"))
    if value["low"] is not None:
        made.add_row("", f"{shown(value['low'])} to {shown(value['high'])}, 95 % interval")
    made.add_row("rests on", _inputs(value))
    for name, number in told.statistics.items():
        made.add_row(name, shown(number))
    for name, column in (("period before", "prior_value"), ("a year ago", "year_ago_value")):
        base = value[column]
        if base is not None:
            style = figures.change_style(value["value"], base, told.catalogue["direction"])
            moved = Text(f"{shown(base)}   ")
            moved.append(figures.change(value["value"], base, unit), style=style)
            made.add_row(name, moved)
    if value["target"]:
        share = figures.figure((value["value"] or 0) / value["target"], "fraction", currency="")
        source = f" ({value['quota_source']})" if value["quota_source"] else ""
        made.add_row("target", f"{shown(value['target'])}{source}, {share} reached")
    state = "yes" if value["is_complete"] else "no: it can still change"
    made.add_row("complete", state)
    for one in told.restatements:
        moved = f"{shown(one.value_before)} → {shown(one.value_after)}"
        made.add_row(f"restated {one.version}", f"{moved}, {_why(one)}")
    return made


def _why(one: Restatement) -> str:
    """The reasons of a restatement, each with its records."""
    return ", ".join(
        f"{reason} ({figures.plural(records, 'record')})" if records else reason
        for reason, records in one.reasons.items()
    )


def _inputs(value: dict[str, Any]) -> str:
    """Numerator, denominator and sample, as far as they are there."""
    parts: list[str] = []
    if value["numerator"] is not None or value["denominator"] is not None:
        parts.append(f"{_exact(value['numerator'])} ÷ {_exact(value['denominator'])}")
    if value["sample_size"] is not None:
        parts.append(figures.plural(value["sample_size"], "record"))
    return ", ".join(parts) or "a sum or count, without parts"


def _exact(number: float | None) -> str:
    """The number with at most two decimals."""
    if number is None:
        return figures.NOTHING
    return figures.signed(f"{number:,.2f}".removesuffix(".00"))


def _meaning_table(entry: dict[str, Any]) -> Table:
    better = {"up": "more is better", "down": "less is better"}.get(entry["direction"], "neutral")
    made = _facts()
    made.add_row("means", escape(entry["definition"]))
    made.add_row("formula", escape(entry["formula"]))
    made.add_row("dated by", escape(entry["time_basis"]))
    made.add_row("reading", f"{better}; watch {escape(entry['counter_metric'])} beside it")
    made.add_row("serves", f"{escape(entry['objective'])} ({escape(entry['owner'])})")
    made.add_row("scopes", entry["scopes"].replace(",", ", "))
    made.add_row("grains", entry["grains"].replace(",", ", "))
    return made


def _quality(told: Explanation, *, to: Console) -> None:
    if not (told.quality or told.undated_notes or told.warnings):
        console.done(to, "nothing is known against this value")
    for code, words in told.quality.items():
        behind = [_behind(note, told) for note in told.notes if note.code == code]
        detail = f" [quiet]({'; '.join(behind)})[/]" if behind else ""
        console.warning(to, f"{escape(words)}{detail}")
    for note in told.undated_notes:
        words, behind = escape(meaning(note.code)), _behind(note, told)
        console.warning(to, f"{words} [quiet]({behind}, in no period)[/]")
    for warned in told.warnings:
        behind = f"{warned.check}, {figures.plural(warned.rows, 'row')} of {warned.table}"
        console.warning(to, f"{escape(warned.reason)} [quiet]({behind})[/]")


def _behind(note: Note, told: Explanation) -> str:
    rows = figures.plural(note.row_count, "row")
    return rows if note.amount is None else f"{rows}, {figures.money(note.amount, told.currency)}"
