{{ config(
    materialized='incremental',
    pre_hook="{{ take_out('activity_key', ref('touched_activities')) }}"
) }}
with activities as (

    {{ current_records('activities', 'activity_key', touched=ref('touched_activities')) }}

),

rep_keys as (

    select * from {{ ref('int_rep_keys') }}

),

person_keys as (

    select * from {{ ref('int_person_keys') }}

),

value_map as (

    select * from {{ source('run', 'value_map') }} where object = 'activities'

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
        {{ resolved_key(
            'activities', 'owner_id', 'owner_name',
            'rep_by_id', 'rep_by_name', 'rep_key'
        ) }} as rep_key,
        booker_by_id.rep_key as booked_by_rep_key,
        coalesce(person_by_id.person_key, person_by_email.person_key) as person_key,
        -- whoever an id names counts, with what is known of that person
        case
            when person_by_id.person_key is not null then person_by_id.mail_domain
            else person_by_email.mail_domain
        end as person_domain,
        case
            when person_by_id.person_key is not null then person_by_id.exclusion
            else person_by_email.exclusion
        end as person_exclusion,
        activities.person_email,
        activities.message_id,
        activities.counterpart_id,
        activities.linked_activity_id,
        activities.enrolment_id,
        activities.disposition,
        activities.meeting_outcome,
        coalesce(
            meeting_outcomes.meaning,
            case when activities.is_no_show then 'no_show' end
        ) as meeting_outcome_meaning,
        coalesce(
            dispositions.meaning = 'connected',
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
    left join value_map as dispositions
        on
            activities._source = dispositions.source
            and dispositions.column_name = 'disposition'
            and activities.disposition = dispositions.found_value
    left join value_map as meeting_outcomes
        on
            activities._source = meeting_outcomes.source
            and meeting_outcomes.column_name = 'meeting_outcome'
            and activities.meeting_outcome = meeting_outcomes.found_value

)

select
    resolved.activity_key,
    resolved._source,
    resolved.activity_id,
    resolved.kind,
    resolved.direction,
    resolved.rep_key,
    coalesce(resolved.booked_by_rep_key, resolved.rep_key) as booked_by_rep_key,
    resolved.person_key,
    resolved.person_exclusion,
    resolved.message_id,
    resolved.counterpart_id,
    resolved.linked_activity_id,
    resolved.enrolment_id,
    resolved.disposition,
    resolved.meeting_outcome,
    resolved.meeting_outcome_meaning,
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
            resolved.person_domain, lower(split_part(resolved.person_email, '@', 2))
        ) || ',%',
        false
    ) as is_internal
from resolved
cross join context
