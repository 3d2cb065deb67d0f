with calendar_days as (

    select * from {{ source('run', 'calendar_days') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

periods as (
    {% for grain, in_a_year in [('week', 52), ('month', 12), ('quarter', 4), ('year', 1)] %}
    select
        '{{ grain }}' as grain,
        {{ grain }}_start_on as period_start,
        {{ grain }}_end_on as period_end,
        {{ grain }}_number as period_number,
        {{ grain }}_era as era,
        {{ in_a_year }} as periods_in_a_year,
        {% if grain == 'week' -%}
        1 as week_count,
        {%- else -%}
        case
            when min(calendar) <> 'gregorian'
                then {{ dbt.datediff(grain ~ '_start_on', grain ~ '_end_on', 'day') }} / 7.0
        end as week_count,
        {%- endif %}
        min(case when is_working_day then date_on end) as first_working_on
    from calendar_days
    group by {{ grain }}_start_on, {{ grain }}_end_on, {{ grain }}_number, {{ grain }}_era
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

placed as (

    select
        periods.*,
        periods.period_start <= context.as_of_on as has_begun,
        {%- for window in cohort_windows() %}
        periods.period_start <= context.as_of_on
        and {{ dbt.dateadd('day', 'context.' ~ window, 'periods.period_end') }}
        > {{ local_date('context.as_of', 'context.timezone') }} as is_{{ window }}_open,
        {%- endfor %}
        periods.period_start <= context.as_of_on
        and periods.period_end > {{ local_date('context.as_of', 'context.timezone') }} as is_running
    from periods
    cross join context

),

running as (

    select
        grain,
        period_number,
        era
    from placed where is_running

)

select
    placed.grain,
    placed.period_start,
    placed.period_end,
    placed.period_number,
    placed.era,
    placed.periods_in_a_year,
    placed.week_count,
    placed.first_working_on,
    placed.has_begun,
    placed.is_running,
    {%- for window in cohort_windows() %}
    placed.is_{{ window }}_open,
    {%- endfor %}
    coalesce(
        placed.era = running.era
        and placed.period_number in (
            running.period_number - 1,
            running.period_number - placed.periods_in_a_year
        ),
        false
    ) as is_compared_to_date
from placed
left join running
    on placed.grain = running.grain
