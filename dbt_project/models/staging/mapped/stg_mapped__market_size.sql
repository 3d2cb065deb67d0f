with lake as (

    select * from {{ source('lake', 'mapped__market_size') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as market_size_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    period_start,
    period_end,
    country,
    segment,
    amount,
    currency,
    source,
    published_on,
    updated_at,
    is_deleted
from lake
