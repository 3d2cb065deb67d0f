with activities as (

    select * from {{ ref('int_activities_current') }}

),

rep_keys as (

    select * from {{ ref('int_rep_keys') }}

),

person_keys as (

    select * from {{ ref('int_person_keys') }}

),

people as (

    select
        people.person_key,
        min(people.mail_domain) as mail_domain,
        min(excluded.exclusion) as exclusion
    from {{ ref('int_people') }} as people
    left join {{ ref('int_people_excluded') }} as excluded
        on people.person_key = excluded.person_key
    group by people.person_key

),

value_map as (

    select * from {{ source('run', 'value_map') }}
    where object = 'activities' and column_name = 'disposition'

),

context as (

    select * from {{ source('run', 'context') }}

),

resolved as (

    select
        activities.activity_key,
        activities._source,
        activities.activity_id,
        activities.kind,
        activities.direction,
        activities.owner_id,
        activities.owner_name,
        {{ resolved_key(
            'activities', 'owner_id', 'owner_name',
            'rep_by_id', 'rep_by_name', 'rep_key'
        ) }} as rep_key,
        booker_by_id.rep_key as booked_by_rep_key,
        coalesce(person_by_id.person_key, person_by_email.person_key) as person_key,
        activities.person_email,
        activities.message_id,
        activities.counterpart_id,
        activities.linked_activity_id,
        activities.enrolment_id,
        activities.disposition,
        coalesce(
            value_map.meaning = 'connected',
            activities.is_connected
        ) as is_connected,
        coalesce(activities.is_automated, false) as is_automated,
        activities.occurred_at,
        activities.ended_at,
        activities.booked_at
    from activities
    left join rep_keys as rep_by_id
        on
            activities._source = rep_by_id._source
            and rep_by_id.reference_kind = 'id'
            and activities.owner_id = rep_by_id.reference
    left join rep_keys as rep_by_name
        on
            activities._source = rep_by_name._source
            and rep_by_name.reference_kind = 'name'
            and activities.owner_name = rep_by_name.reference
    left join rep_keys as booker_by_id
        on
            activities._source = booker_by_id._source
            and booker_by_id.reference_kind = 'id'
            and activities.booked_by_id = booker_by_id.reference
    left join person_keys as person_by_id
        on
            activities._source = person_by_id._source
            and person_by_id.reference_kind = 'id'
            and activities.person_id = person_by_id.reference
    left join person_keys as person_by_email
        on
            person_by_email.reference_kind = 'email'
            and lower(trim(activities.person_email)) = person_by_email.reference
    left join value_map
        on
            activities._source = value_map.source
            and activities.disposition = value_map.found_value

)

select
    resolved.activity_key,
    resolved._source,
    resolved.activity_id,
    resolved.kind,
    resolved.direction,
    resolved.owner_id,
    resolved.owner_name,
    resolved.rep_key,
    coalesce(resolved.booked_by_rep_key, resolved.rep_key) as booked_by_rep_key,
    resolved.person_key,
    people.exclusion as person_exclusion,
    resolved.message_id,
    resolved.counterpart_id,
    resolved.linked_activity_id,
    resolved.enrolment_id,
    resolved.disposition,
    resolved.is_connected,
    resolved.is_automated,
    resolved.occurred_at,
    resolved.ended_at,
    resolved.booked_at,
    {{ local_date('resolved.occurred_at', 'context.timezone') }} as occurred_on,
    {{ local_date('resolved.booked_at', 'context.timezone') }} as booked_on,
    -- a touch with one's own people is none
    coalesce(
        context.mail_domains like '%,' || coalesce(
            people.mail_domain, lower(split_part(resolved.person_email, '@', 2))
        ) || ',%',
        false
    ) as is_internal
from resolved
cross join context
left join people
    on resolved.person_key = people.person_key
