with lake as (

    select * from {{ source('lake', 'pipedrive__deal_flow') }}

)

-- stage and status are in the history of stages
select
    {{ dbt.concat(['_source', "':'", '_key']) }} as field_change_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    coalesce(change_id, _key) as field_change_id,
    item_id as opportunity_id,
    field_key as field,
    old_value,
    new_value,
    log_time as changed_at,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from lake
where item_id is not null and field_key not in ('stage_id', 'status')
