with lake as (

    select * from {{ source('lake', 'mapped__field_changes') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as field_change_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    field_change_id,
    opportunity_id,
    field,
    old_value,
    new_value,
    changed_at,
    updated_at,
    is_deleted
from lake
