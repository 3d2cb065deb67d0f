with users as (

    select
        rep_key as record_key,
        _source,
        {{ mail_address('email') }} as email,
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

edges as (

    select
        record_key as left_key,
        matched_key as right_key
    from {{ ref('int_rep_links') }}
    where status <> 'ambiguous'

),

{{ connected('edges') }}

-- a person is the user of the source that the config names first
select
    users.record_key,
    users._source,
    users.email,
    case
        when connected.cluster_key is null then users.record_key
        else first_value(users.record_key) over (
            partition by connected.cluster_key
            order by source_orders.source_order, users.record_key
            rows between unbounded preceding and unbounded following
        )
    end as rep_key
from users
inner join source_orders
    on users._source = source_orders.source
left join connected
    on users.record_key = connected.node_key
where users.versions_back = 1
