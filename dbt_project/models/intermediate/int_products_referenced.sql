with products as (

    select * from {{ ref('int_products_versions') }} where is_current

),

opportunities as (

    select * from {{ ref('int_opportunities_versions') }}

),

lines as (

    select * from {{ ref('int_opportunity_lines_resolved') }}

),

named as (

    select
        product_key,
        _source,
        product_id,
        product_name
    from opportunities
    where product_key is not null
    union all
    select
        product_key,
        _source,
        product_id,
        product_name
    from lines
    where product_key is not null

),

referenced as (

    select
        product_key,
        _source,
        product_id,
        coalesce(product_name, product_id) as product_name,
        product_family,
        list_price,
        currency,
        is_removed as is_deleted,
        true as is_delivered
    from products
    union all
    select
        named.product_key,
        named._source,
        max(named.product_id) as product_id,
        max(coalesce(named.product_name, named.product_id)) as product_name,
        cast(null as varchar) as product_family,
        cast(null as decimal(18, 2)) as list_price,
        cast(null as varchar) as currency,
        false as is_deleted,
        false as is_delivered
    from named
    left join products
        on named.product_key = products.product_key
    where products.product_key is null
    group by named.product_key, named._source

)

select
    referenced.*,
    {{ unique_label('product_name', 'product_key') }} as product_label
from referenced
