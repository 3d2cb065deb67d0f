with lake as (

    select * from {{ source('lake', 'hubspot__owners') }} where coalesce(type, 'PERSON') <> 'QUEUE'

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as rep_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as user_id,
    {{ name_of('null', 'first_name', 'last_name') }} as user_name,
    email,
    cast(null as varchar) as crm_id,
    cast(null as varchar) as role,
    -- [{"id": "7", "name": "North", "primary": true}]
    coalesce(
        team,
        nullif(split_part(split_part(replace(teams, ': "', ':"'), '"name":"', 2), '"', 1), '')
    ) as team,
    cast(null as varchar) as manager_name,
    cast(null as varchar) as region,
    cast(null as varchar) as timezone,
    cast(null as date) as hired_on,
    cast(null as date) as left_on,
    updated_at,
    is_archived as is_deleted
from lake
