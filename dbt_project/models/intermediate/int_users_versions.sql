with places as (

    select * from {{ ref('int_team_shares') }} where is_primary

),

users as (

    select * from {{ ref('int_users_delivered') }} where valid_to is null

),

org_changes as (

    select
        rep_key,
        min(_source) as _source,
        max(user_id) as user_id,
        max(user_name) as user_name,
        max(left_on) as left_on
    from {{ ref('int_org_changes_resolved') }}
    where rep_key is not null
    group by rep_key

),

context as (

    select * from {{ source('run', 'context') }}

),

described as (

    select
        *,
        {{ dbt.concat([
            "coalesce(team, '')", "'|'", "coalesce(manager_name, '')", "'|'",
            "coalesce(region, '')", "'|'", "coalesce(role, '')", "'|'",
            'cast(is_removed as varchar)',
        ]) }} as whereabouts
    from places

),

compared as (

    select
        *,
        lag(whereabouts) over (partition by rep_key order by valid_from_on) as whereabouts_before
    from described

),

numbered as (

    select
        *,
        count(case when whereabouts <> coalesce(whereabouts_before, '') then 1 end) over (
            partition by rep_key order by valid_from_on
        ) as version_number
    from compared

),

spans as (

    select
        rep_key,
        version_number,
        min(valid_from_on) as valid_from_on,
        max(valid_to_on) as valid_to_on,
        min(known_from_on) as known_from_on,
        min(team) as team,
        min(manager_name) as manager_name,
        min(region) as region,
        min(role) as role,
        bool_or(is_removed) as is_removed
    from numbered
    group by rep_key, version_number

)

select
    spans.rep_key,
    coalesce(users._source, org_changes._source) as _source,
    coalesce(users.user_id, org_changes.user_id) as user_id,
    coalesce(users.user_name, org_changes.user_name) as user_name,
    spans.version_number,
    spans.valid_from_on,
    spans.valid_to_on,
    spans.known_from_on,
    spans.team,
    spans.manager_name,
    spans.region,
    spans.role,
    users.timezone,
    users.hired_on,
    coalesce(org_changes.left_on, users.left_on) as left_on,
    spans.valid_from_on <= context.as_of_on and context.as_of_on < spans.valid_to_on as is_current,
    spans.known_from_on > spans.valid_from_on as is_inferred,
    spans.is_removed
from spans
cross join context
left join users
    on spans.rep_key = users.rep_key
left join org_changes
    on spans.rep_key = org_changes.rep_key
