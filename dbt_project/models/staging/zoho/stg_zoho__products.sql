with lake as (

    select * from {{ source('lake', 'zoho__products') }}

)

select
    {{ dbt.concat(['_source', "':'", zoho_id('_key')]) }} as product_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    {{ zoho_id('id') }} as product_id,
    name as product_name,
    category as product_family,
    unit_price as list_price,
    currency,
    updated_at,
    cast(null as boolean) as is_deleted
from lake
