with lake as (

    select * from {{ source('lake', 'pipedrive__deal_products') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as line_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as line_id,
    deal_id as opportunity_id,
    product_id,
    name as product_name,
    quantity,
    sum as amount,
    updated_at,
    not is_enabled as is_deleted
from lake
