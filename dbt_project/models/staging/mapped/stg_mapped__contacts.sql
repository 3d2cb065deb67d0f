with lake as (

    select * from {{ source('lake', 'mapped__contacts') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as contact_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    contact_id,
    contact_name,
    email,
    crm_id,
    account_id,
    owner_id,
    opted_out_at,
    created_at,
    merged_into_id,
    updated_at,
    is_deleted
from lake
