with lake as (

    select * from {{ source('lake', 'mapped__accounts') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as account_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    account_id,
    account_name,
    industry,
    segment,
    country,
    parent_account_id,
    parent_account_name,
    domain,
    customer_since,
    created_on,
    merged_into_id,
    updated_at,
    is_deleted
from lake
