with lake as (

    select * from {{ source('lake', 'salesforce__opportunity_line_item') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as line_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as line_id,
    opportunity_id,
    product2_id as product_id,
    cast(null as varchar) as product_name,
    quantity,
    total_price as amount,
    updated_at,
    is_deleted
from lake
