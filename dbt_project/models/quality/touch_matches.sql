with activities as (

    select * from {{ ref('fct_activities') }}

),

matched as (

    select * from {{ ref('int_activities_matched') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

)

select
    dates.month_start_on,
    counted.source,
    duplicates.source as duplicate_source,
    duplicates.kind,
    matched.duplicate_rule as rule,
    count(*) as row_count,
    avg(matched.seconds_apart) as mean_seconds_apart,
    max(matched.seconds_apart) as largest_seconds_apart
from matched
inner join activities as duplicates
    on matched.activity_key = duplicates.activity_key
inner join activities as counted
    on matched.duplicate_of_key = counted.activity_key
left join dates
    on coalesce(duplicates.occurred_on, counted.occurred_on) = dates.date_on
group by
    dates.month_start_on, counted.source, duplicates.source, duplicates.kind,
    matched.duplicate_rule
