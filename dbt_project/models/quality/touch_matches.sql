with activities as (

    select * from {{ ref('fct_activities') }} where is_duplicate

),

matched as (

    select * from {{ ref('int_activities_matched') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

)

-- a key begins with its source
select
    dates.month_start_on,
    split_part(activities.duplicate_of_key, ':', 1) as source,
    activities.source as duplicate_source,
    activities.kind,
    activities.duplicate_rule as rule,
    count(*) as row_count,
    avg(matched.seconds_apart) as mean_seconds_apart,
    max(matched.seconds_apart) as largest_seconds_apart
from activities
inner join matched
    on activities.activity_key = matched.activity_key
left join dates
    on activities.occurred_on = dates.date_on
group by
    dates.month_start_on,
    split_part(activities.duplicate_of_key, ':', 1),
    activities.source,
    activities.kind,
    activities.duplicate_rule
