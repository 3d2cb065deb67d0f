with lake as (

    select * from {{ source('lake', 'hubspot__products') }}

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
    family as product_family,
    price as list_price,
    cast(null as varchar) as currency,
    updated_at,
    is_archived as is_deleted
from lake
