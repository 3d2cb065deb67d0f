with lake as (

    select * from {{ source('lake', 'outreach__users') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as rep_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as user_id,
    name as user_name,
    email,
    crm_id,
    title as role,
    cast(null as varchar) as team,
    cast(null as varchar) as manager_name,
    cast(null as varchar) as region,
    timezone,
    cast(null as date) as hired_on,
    cast(null as date) as left_on,
    updated_at,
    lower(dml_type) = 'delete' as is_deleted
from lake
