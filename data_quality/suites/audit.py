"""The audit: what was built, checked before it is published. Keys and relations are dbt's tests."""

from data_quality.checks import Check, Suite, row_count

PROPORTIONS = (
    "win_rate",
    "win_rate_cohort",
    "lead_to_opportunity_rate",
    "stage_conversion_rate",
    "stage_loss_rate",
    "connect_rate",
    "reply_rate",
)
CLASSES = ("new", "expansion", "renewal", "win_back", "unclassified")


def suites() -> tuple[Suite, ...]:
    """Every suite of the audit: facts, then KPIs, then what the readers are told about them."""
    return (
        _opportunities(),
        _leads(),
        _activities(),
        _stage_visits(),
        _dates(),
        _statistics(),
        _catalog(),
        _unmapped(),
        _notes(),
    )


def _built(*, fed_by: str, reason: str, kpis: tuple[str, ...]) -> Check:
    """The table has rows where a source delivers what it is made of."""
    return Check(
        name="row_count",
        sql=(
            "select distinct sources.source, sources.object from run.sources as sources "
            f"where sources.feeds = '{fed_by}' and sources.as_of is not null "
            "and not exists (select 1 from {batch} as built)"
        ),
        severity="critical",
        reason=reason,
        kpis=kpis,
        counts_rows=True,
    )


def _opportunities() -> Suite:
    return Suite(
        layer="audit",
        table="marts.fct_opportunities",
        checks=(
            _built(
                fed_by="opportunities",
                reason="A mart without the deals that were delivered would show every KPI as 0.",
                kpis=("revenue", "deals_won", "win_rate"),
            ),
            Check(
                name="wins_close_by_the_as_of",
                sql=(
                    "select opportunity_key, closed_on, closed_on_source from {batch} as deals "
                    "where (is_counted_win or is_counted_loss) "
                    "and closed_on > (select as_of_on from run.context) order by closed_on desc"
                ),
                severity="critical",
                reason="Nobody has won or lost a deal after the day that the exports reach.",
                kpis=("revenue", "deals_won", "deals_lost", "win_rate"),
            ),
            Check(
                name="wins_have_a_class",
                sql=(
                    "select opportunity_key, closed_on, amount from {batch} as deals "
                    "where is_counted_win and (revenue_class is null or revenue_class not in "
                    f"{CLASSES}) order by opportunity_key"
                ),
                severity="critical",
                reason="The classes add up to revenue only if every win has exactly one.",
                kpis=tuple(f"{name}_revenue" for name in CLASSES),
            ),
            Check(
                name="amounts_are_in_the_company_currency",
                sql=(
                    "select opportunity_key, source_amount, source_currency from {batch} as deals "
                    "where not is_converted and source_amount is not null and not is_deleted "
                    "order by opportunity_key"
                ),
                severity="warning",
                reason="An amount in another currency is not guessed at, and is in no sum.",
                kpis=("revenue", "average_deal_size", "pipeline_created", "open_pipeline"),
            ),
            Check(
                name="closed_deals_have_a_date",
                sql=(
                    "select opportunity_key, outcome, source_amount from {batch} as deals "
                    "where outcome in ('won', 'lost') and closed_on is null and not is_deleted "
                    "order by opportunity_key"
                ),
                severity="warning",
                reason="A closed deal whose day nobody knows belongs to no period.",
                kpis=("revenue", "deals_won", "deals_lost", "win_rate"),
            ),
            Check(
                name="wins_have_an_amount",
                sql=(
                    "select opportunity_key, closed_on, source_amount from {batch} as deals "
                    "where is_counted_win and (source_amount is null or source_amount <= 0) "
                    "order by closed_on, opportunity_key"
                ),
                severity="warning",
                reason="Wins at or below 0 count as won and are left out of deal sizes.",
                kpis=("average_deal_size", "median_deal_size"),
            ),
        ),
    )


def _leads() -> Suite:
    return Suite(
        layer="audit",
        table="marts.fct_leads",
        checks=(
            _built(
                fed_by="leads",
                reason="A mart without the leads that were delivered would show the funnel as 0.",
                kpis=("leads_created", "lead_response_time"),
            ),
            Check(
                name="nobody_answers_before_the_lead",
                sql=(
                    "select lead_key, created_at, first_touch_at from {batch} as leads "
                    "where response_minutes < 0 order by lead_key"
                ),
                severity="critical",
                reason="A touch before the lead came is no answer: it would shorten the median.",
                kpis=("lead_response_time", "unanswered_leads"),
            ),
        ),
    )


def _activities() -> Suite:
    return Suite(
        layer="audit",
        table="marts.fct_activities",
        checks=(
            _built(
                fed_by="activities",
                reason="Without the delivered activities nobody would seem to be at work.",
                kpis=("calls_made", "emails_sent", "meetings_held"),
            ),
            Check(
                name="touches_have_happened",
                sql=(
                    "select activity_key, kind, occurred_at from {batch} as activities "
                    "where (is_call_made or is_mail_sent or is_meeting_held) and occurred_at >= "
                    "(select as_of from run.context) order by occurred_at desc, activity_key"
                ),
                severity="critical",
                reason="What the exports do not reach yet has not happened, and counts later.",
                kpis=("calls_made", "emails_sent", "meetings_held"),
            ),
        ),
    )


