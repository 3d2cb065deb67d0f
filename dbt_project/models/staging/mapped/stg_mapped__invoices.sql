with lake as (

    select * from {{ source('lake', 'mapped__invoices') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as invoice_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    invoice_id,
    line_id,
    order_id,
    credited_invoice_id,
    opportunity_id,
    account_id,
    account_name,
    product_name,
    invoiced_on,
    amount,
    currency,
    updated_at,
    is_deleted
from lake
