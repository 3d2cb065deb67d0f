with lake as (

    select * from {{ source('lake', 'mapped__org_changes') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as org_change_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    user_id,
    user_email,
    user_name,
    effective_on,
    team,
    manager_name,
    region,
    role,
    share,
    left_on,
    updated_at,
    is_deleted
from lake
