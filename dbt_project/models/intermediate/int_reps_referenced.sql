with users as (

    select * from {{ ref('int_users_versions') }} where is_current

),

named as (

    select
        rep_key,
        _source,
        owner_id,
        owner_name
    from {{ ref('int_opportunities_versions') }}
    union all
    select
        rep_key,
        _source,
        owner_id,
        owner_name
    from {{ ref('int_deal_splits_resolved') }}
    union all
    select
        rep_key,
        _source,
        owner_id,
        owner_name
    from {{ ref('int_quotas_resolved') }}

),

referenced as (

    select
        rep_key,
        _source,
        user_id as rep_id,
        coalesce(user_name, user_id) as rep_name,
        true as is_delivered
    from users
    union all
    select
        named.rep_key,
        named._source,
        max(named.owner_id) as rep_id,
        max(coalesce(named.owner_name, named.owner_id)) as rep_name,
        false as is_delivered
    from named
    left join users
        on named.rep_key = users.rep_key
    where named.rep_key is not null and users.rep_key is null
    group by named.rep_key, named._source

)

select
    referenced.*,
    {{ unique_label('rep_name', 'rep_key') }} as rep_label
from referenced
