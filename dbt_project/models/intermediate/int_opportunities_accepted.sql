with states as (

    select * from {{ ref('int_opportunities_states') }}

),

accepted_stages as (

    select
        source,
        min(case when is_accepted and outcome = 'open' then stage_order end) as accepted_order
    from {{ source('run', 'stage_map') }}
    group by source

)

-- where the company names no accepted stage, every open stage is one
select
    states.opportunity_key,
    min(states.valid_from_on) as accepted_on
from states
inner join accepted_stages
    on states._source = accepted_stages.source
where
    states.outcome = 'open'
    and not states.is_removed
    and states.stage_order >= coalesce(accepted_stages.accepted_order, states.stage_order)
group by states.opportunity_key
