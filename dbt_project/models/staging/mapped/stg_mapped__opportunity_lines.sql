with lake as (

    select * from {{ source('lake', 'mapped__opportunity_lines') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as line_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    line_id,
    opportunity_id,
    product_id,
    product_name,
    quantity,
    amount,
    updated_at,
    is_deleted
from lake
