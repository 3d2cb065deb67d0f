with reps as (

    select * from {{ ref('dim_reps') }} where is_current

),

org_changes as (

    select * from {{ ref('int_org_changes_resolved') }}

),

org_places as (

    select
        org_places._source as source,
        org_places.team_count,
        org_places.is_share_scaled,
        org_places.is_share_missing,
        {{ dbt.concat(['reps.rep', "' from '", 'cast(org_places.known_from_on as varchar)']) }}
            as person_and_day
    from {{ ref('int_org_places') }} as org_places
    inner join reps
        on org_places.rep_key = reps.rep_key

),

users as (

    select * from {{ ref('int_users_versions') }} where is_current and not is_removed

),

zones as (

    select distinct timezone from {{ source('run', 'business_calendars') }}

),

-- what no source delivers at all is no surprise in a record that names it
delivered as (

    select object from {{ ref('int_object_coverage') }} where is_delivered

),

user_zones as (

    select
        users._source as source,
        'users' as object,
        'timezone' as column_name,
        users.timezone as found_value,
        'no time zone of the IANA database: the region''s, else the company''s is taken'
            as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from users
    left join zones
        on users.timezone = zones.timezone
    where users.timezone is not null and zones.timezone is null
    group by users._source, users.timezone

),

unknown_people as (

    select
        _source as source,
        'org_changes' as object,
        'user' as column_name,
        coalesce(user_name, user_id, '(an address)') as found_value,
        case
            when rep_key is null then 'not in the users: the row is left out'
            else 'not in the users: kept as a person of their own'
        end as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from org_changes
    where not is_user and (rep_key is null or 'users' in (select delivered.object from delivered))
    group by _source, coalesce(user_name, user_id, '(an address)'), rep_key is null

),

undated_places as (

    select
        _source as source,
        'org_changes' as object,
        'effective_on' as column_name,
        '(none)' as found_value,
        'no first day: the row is left out' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from org_changes
    where effective_on is null
    group by _source

),

unbalanced_places as (

    select
        source,
        'org_changes' as object,
        'share' as column_name,
        person_and_day as found_value,
        'shares do not add up to 1 for the day: scaled to 1' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from org_places
    where is_share_scaled
    group by source, person_and_day

),

crowded_places as (

    select
        source,
        'org_changes' as object,
        'team' as column_name,
        person_and_day as found_value,
        'several teams without shares: the one that began last has the person' as treatment,
        max(team_count) as row_count,
        cast(null as decimal(38, 2)) as amount
    from org_places
    where is_share_missing
    group by source, person_and_day

)

select * from user_zones
union all
select * from unknown_people
union all
select * from undated_places
union all
select * from unbalanced_places
union all
select * from crowded_places
