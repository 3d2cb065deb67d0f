with lake as (

    select * from {{ source('lake', 'mapped__leads') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as lead_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    lead_id,
    lead_name,
    email,
    status,
    lead_source,
    owner_id,
    owner_name,
    created_by_id,
    industry,
    country,
    created_on,
    created_at,
    is_converted,
    qualified_at,
    converted_on,
    converted_opportunity_id,
    merged_into_id,
    updated_at,
    is_deleted
from lake
