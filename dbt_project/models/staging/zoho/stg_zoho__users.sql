with lake as (

    select * from {{ source('lake', 'zoho__users') }}

)

select
    {{ dbt.concat(['_source', "':'", zoho_id('_key')]) }} as rep_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    {{ zoho_id('id') }} as user_id,
    {{ name_of('full_name', 'first_name', 'last_name') }} as user_name,
    email,
    cast(null as varchar) as crm_id,
    role,
    cast(null as varchar) as team,
    manager_name,
    cast(null as varchar) as region,
    timezone,
    cast(null as date) as hired_on,
    cast(null as date) as left_on,
    updated_at,
    cast(null as boolean) as is_deleted
from lake
