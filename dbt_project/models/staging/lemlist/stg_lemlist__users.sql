with activities as (

    select * from {{ source('lake', 'lemlist__activities') }}

),

-- no list of users is exported: who they are is told with what was sent in their names
senders as (

    select
        _source,
        _as_of,
        _batch,
        _row,
        coalesce(send_user_id, {{ dbt.hash('lower(trim(send_user_email))') }}) as user_id,
        send_user_name as user_name,
        lower(trim(send_user_email)) as email
    from activities
    where _op = 'upsert'

),

users as (

    select
        _source,
        _as_of,
        _batch,
        min(_row) as _row,
        user_id,
        max(user_name) as user_name,
        min(email) as email
    from senders
    where user_id is not null
    group by _source, _as_of, _batch, user_id

)

select
    {{ dbt.concat(['_source', "':'", 'user_id']) }} as rep_key,
    _source,
    _as_of,
    _batch,
    _row,
    'upsert' as _op,
    user_id,
    user_name,
    email,
    cast(null as varchar) as crm_id,
    cast(null as varchar) as role,
    cast(null as varchar) as team,
    cast(null as varchar) as manager_name,
    cast(null as varchar) as region,
    cast(null as varchar) as timezone,
    cast(null as date) as hired_on,
    cast(null as date) as left_on,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from users
