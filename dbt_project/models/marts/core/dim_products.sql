with products as (

    select * from {{ ref('int_products_referenced') }}

)

select
    product_key,
    _source as source,
    product_id,
    product_name,
    product_label as product,
    coalesce(product_family, '(none)') as product_family,
    list_price,
    currency,
    is_delivered,
    is_deleted
from products
