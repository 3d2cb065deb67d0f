{%- set scopes = ['company', 'region', 'team', 'rep', 'segment', 'industry', 'lead_source'] %}
with opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

maturing as (

    select * from periods where is_win_window_days_open

),

-- days from creation to what ended the observation: won, lost, or the as-of; what lies beyond the
-- window is seen only as far as the window goes
aged as (

    select
        opportunities.*,
        context.win_window_days,
        dates.month_start_on,
        dates.quarter_start_on,
        dates.year_start_on,
        case
            when opportunities.closed_on is not null
                then {{ dbt.datediff(
                    'opportunities.created_on', 'opportunities.closed_on', 'day'
                ) }}
            else {{ dbt.datediff('opportunities.created_on', 'context.as_of_on', 'day') }}
        end as aged_days
    from opportunities
    cross join context
    inner join dates
        on opportunities.created_on = dates.date_on
    where opportunities.is_cohort_eligible

),

observed as (

    select
        *,
        least(aged_days, win_window_days) as observed_days,
        aged_days <= win_window_days and is_counted_win as is_won_in_view,
        aged_days <= win_window_days and (is_counted_win or is_counted_loss) as is_ended_in_view
    from aged

),

members as (
    {% for grain in ['month', 'quarter', 'year'] %}
    {%- set outer = loop %}
    {%- for scope in scopes %}
    select
        '{{ grain }}' as grain,
        {{ grain }}_start_on as period_start,
        '{{ scope }}' as scope,
        {{
            "'(all)'" if scope == 'company'
            else scope if scope == 'lead_source'
            else scope ~ '_at_creation'
        }} as member,
        observed_days,
        is_won_in_view,
        is_ended_in_view
    from observed
    {%- if not (loop.last and outer.last) %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}
),

days as (

    select
        members.grain,
        members.period_start,
        maturing.period_end,
        maturing.period_number,
        maturing.is_running,
        members.scope,
        members.member,
        members.observed_days,
        sum(case when members.is_won_in_view then 1 else 0 end) as won_count,
        sum(case when members.is_ended_in_view then 1 else 0 end) as ended_count,
        count(*) as observed_count
    from members
    inner join maturing
        on
            members.grain = maturing.grain
            and members.period_start = maturing.period_start
    group by
        members.grain,
        members.period_start,
        maturing.period_end,
        maturing.period_number,
        maturing.is_running,
        members.scope,
        members.member,
        members.observed_days

),

at_risk as (

    select
        *,
        sum(observed_count) over (
            partition by grain, period_start, scope, member
            order by observed_days desc
            rows unbounded preceding
        ) as at_risk_count
    from days

),

-- Aalen–Johansen: of those still open before day t, the share won on it; losing is a competing end
surviving as (

    select
        *,
        exp(
            coalesce(
                sum(
                    case
                        when ended_count = at_risk_count then -1000
                        else ln(1 - cast(ended_count as double) / at_risk_count)
                    end
                ) over (
                    partition by grain, period_start, scope, member
                    order by observed_days
                    rows between unbounded preceding and 1 preceding
                ),
                0
            )
        ) as share_open_before
    from at_risk

)

select
    grain,
    period_start,
    scope,
    member,
    -- rounded, because a sum of floats depends on the order in which threads add them up
    round(least(sum(share_open_before * won_count / at_risk_count), 1), 12) as value
from surviving
group by grain, period_start, scope, member
