{%- set scopes = {
    'company': ("'(all)'", "'(all)'"),
    'region': ('region', 'region_at_close'),
    'team': ('team', 'team_at_close'),
    'segment': ('segment', 'segment_at_close'),
    'product_family': ('product_family', 'product_family'),
    'deal_type': ('deal_type', 'deal_type'),
} -%}
with opportunities as (

    select * from {{ ref('fct_opportunities') }} where is_counted_win or is_counted_loss

),

snapshots as (

    select * from {{ ref('fct_pipeline_snapshots') }} where is_win_rate_eligible

),

snapshot_days as (

    select * from {{ ref('int_snapshot_days') }}

),

periods as (

    select * from {{ ref('int_periods') }} where has_begun and grain <> 'week'

),

dates as (

    select * from {{ ref('dim_dates') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

coverage as (

    select * from {{ ref('int_object_coverage') }} where object = 'opportunities'

),

to_date_parts as (
    {% for grain in ['month', 'quarter', 'year'] %}
    select
        '{{ grain }}' as grain,
        {{ grain }}_to_date_start_on as period_start,
        max(date_on) as measured_on
    from dates
    where {{ grain }}_to_date_start_on is not null
    group by {{ grain }}_to_date_start_on
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

-- each period is measured at its last day, so far at the as-of day; what a running one is compared
-- with, at the last day of as many working days
measured_periods as (

    select
        periods.*,
        false as is_to_date,
        cast(
            least({{ dbt.dateadd('day', -1, 'periods.period_end') }}, context.as_of_on) as date
        ) as measured_on
    from periods
    cross join context
    union all
    select
        periods.*,
        true as is_to_date,
        to_date_parts.measured_on
    from periods
    inner join to_date_parts
        on
            periods.grain = to_date_parts.grain
            and periods.period_start = to_date_parts.period_start
    where periods.is_compared_to_date

),

measured_days as (

    select distinct measured_periods.measured_on
    from measured_periods
    inner join snapshot_days
        on measured_periods.measured_on = snapshot_days.snapshot_on

),

cycles as (

    select
        closed_on,
        {{ dbt.datediff('created_on', 'closed_on', 'day') }} as cycle_days
    from opportunities
    where is_win_rate_eligible and created_on <= closed_on

),

-- an open deal that is older than nearly every cycle that closed in the trailing year is not active
age_limits as (

    select
        measured_days.measured_on,
        percentile_cont(0.99) within group (
            order by cast(cycles.cycle_days as double)
        ) as limit_days
    from measured_days
    inner join cycles
        on
            cycles.closed_on <= measured_days.measured_on
            and cycles.closed_on > {{ dbt.dateadd('day', -365, 'measured_days.measured_on') }}
    group by measured_days.measured_on

),

open_deals as (

    select
        snapshots.*,
        coalesce(snapshots.age_days > age_limits.limit_days, false) as is_aged_out
    from snapshots
    inner join measured_days
        on snapshots.snapshot_on = measured_days.measured_on
    left join age_limits
        on measured_days.measured_on = age_limits.measured_on

),

open_counts as (
    {% for scope, (member, _) in scopes.items() %}
    select
        snapshot_on as measured_on,
        '{{ scope }}' as scope,
        {{ member }} as member,
        sum(case when is_aged_out then 0 else 1 end) as active_count,
        sum(case when is_aged_out then 1 else 0 end) as aged_out_count
    from open_deals
    group by snapshot_on{{ ', ' ~ member if scope != 'company' }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

closed_by_day as (
    {% for scope, (_, member) in scopes.items() %}
    select
        '{{ scope }}' as scope,
        {{ member }} as member,
        closed_on,
        sum(case when is_win_rate_eligible then 1 else 0 end) as closed_count,
        sum(case when is_win_rate_eligible and is_counted_win then 1 else 0 end) as won_count,
        sum(case when is_win_rate_eligible and is_priced_win then 1 else 0 end) as priced_count,
        sum(case when is_win_rate_eligible and is_priced_win then amount else 0 end)
            as priced_amount,
        sum(case when is_win_rate_eligible and is_cycle_counted then 1 else 0 end) as cycle_count,
        sum(case when is_win_rate_eligible and is_cycle_counted then sales_cycle_days else 0 end)
            as cycle_days,
        sum(case when is_counted_win then coalesce(amount, 0) else 0 end) as revenue
    from opportunities
    group by closed_on{{ ', ' ~ member if scope != 'company' }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

-- how many deals closed on later days: the window reaches back until it holds 30
looked_back as (

    select
        measured_days.measured_on,
        closed_by_day.*,
        {{ dbt.datediff('closed_by_day.closed_on', 'measured_days.measured_on', 'day') }}
            as days_back,
        coalesce(
            sum(closed_by_day.closed_count) over (
                partition by
                    measured_days.measured_on, closed_by_day.scope, closed_by_day.member
                order by closed_by_day.closed_on desc
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as later_count
    from measured_days
    inner join closed_by_day
        on
            closed_by_day.closed_on <= measured_days.measured_on
            and closed_by_day.closed_on
            > {{ dbt.dateadd('day', -365, 'measured_days.measured_on') }}

),

windows as (

    select
        measured_on,
        scope,
        member,
        case
            when sum(closed_count) < 30 then 365
            else greatest(
                90,
                max(case when closed_count > 0 and later_count < 30 then days_back + 1 else 0 end)
            )
        end as window_days
    from looked_back
    group by measured_on, scope, member

),

closed as (

    select
        windows.measured_on,
        windows.scope,
        windows.member,
        windows.window_days,
        sum(looked_back.closed_count) as closed_count,
        sum(looked_back.won_count) as won_count,
        sum(looked_back.priced_count) as priced_count,
        sum(looked_back.priced_amount) as priced_amount,
        sum(looked_back.cycle_count) as cycle_count,
        sum(looked_back.cycle_days) as cycle_days,
        sum(looked_back.revenue) as revenue
    from windows
    inner join looked_back
        on
            windows.measured_on = looked_back.measured_on
            and windows.scope = looked_back.scope
            and windows.member = looked_back.member
            and looked_back.days_back < windows.window_days
    group by windows.measured_on, windows.scope, windows.member, windows.window_days

),

first_closed as (

    select min(closed_on) as closed_on
    from opportunities

),

factors as (

    select
        coalesce(open_counts.measured_on, closed.measured_on) as measured_on,
        coalesce(open_counts.scope, closed.scope) as scope,
        coalesce(open_counts.member, closed.member) as member,
        coalesce(open_counts.active_count, 0) as active_count,
        coalesce(open_counts.aged_out_count, 0) as aged_out_count,
        coalesce(closed.window_days, 365) as window_days,
        cast(coalesce(closed.closed_count, 0) as double) as closed_count,
        cast(closed.won_count as double) as won_count,
        cast(closed.won_count as double) / nullif(closed.closed_count, 0) as win_rate,
        cast(closed.priced_amount as double) / nullif(closed.priced_count, 0) as deal_size,
        cast(closed.cycle_days as double) / nullif(closed.cycle_count, 0) as mean_cycle_days,
        cast(closed.cycle_days as double) as cycle_days,
        closed.cycle_count,
        cast(closed.priced_amount as double) as priced_amount,
        closed.priced_count,
        cast(coalesce(closed.revenue, 0) as double) as revenue
    from open_counts
    full join closed
        on
            open_counts.measured_on = closed.measured_on
            and open_counts.scope = closed.scope
            and open_counts.member = closed.member

),

valued as (

    select
        factors.*,
        factors.active_count * factors.win_rate * factors.deal_size
        / nullif(factors.mean_cycle_days, 0) as velocity,
        factors.revenue / nullif(factors.window_days, 0) as realised,
        {{ dbt.dateadd('day', '-factors.window_days', 'factors.measured_on') }}
        < {{ dbt.dateadd('day', -1, 'first_closed.closed_on') }} as is_history_short
    from factors
    cross join first_closed

),

placed as (

    select
        valued.*,
        measured_periods.grain,
        measured_periods.is_to_date,
        measured_periods.period_start,
        measured_periods.period_end,
        measured_periods.period_number,
        measured_periods.is_running,
        coalesce(measured_periods.period_end <= coverage.covered_until_on, false) as is_covered,
        coverage.is_held
    from valued
    inner join measured_periods
        on valued.measured_on = measured_periods.measured_on
    cross join coverage

)

{% for kpi, value, numerator, denominator, rests_on_history in [
    ('pipeline_velocity', 'velocity', 'null', 'null', true),
    ('velocity_active_deals', 'active_count', 'null', 'null', false),
    ('velocity_win_rate', 'win_rate', 'won_count', 'closed_count', true),
    ('velocity_deal_size', 'deal_size', 'priced_amount', 'priced_count', true),
    ('velocity_cycle_days', 'mean_cycle_days', 'cycle_days', 'cycle_count', true),
    ('aged_out_deals', 'aged_out_count', 'null', 'null', false),
    ('velocity_realised', 'realised', 'revenue', 'window_days', true),
    ('velocity_ratio', 'velocity / nullif(realised, 0)', 'velocity', 'realised', true),
] %}
select
    '{{ kpi }}' as kpi,
    'value' as statistic,
    true as is_headline,
    grain,
    is_to_date,
    period_start,
    period_end,
    period_number,
    is_running,
    scope,
    member,
    cast({{ value }} as double) as value,
    cast({{ numerator }} as double) as numerator,
    cast({{ denominator }} as double) as denominator,
    cast({{ 'closed_count' if rests_on_history else 'active_count + aged_out_count' }} as bigint)
        as sample_size,
    {%- if kpi == 'velocity_win_rate' %}
    {{ wilson_bound('low', 'won_count', 'closed_count') }} as low,
    {{ wilson_bound('high', 'won_count', 'closed_count') }} as high,
    {%- else %}
    cast(null as double) as low,
    cast(null as double) as high,
    {%- endif %}
    cast(null as double) as target,
    cast(null as varchar) as quota_source,
    is_covered{{ ' and not is_history_short' if rests_on_history }} as is_complete,
    false as is_partial_start,
    {{ quality_codes([
        ("not is_covered", "'running'"),
        ("is_held and not is_covered", "'stale'"),
        ("is_history_short", "'history_too_short'"),
        ("closed_count > 0 and closed_count < 10", "'small_sample'"),
    ] if rests_on_history else [
        ("not is_covered", "'running'"),
        ("is_held and not is_covered", "'stale'"),
    ]) }} as quality
from placed
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
