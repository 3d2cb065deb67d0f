with lake as (

    select * from {{ source('lake', 'mapped__products') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as product_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    product_id,
    product_name,
    product_family,
    list_price,
    currency,
    updated_at,
    is_deleted
from lake
