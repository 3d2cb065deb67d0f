with closings as (

    select * from {{ ref('int_opportunities_closings') }}

),

days as (

    select * from {{ ref('int_snapshot_days') }}

),

stage_map as (

    select * from {{ source('run', 'stage_map') }} where outcome = 'open'

),

-- a closing counts for 365 days, or until the deal is open again or gone
counted as (

    select
        _source,
        outcome,
        first_open_stage_order,
        furthest_open_stage_order,
        closed_on,
        least(ended_on, {{ dbt.dateadd('day', 365, 'closed_on') }}) as counted_until_on,
        count(*) as closing_count
    from closings
    where closed_on < ended_on
    group by
        _source,
        outcome,
        first_open_stage_order,
        furthest_open_stage_order,
        closed_on,
        least(ended_on, {{ dbt.dateadd('day', 365, 'closed_on') }})

),

events as (

    select
        _source,
        outcome,
        first_open_stage_order,
        furthest_open_stage_order,
        closed_on as event_on,
        closing_count
    from counted
    union all
    select
        _source,
        outcome,
        first_open_stage_order,
        furthest_open_stage_order,
        counted_until_on as event_on,
        -closing_count as closing_count
    from counted

),

company_events as (

    select
        event_on,
        sum(closing_count) as closed_count,
        sum(case when outcome = 'won' then closing_count else 0 end) as won_count
    from events
    group by event_on
    union all
    select
        snapshot_on as event_on,
        0 as closed_count,
        0 as won_count
    from days

),

company_by_day as (

    select distinct
        event_on,
        sum(closed_count) over (
            order by event_on range between unbounded preceding and current row
        ) as closed_count,
        sum(won_count) over (
            order by event_on range between unbounded preceding and current row
        ) as won_count
    from company_events

),

-- a deal reached every stage from the first open one it was seen in; a lost one no further than
-- the furthest open one it was seen in, a won one all of them
stage_events as (

    select
        stage_map.source,
        stage_map.stage,
        events.event_on,
        sum(events.closing_count) as closed_count,
        sum(case when events.outcome = 'won' then events.closing_count else 0 end) as won_count
    from events
    inner join stage_map
        on
            events._source = stage_map.source
            and events.first_open_stage_order <= stage_map.stage_order
            and (
                events.outcome = 'won'
                or stage_map.stage_order <= events.furthest_open_stage_order
            )
    group by stage_map.source, stage_map.stage, events.event_on
    union all
    select
        stage_map.source,
        stage_map.stage,
        days.snapshot_on as event_on,
        0 as closed_count,
        0 as won_count
    from stage_map
    cross join days

),

stages_by_day as (

    select distinct
        source,
        stage,
        event_on,
        sum(closed_count) over (
            partition by source, stage
            order by event_on range between unbounded preceding and current row
        ) as closed_count,
        sum(won_count) over (
            partition by source, stage
            order by event_on range between unbounded preceding and current row
        ) as won_count
    from stage_events

)

select
    stages_by_day.source,
    stages_by_day.stage,
    days.snapshot_on,
    days.is_as_of,
    cast(stages_by_day.closed_count as bigint) as closed_count,
    cast(stages_by_day.won_count as bigint) as won_count,
    cast(company_by_day.won_count as double) / nullif(company_by_day.closed_count, 0)
        as company_win_rate
from days
inner join stages_by_day
    on days.snapshot_on = stages_by_day.event_on
inner join company_by_day
    on days.snapshot_on = company_by_day.event_on
