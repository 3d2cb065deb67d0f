with records as (

    select distinct
        users._source,
        identities.rep_key,
        users.user_id,
        users.user_name
    from {{ ref('int_users_delivered') }} as users
    inner join {{ ref('int_rep_identities') }} as identities
        on users.rep_key = identities.record_key
    where users._op = 'upsert'

),

names as (

    select
        _source,
        user_name,
        min(rep_key) as rep_key
    from records
    where user_name is not null
    group by _source, user_name
    having count(distinct rep_key) = 1

),

names_anywhere as (

    select
        user_name,
        min(rep_key) as rep_key
    from records
    where user_name is not null
    group by user_name
    having count(distinct rep_key) = 1

),

emails as (

    select
        email,
        min(rep_key) as rep_key
    from {{ ref('int_rep_identities') }}
    where email is not null
    group by email

)

-- by id and name within a source; by address, and by a name that is one person's, across all
select distinct
    _source,
    'id' as reference_kind,
    user_id as reference,
    rep_key
from records
where user_id is not null
union all
select
    _source,
    'name' as reference_kind,
    user_name as reference,
    rep_key
from names
union all
select
    cast(null as varchar) as _source,
    'email' as reference_kind,
    email as reference,
    rep_key
from emails
union all
select
    cast(null as varchar) as _source,
    'name anywhere' as reference_kind,
    user_name as reference,
    rep_key
from names_anywhere
