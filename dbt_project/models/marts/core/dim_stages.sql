with stage_map as (

    select * from {{ source('run', 'stage_map') }}

),

outcomes as (

    select * from {{ ref('int_stage_probabilities') }} where is_as_of

)

select
    {{ dbt.concat(['stage_map.source', "':'", 'stage_map.stage']) }} as stage_key,
    stage_map.source,
    stage_map.stage,
    stage_map.outcome,
    stage_map.stage_class,
    cast(stage_map.stage_order as integer) as stage_order,
    stage_map.is_accepted,
    cast(stage_map.probability as double) as given_probability,
    cast(outcomes.closed_count as bigint) as closed_count,
    cast(outcomes.won_count as bigint) as won_count
from stage_map
left join outcomes
    on stage_map.source = outcomes.source and stage_map.stage = outcomes.stage
