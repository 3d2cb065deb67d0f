with dates as (

    select * from {{ ref('dim_dates') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

states as (

    select * from {{ ref('fct_opportunity_states') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

begun as (

    select min(valid_from_on) as begun_on
    from states

),

-- the last day of the part with which a running period is compared: as many working days of it
compared_days as (
    {% for grain in ['week', 'month', 'quarter', 'year'] %}
    select max(dates.date_on) as date_on
    from dates
    inner join periods
        on
            periods.grain = '{{ grain }}'
            and dates.{{ grain }}_to_date_start_on = periods.period_start
            and periods.is_compared_to_date
    group by periods.period_start
    {%- if not loop.last %}
    union
    {%- endif %}
    {% endfor %}
)

select
    dates.date_on as snapshot_on,
    {{ dbt.dateadd('day', 1, 'dates.date_on') }} = dates.week_end_on as is_week_end,
    {{ dbt.dateadd('day', 1, 'dates.date_on') }} = dates.month_end_on as is_month_end,
    dates.date_on = context.as_of_on as is_as_of
from dates
cross join context
cross join begun
left join compared_days
    on dates.date_on = compared_days.date_on
where
    begun.begun_on <= dates.date_on
    and dates.date_on <= context.as_of_on
    and (
        dates.date_on > {{ dbt.dateadd('day', '-context.snapshot_days', 'context.as_of_on') }}
        or {{ dbt.dateadd('day', 1, 'dates.date_on') }} in (dates.week_end_on, dates.month_end_on)
        or compared_days.date_on is not null
    )
