with lines as (

    select * from {{ ref('int_opportunity_lines_current') }}

),

product_keys as (

    select * from {{ ref('int_product_keys') }}

)

select
    lines.line_key,
    lines._source,
    {{ dbt.concat(['lines._source', "':'", 'lines.opportunity_id']) }} as opportunity_key,
    lines.product_id,
    lines.product_name,
    {{ resolved_key(
        'lines', 'product_id', 'product_name',
        'product_by_id', 'product_by_name', 'product_key'
    ) }} as product_key,
    lines.quantity,
    lines.amount
from lines
left join product_keys as product_by_id
    on
        lines._source = product_by_id._source
        and product_by_id.reference_kind = 'id'
        and lines.product_id = product_by_id.reference
left join product_keys as product_by_name
    on
        lines._source = product_by_name._source
        and product_by_name.reference_kind = 'name'
        and lines.product_name = product_by_name.reference
