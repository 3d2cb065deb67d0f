with lake as (

    select * from {{ source('lake', 'pipedrive__products') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as product_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as product_id,
    name as product_name,
    category as product_family,
    price as list_price,
    currency,
    updated_at,
    coalesce(is_deleted, not is_active) as is_deleted
from lake
