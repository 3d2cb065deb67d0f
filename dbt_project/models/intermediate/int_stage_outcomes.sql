with opportunities as (

    select * from {{ ref('int_opportunities') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

stage_map as (

    select * from {{ source('run', 'stage_map') }}

),

-- only what had closed in the 365 days before the as-of: a probability never looks ahead
closed as (

    select opportunities.*
    from opportunities
    cross join context
    where
        not opportunities.is_deleted
        and opportunities.closed_on is not null
        and {{ dbt.datediff('opportunities.closed_on', 'context.as_of_on', 'day') }} < 365

),

company as (

    select cast(sum(case when is_won then 1 else 0 end) as double) / nullif(count(*), 0) as win_rate
    from closed

),

-- a deal reached every stage from the first open one it was seen in; a lost one no further than
-- the last open one it was seen in, a won one all of them
reached as (

    select
        stage_map.source,
        stage_map.stage,
        count(closed.opportunity_key) as closed_count,
        sum(case when closed.is_won then 1 else 0 end) as won_count
    from stage_map
    left join closed
        on
            stage_map.source = closed._source
            and closed.first_open_stage_order <= stage_map.stage_order
            and (closed.is_won or stage_map.stage_order <= closed.last_open_stage_order)
    where stage_map.outcome = 'open'
    group by stage_map.source, stage_map.stage

)

select
    reached.source,
    reached.stage,
    reached.closed_count,
    reached.won_count,
    company.win_rate as company_win_rate
from reached
cross join company
