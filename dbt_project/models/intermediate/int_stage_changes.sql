with native as (

    select
        {{ dbt.concat(['_source', "':'", 'opportunity_id']) }} as opportunity_key,
        _source,
        stage,
        amount,
        changed_at,
        stage_change_id as change_order
    from {{ ref('int_stage_changes_current') }}

),

versions as (

    select * from {{ ref('int_opportunities_versions') }} where _op = 'upsert'

),

first_exports as (

    select
        _source,
        min(_as_of) as first_as_of
    from versions
    group by _source

),

with_history as (

    select distinct opportunity_key from native

),

-- what exports imply of deals whose tool delivers no history: a change happened by the export that
-- showed it first; of what the very first export showed nobody knows since when
inferred as (

    select
        versions.opportunity_key,
        versions._source,
        versions.stage,
        versions.amount,
        case
            when versions.version_number > 1 then versions._as_of
            when versions._as_of > first_exports.first_as_of
                then coalesce(versions.created_at, versions._as_of)
        end as changed_at,
        versions.version_number
    from versions
    inner join first_exports
        on versions._source = first_exports._source
    left join with_history
        on versions.opportunity_key = with_history.opportunity_key
    where with_history.opportunity_key is null

),

changes as (

    select
        opportunity_key,
        _source,
        stage,
        amount,
        changed_at,
        'native' as basis,
        -- changes of one moment in the order of their ids, which may be numbers
        row_number() over (
            partition by opportunity_key
            order by changed_at, length(change_order), change_order
        ) as change_number
    from native
    union all
    select
        opportunity_key,
        _source,
        stage,
        amount,
        changed_at,
        'inferred' as basis,
        version_number as change_number
    from inferred

),

stage_map as (

    select * from {{ source('run', 'stage_map') }}

)

select
    changes.*,
    stage_map.outcome,
    stage_map.stage_order,
    stage_map.stage_class,
    lag(changes.stage) over (
        partition by changes.opportunity_key order by changes.change_number
    ) as previous_stage
from changes
left join stage_map
    on changes._source = stage_map.source and changes.stage = stage_map.stage
