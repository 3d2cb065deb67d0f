with lake as (

    select * from {{ source('lake', 'salesforce__lead') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as lead_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as lead_id,
    name as lead_name,
    email,
    status,
    lead_source,
    -- a lead may belong to a queue, whose ids begin with 00G: then to nobody
    case when owner_id like '005%' then owner_id end as owner_id,
    owner_name,
    created_by_id,
    industry,
    country,
    created_on,
    created_date as created_at,
    qualified_at,
    converted_date as converted_on,
    converted_opportunity_id,
    merged_into_id,
    updated_at,
    is_deleted
from lake
