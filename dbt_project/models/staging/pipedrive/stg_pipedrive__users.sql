with lake as (

    select * from {{ source('lake', 'pipedrive__users') }}

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
    cast(null as varchar) as crm_id,
    cast(null as varchar) as role,
    cast(null as varchar) as team,
    cast(null as varchar) as manager_name,
    cast(null as varchar) as region,
    timezone,
    cast(null as date) as hired_on,
    cast(null as date) as left_on,
    updated_at,
    cast(null as boolean) as is_deleted
from lake
