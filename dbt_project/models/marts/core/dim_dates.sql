with calendar_days as (

    select * from {{ source('run', 'calendar_days') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

counted as (

    select
        *,
        cast(is_working_day as integer) as working_day
    from calendar_days

),

placed as (

    select
        *,
        sum(working_day) over (
            partition by week_start_on order by date_on rows unbounded preceding
        ) as working_day_of_week,
        sum(working_day) over (
            partition by month_start_on order by date_on rows unbounded preceding
        ) as working_day_of_month,
        sum(working_day) over (
            partition by quarter_start_on order by date_on rows unbounded preceding
        ) as working_day_of_quarter,
        sum(working_day) over (
            partition by year_start_on order by date_on rows unbounded preceding
        ) as working_day_of_year
    from counted

),

elapsed as (

    select
        placed.working_day_of_week,
        placed.working_day_of_month,
        placed.working_day_of_quarter,
        placed.working_day_of_year
    from placed
    inner join context
        on placed.date_on = context.as_of_on

)

select
    placed.date_on,
    placed.week_start_on,
    placed.week_end_on,
    placed.month_start_on,
    placed.month_end_on,
    placed.quarter_start_on,
    placed.quarter_end_on,
    placed.year_start_on,
    placed.year_end_on,
    cast(placed.week_number as integer) as week_number,
    cast(placed.month_number as integer) as month_number,
    cast(placed.quarter_number as integer) as quarter_number,
    cast(placed.year_number as integer) as year_number,
    cast(placed.fiscal_year as integer) as fiscal_year,
    cast(placed.fiscal_quarter as integer) as fiscal_quarter,
    cast(placed.fiscal_month as integer) as fiscal_month,
    cast(placed.fiscal_week as integer) as fiscal_week,
    placed.calendar,
    placed.holiday,
    placed.is_working_day,
    cast(placed.working_day_of_week as integer) as working_day_of_week,
    cast(placed.working_day_of_month as integer) as working_day_of_month,
    cast(placed.working_day_of_quarter as integer) as working_day_of_quarter,
    cast(placed.working_day_of_year as integer) as working_day_of_year,
    case
        when placed.working_day_of_week <= elapsed.working_day_of_week then placed.week_start_on
    end as week_to_date_start_on,
    case
        when placed.working_day_of_month <= elapsed.working_day_of_month then placed.month_start_on
    end as month_to_date_start_on,
    case
        when placed.working_day_of_quarter <= elapsed.working_day_of_quarter
            then placed.quarter_start_on
    end as quarter_to_date_start_on,
    case
        when placed.working_day_of_year <= elapsed.working_day_of_year then placed.year_start_on
    end as year_to_date_start_on
from placed
cross join elapsed
