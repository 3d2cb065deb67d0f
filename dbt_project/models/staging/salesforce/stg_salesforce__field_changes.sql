with lake as (

    select * from {{ source('lake', 'salesforce__opportunity_field_history') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as field_change_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as field_change_id,
    opportunity_id,
    field,
    old_value,
    new_value,
    created_date as changed_at,
    cast(null as timestamp) as updated_at,
    is_deleted
from lake
