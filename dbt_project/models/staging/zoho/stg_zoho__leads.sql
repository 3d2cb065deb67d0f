with lake as (

    select * from {{ source('lake', 'zoho__leads') }}

),

context as (

    select * from {{ source('run', 'context') }}

)

select
    {{ dbt.concat(['lake._source', "':'", zoho_id('lake._key')]) }} as lead_key,
    lake._source,
    lake._as_of,
    lake._batch,
    lake._row,
    lake._op,
    {{ zoho_id('lake.id') }} as lead_id,
    {{ name_of('lake.full_name', 'lake.first_name', 'lake.last_name') }} as lead_name,
    lake.email,
    -- a converted lead keeps the status that it had before
    case when lake.is_converted then 'Converted' else lake.status end as status,
    lake.lead_source,
    {{ zoho_id('lake.owner_id') }} as owner_id,
    lake.owner_name,
    {{ zoho_id('lake.created_by_id') }} as created_by_id,
    lake.industry,
    lake.country,
    cast(null as date) as created_on,
    lake.created_time as created_at,
    lake.is_converted,
    lake.qualified_at,
    {{ local_date('lake.converted_time', 'context.timezone') }} as converted_on,
    {{ zoho_id('lake.converted_deal_id') }} as converted_opportunity_id,
    cast(null as varchar) as merged_into_id,
    lake.updated_at,
    cast(null as boolean) as is_deleted
from lake
cross join context
