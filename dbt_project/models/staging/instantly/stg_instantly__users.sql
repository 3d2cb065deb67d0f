with emails as (

    select * from {{ source('lake', 'instantly__emails') }}

),

webhook_events as (

    select * from {{ source('lake', 'instantly__webhook_events') }}

),

senders as (

    select
        _source,
        _as_of,
        _batch,
        _row,
        lower(trim(mailbox)) as email
    from emails
    where mailbox is not null and _op = 'upsert'
    union all
    select
        _source,
        _as_of,
        _batch,
        _row,
        lower(trim(mailbox)) as email
    from webhook_events
    where mailbox is not null and _op = 'upsert'

),

-- all that is known of who writes is the mailbox
mailboxes as (

    select
        _source,
        _as_of,
        _batch,
        min(_row) as _row,
        email,
        {{ dbt.hash('email') }} as user_id
    from senders
    group by _source, _as_of, _batch, email

)

select
    {{ dbt.concat(['_source', "':'", 'user_id']) }} as rep_key,
    _source,
    _as_of,
    _batch,
    _row,
    'upsert' as _op,
    user_id,
    split_part(email, '@', 1) as user_name,
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
from mailboxes
