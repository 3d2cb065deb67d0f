with lake as (

    select * from {{ source('lake', 'salesforce__product2') }}

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
    cast(null as decimal(18, 2)) as list_price,
    cast(null as varchar) as currency,
    updated_at,
    is_deleted
from lake