def _stage_visits() -> Suite:
    return Suite(
        layer="audit",
        table="marts.fct_stage_visits",
        checks=(
            row_count(
                at_least=0,
                severity="warning",
                reason="Visits may be empty: a single export without a history shows no moves.",
            ),
            Check(
                name="a_stage_is_first_entered_once",
                sql=(
                    "select opportunity_key, stage, count(*) as entries from {batch} as visits "
                    "where is_counted_entry group by opportunity_key, stage having count(*) > 1 "
                    "order by opportunity_key, stage"
                ),
                severity="critical",
                reason="A deal that is counted twice in a stage would lower its conversion rate.",
                kpis=("stage_conversion_rate", "stage_loss_rate"),
            ),
        ),
    )


def _dates() -> Suite:
    return Suite(
        layer="audit",
        table="marts.dim_dates",
        checks=(
            row_count(reason="Without a calendar no record falls into a period."),
            Check(
                name="calendar_holds_every_date",
                sql=(
                    "select deals.opportunity_key, deals.created_on, deals.closed_on "
                    "from marts.fct_opportunities as deals "
                    "where exists (select 1 from (select deals.created_on as date_on "
                    "union all select deals.closed_on) as found "
                    "where found.date_on is not null and not exists "
                    "(select 1 from {batch} as dates where dates.date_on = found.date_on)) "
                    "order by deals.opportunity_key"
                ),
                severity="critical",
                reason="A date outside the calendar would drop its deal from every KPI.",
            ),
        ),
    )


def _statistics() -> Suite:
    named = ", ".join(f"'{name}'" for name in PROPORTIONS)
    return Suite(
        layer="audit",
        table="kpis.kpi_statistics",
        checks=(
            row_count(reason="A mart without KPI values is of no use to anybody."),
            Check(
                name="proportions_lie_between_0_and_1",
                sql=(
                    "select kpi, grain, period_start, scope, member, value from {batch} as cells "
                    f"where kpi in ({named}) and (value < 0 or value > 1) order by all"
                ),
                severity="critical",
                reason="A share above 100 % has its numerator outside its denominator.",
                kpis=PROPORTIONS,
            ),
            Check(
                name="intervals_hold_their_value",
                sql=(
                    "select kpi, grain, period_start, scope, member, low, value, high "
                    "from {batch} as cells where value < low - 1e-12 or value > high + 1e-12 "
                    "order by all"
                ),
                severity="critical",
                reason="An interval that misses its own value was computed from other numbers.",
                kpis=PROPORTIONS,
            ),
            Check(
                name="revenue_equals_the_facts",
                sql=(
                    "select cells.grain, cells.in_cells, facts.in_facts from "
                    "(select grain, sum(value) as in_cells from {batch} as all_cells "
                    "where kpi = 'revenue' and scope = 'company' group by grain) as cells "
                    "cross join (select sum(amount) as in_facts from marts.fct_opportunities "
                    "where is_counted_win) as facts "
                    "where abs(cells.in_cells - coalesce(facts.in_facts, 0)) >= 0.005"
                ),
                severity="critical",
                reason="Over all periods of a grain, revenue is what the won deals add up to.",
                kpis=("revenue",),
            ),
        ),
    )


def _catalog() -> Suite:
    return Suite(
        layer="audit",
        table="kpis.kpi_catalog",
        checks=(
            row_count(reason="Readers learn from the catalogue what a KPI means."),
            Check(
                name="available_kpis_have_values",
                sql=(
                    "select kpi, label from {batch} as catalog where is_available and not exists "
                    "(select 1 from kpis.kpi_statistics as cells where cells.kpi = catalog.kpi) "
                    "order by kpi"
                ),
                severity="warning",
                reason="A KPI that the catalogue promises has not a single value.",
            ),
            Check(
                name="values_are_in_the_catalog",
                sql=(
                    "select kpi, count(*) as value_count from kpis.kpi_statistics as cells "
                    "where not exists (select 1 from {batch} as catalog "
                    "where catalog.kpi = cells.kpi) group by kpi order by kpi"
                ),
                severity="critical",
                reason="A value whose meaning is written nowhere cannot be trusted.",
            ),
        ),
    )


def _unmapped() -> Suite:
    return Suite(
        layer="audit",
        table="quality.unmapped_values",
        checks=(
            row_count(at_least=0, severity="warning", reason="It may be empty, not missing."),
            Check(
                name="every_value_is_explained",
                sql=(
                    "select found_value, column_name, object, source, row_count from {batch} "
                    "order by row_count desc, source, object, column_name, found_value"
                ),
                severity="warning",
                reason="Values that no config or record explains are treated by a written rule.",
                kpis=("revenue", "win_rate", "open_pipeline"),
            ),
        ),
    )


def _notes() -> Suite:
    return Suite(
        layer="audit",
        table="quality.value_notes",
        checks=(
            row_count(at_least=0, severity="warning", reason="Notes may be empty, not missing."),
        ),
    )
