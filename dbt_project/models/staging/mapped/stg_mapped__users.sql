with lake as (

    select * from {{ source('lake', 'mapped__users') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as rep_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    user_id,
    user_name,
    email,
    crm_id,
    role,
    team,
    manager_name,
    region,
    timezone,
    hired_on,
    left_on,
    updated_at,
    is_deleted
from lake
