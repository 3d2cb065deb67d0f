with lake as (

    select * from {{ source('lake', 'hubspot__contacts') }}

),

versions as (

    select * from {{ with_merges('lake') }}

),

entries as (

    select
        _source,
        _key,
        _as_of,
        _batch,
        min(case when name <> 'lead' then cast(value as timestamp) end) as qualified_at
    from {{ json_entries('lake', 'stage_entered', ['_source', '_key', '_as_of', '_batch']) }}
    where name in ('lead', 'marketingqualifiedlead', 'salesqualifiedlead')
    group by _source, _key, _as_of, _batch

)

select
    {{ dbt.concat(['versions._source', "':'", 'versions._key']) }} as lead_key,
    versions._source,
    versions._as_of,
    versions._batch,
    versions._row,
    versions._op,
    lake.id as lead_id,
    {{ name_of('null', 'lake.first_name', 'lake.last_name') }} as lead_name,
    lake.email,
    coalesce(lake.lead_status, lake.lifecycle_stage) as status,
    lake.source as lead_source,
    lake.owner_id,
    lake.owner_name,
    cast(null as varchar) as created_by_id,
    lake.industry,
    lake.country,
    cast(null as date) as created_on,
    lake.created_at,
    cast(null as boolean) as is_converted,
    entries.qualified_at,
    cast(null as date) as converted_on,
    cast(null as varchar) as converted_opportunity_id,
    versions.merged_into_id,
    lake.updated_at,
    lake.is_archived as is_deleted
from versions
inner join lake
    on
        versions._source = lake._source
        and versions._key = lake._key
        and versions.state_as_of = lake._as_of
        and versions.state_batch = lake._batch
left join entries
    on
        lake._source = entries._source
        and lake._key = entries._key
        and lake._as_of = entries._as_of
        and lake._batch = entries._batch
-- a contact is a lead when it is, or ever was, in a lifecycle stage between subscriber and customer
where
    versions._op = 'delete'
    or entries._key is not null
    or lower(replace(lake.lifecycle_stage, ' ', '')) in (
        'lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'opportunity'
    )
