with lake as (

    select * from {{ source('lake', 'mapped__benchmarks') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as benchmark_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    kpi,
    percentile,
    value,
    currency,
    grain,
    scope,
    member,
    population,
    source,
    published_on,
    updated_at,
    is_deleted
from lake
