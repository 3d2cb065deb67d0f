with lake as (

    select * from {{ source('lake', 'salesforce__contact') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as contact_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as contact_id,
    name as contact_name,
    email,
    cast(null as varchar) as crm_id,
    account_id,
    owner_id,
    cast(null as timestamp) as opted_out_at,
    created_date as created_at,
    merged_into_id,
    updated_at,
    is_deleted
from lake
