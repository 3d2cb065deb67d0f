with users as (

    select
        rep_key as record_key,
        _source,
        lower(trim(email)) as email,
        row_number() over (partition by rep_key order by version_number desc) as versions_back
    from {{ ref('int_users_delivered') }}
    where _op = 'upsert'

),

source_orders as (

    select
        source,
        min(source_order) as source_order
    from {{ source('run', 'sources') }}
    group by source

),

-- a person with a user in several tools is the user of the source that the config names first
first_sources as (

    select
        users.email,
        min(source_orders.source_order) as source_order
    from users
    inner join source_orders
        on users._source = source_orders.source
    where users.versions_back = 1 and users.email is not null
    group by users.email

),

chosen as (

    select
        users.email,
        source_orders.source,
        min(users.record_key) as rep_key
    from users
    inner join source_orders
        on users._source = source_orders.source
    inner join first_sources
        on
            users.email = first_sources.email
            and source_orders.source_order = first_sources.source_order
    where users.versions_back = 1
    group by users.email, source_orders.source

)

select
    users.record_key,
    users._source,
    users.email,
    case
        when users._source <> chosen.source then chosen.rep_key
        else users.record_key
    end as rep_key
from users
left join chosen
    on users.email = chosen.email
where users.versions_back = 1
