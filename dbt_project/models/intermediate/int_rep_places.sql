with users as (

    select delivered.*
    from {{ ref('int_users_delivered') }} as delivered
    inner join {{ ref('int_rep_identities') }} as identities
        on delivered.rep_key = identities.record_key
    where identities.record_key = identities.rep_key

),

org_places as (

    select * from {{ ref('int_org_places') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

org_people as (

    select distinct rep_key from org_places

),

removals as (

    select
        users.rep_key,
        users.valid_from_on,
        users.is_removed,
        lag(users.is_removed) over (
            partition by users.rep_key order by users.version_number
        ) as was_removed
    from users
    inner join org_people
        on users.rep_key = org_people.rep_key

),

-- the days on which the place of somebody in the org file changes, or their user comes or goes
cuts as (

    select
        rep_key,
        valid_from_on
    from org_places
    union distinct
    select
        rep_key,
        valid_from_on
    from removals
    where is_removed <> coalesce(was_removed, false)

),

spans as (

    select
        rep_key,
        valid_from_on,
        lead(valid_from_on, 1, cast('9999-12-31' as date)) over (
            partition by rep_key order by valid_from_on
        ) as valid_to_on
    from cuts

)

select
    spans.rep_key,
    spans.valid_from_on,
    spans.valid_to_on,
    greatest(org_places.known_from_on, spans.valid_from_on) as known_from_on,
    org_places.team,
    org_places.manager_name,
    org_places.region,
    org_places.role,
    org_places.share,
    org_places.is_primary,
    org_places.is_share_scaled,
    coalesce(users.is_removed, false) as is_removed
from spans
inner join org_places
    on
        spans.rep_key = org_places.rep_key
        and org_places.valid_from_on <= spans.valid_from_on
        and spans.valid_from_on < org_places.valid_to_on
left join users
    on
        spans.rep_key = users.rep_key
        and users.valid_from_on <= spans.valid_from_on
        and spans.valid_from_on < users.valid_to_on
union all
-- whom the org file does not name is where the exports of users say
select
    users.rep_key,
    users.valid_from_on,
    users.valid_to_on,
    case
        when users.version_number = 1 then {{ covered_date('users._as_of', 'context.timezone') }}
        else users.valid_from_on
    end as known_from_on,
    users.team,
    users.manager_name,
    users.region,
    users.role,
    1 as share,
    true as is_primary,
    false as is_share_scaled,
    users.is_removed
from users
cross join context
left join org_people
    on users.rep_key = org_people.rep_key
where org_people.rep_key is null and users.valid_from_on < users.valid_to_on
