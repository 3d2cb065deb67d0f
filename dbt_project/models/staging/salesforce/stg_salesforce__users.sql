with users as (

    select * from {{ source('lake', 'salesforce__user') }}

),

latest_users as (

    {{ latest_records('users') }}

),

latest_roles as (

    {{ latest_records(source('lake', 'salesforce__user_role')) }}

)

-- a user's role is the team, the role above it the region; Salesforce keeps no history of either
select
    {{ dbt.concat(['users._source', "':'", 'users._key']) }} as rep_key,
    users._source,
    users._as_of,
    users._batch,
    users._row,
    users._op,
    users.id as user_id,
    users.name as user_name,
    users.email,
    cast(null as varchar) as crm_id,
    users.title as role,
    roles.name as team,
    managers.name as manager_name,
    upper_roles.name as region,
    users.timezone,
    cast(null as date) as hired_on,
    cast(null as date) as left_on,
    users.updated_at,
    cast(null as boolean) as is_deleted
from users
left join latest_roles as roles
    on
        users._source = roles._source
        and users.user_role_id = roles.id
left join latest_roles as upper_roles
    on
        roles._source = upper_roles._source
        and roles.parent_role_id = upper_roles.id
left join latest_users as managers
    on
        users._source = managers._source
        and users.manager_id = managers.id
