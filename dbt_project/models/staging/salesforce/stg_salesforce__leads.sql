with lake as (

    select * from {{ source('lake', 'salesforce__lead') }}

),

history as (

    {{ latest_records(source('lake', 'salesforce__lead_history')) }}

),

statuses as (

    {{ latest_records(source('lake', 'salesforce__lead_status')) }}

),

-- a report has the label of a status, where that is not its name; several may share a label
status_names as (

    {{ by_name_or_label('statuses', ['is_converted']) }}

),

meanings as (

    select
        source,
        found_value
    from {{ source('run', 'value_map') }}
    where
        object = 'leads'
        and column_name = 'status'
        and meaning in ('qualified', 'converted')

),

-- the first time that a lead's status became one that counts as qualified
qualified as (

    select
        history._source,
        history.lead_id,
        min(history.created_date) as qualified_at
    from history
    inner join meanings
        on
            history._source = meanings.source
            and history.new_value = meanings.found_value
    where
        history._op = 'upsert'
        and history.field = 'Status'
        and not coalesce(history.is_deleted, false)
    group by history._source, history.lead_id

)

select
    {{ dbt.concat(['lake._source', "':'", 'lake._key']) }} as lead_key,
    lake._source,
    lake._as_of,
    lake._batch,
    lake._row,
    lake._op,
    lake.id as lead_id,
    lake.name as lead_name,
    lake.email,
    lake.status,
    lake.lead_source,
    -- a lead may belong to a queue, whose ids begin with 00G: then to nobody
    case when lake.owner_id like '005%' then lake.owner_id end as owner_id,
    lake.owner_name,
    lake.created_by_id,
    lake.industry,
    lake.country,
    lake.created_on,
    lake.created_date as created_at,
    coalesce(lake.is_converted, status_names.is_converted) as is_converted,
    -- a field that the company keeps for it counts before the history
    coalesce(lake.qualified_at, qualified.qualified_at) as qualified_at,
    lake.converted_date as converted_on,
    lake.converted_opportunity_id,
    lake.merged_into_id,
    lake.updated_at,
    lake.is_deleted
from lake
left join qualified
    on
        lake._source = qualified._source
        and lake.id = qualified.lead_id
left join status_names
    on
        lake._source = status_names._source
        and lake.status = status_names.name
