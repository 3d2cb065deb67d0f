with lake as (

    select * from {{ source('lake', 'mapped__holidays') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as holiday_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    holiday_on,
    region,
    name,
    is_working_day,
    updated_at,
    is_deleted
from lake
