with lake as (

    select * from {{ source('lake', 'mapped__exchange_rates') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as exchange_rate_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    base_currency,
    currency,
    rate_kind,
    rate_on,
    rate,
    updated_at,
    is_deleted
from lake
