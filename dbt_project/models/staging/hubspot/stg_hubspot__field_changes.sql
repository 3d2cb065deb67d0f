with lake as (

    select * from {{ source('lake', 'hubspot__deal_history') }}

)

-- a history says what a property became; what it was before is the value before it. That of the
-- stage is in stage_changes, by its label
select
    {{ dbt.concat(['_source', "':'", '_key']) }} as field_change_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    _key as field_change_id,
    deal_id as opportunity_id,
    property as field,
    lag(value) over (
        partition by _source, deal_id, property order by changed_at, _as_of, _batch, _row
    ) as old_value,
    value as new_value,
    changed_at,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from lake
where property <> 'dealstage'
