with lake as (

    select * from {{ source('lake', 'mapped__stage_changes') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as stage_change_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    stage_change_id,
    opportunity_id,
    stage,
    amount,
    expected_close_on,
    currency,
    changed_at,
    updated_at,
    is_deleted
from lake
