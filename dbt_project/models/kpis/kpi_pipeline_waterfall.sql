{{
    config(
        materialized='table',
        post_hook="{{ pipeline_waterfall_function(ref('fct_opportunity_states'), ref('dim_exchange_rates'), ref('fct_opportunities')) }}"
    )
}}

with periods as (

    select * from {{ ref('int_periods') }} where has_begun

),

context as (

    select * from {{ source('run', 'context') }}

),

begun as (

    select min(valid_from_on) as begun_on
    from {{ ref('fct_opportunity_states') }}

),

-- from the end of the day before a period to the end of its last day, so far to the as-of day
covered as (

    select
        periods.grain,
        periods.period_start,
        periods.period_end,
        cast({{ dbt.dateadd('day', -1, 'periods.period_start') }} as date) as from_on,
        cast(
            least({{ dbt.dateadd('day', -1, 'periods.period_end') }}, context.as_of_on) as date
        ) as to_on,
        periods.grain <> 'week' as has_reps,
        not periods.is_running as is_complete
    from periods
    cross join context
    cross join begun
    where begun.begun_on < periods.period_start

),

pairs as (

    select
        *,
        'all' as target,
        cast(null as date) as dated_from_on,
        cast(null as date) as dated_to_on
    from covered
    union all
    select
        *,
        'period' as target,
        period_start as dated_from_on,
        period_end as dated_to_on
    from covered

),

waterfall as (

    {{ pipeline_waterfall(
        'pairs',
        ['grain', 'period_start', 'period_end', 'from_on', 'to_on', 'target', 'is_complete'],
        ref('fct_opportunity_states'),
        ref('dim_exchange_rates'),
        ref('fct_opportunities'),
    ) }}

)

select
    grain,
    period_start,
    period_end,
    from_on,
    to_on,
    target,
    scope,
    member,
    start_amount,
    created_amount,
    reopened_amount,
    pulled_in_amount,
    transferred_in_amount,
    included_amount,
    increased_amount,
    currency_amount,
    decreased_amount,
    pushed_out_amount,
    transferred_out_amount,
    won_amount,
    lost_amount,
    deleted_amount,
    merged_amount,
    excluded_amount,
    end_amount,
    revenue,
    is_complete
from waterfall
