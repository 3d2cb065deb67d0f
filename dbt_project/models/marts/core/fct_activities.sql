{% set touched = ref('touched_activity_facts') -%}
{{ config(
    materialized='incremental',
    pre_hook="{{ take_out('activity_key', ref('touched_activity_facts')) }}"
) }}
with activities as (

    select * from {{ ref('int_activities') }} where {{ is_touched('activity_key', touched) }}

),

duplicates as (

    select * from {{ ref('int_activities_matched') }}

),

reps as (

    select * from {{ ref('int_reps_referenced') }}

),

rep_versions as (

    select * from {{ ref('int_users_versions') }} where not is_removed

),

context as (

    select * from {{ source('run', 'context') }}

),

compared as (

    select
        activities.*,
        duplicates.duplicate_of_key,
        duplicates.duplicate_rule,
        activities.person_exclusion is null
        and not activities.is_internal
        and duplicates.activity_key is null as is_counted
    from activities
    left join duplicates
        on activities.activity_key = duplicates.activity_key

),

-- an outbound touch with somebody outside, that has happened by the as-of, once
judged as (

    select
        activities.*,
        coalesce(activities.direction = 'outbound', false)
        and activities.is_counted
        and coalesce(activities.occurred_at < context.as_of, false) as is_touch,
        activities.is_counted
        and activities.kind = 'meeting'
        and coalesce(activities.booked_at < context.as_of, false) as is_meeting_booked,
        coalesce(activities.ended_at, activities.occurred_at) <= context.as_of as is_over
    from compared as activities
    cross join context

)

select
    judged.activity_key,
    judged._source as source,
    judged.person_key,
    judged.rep_key,
    judged.booked_by_rep_key,
    case
        when judged.enrolment_id is not null
            then {{ dbt.concat(['judged._source', "':'", 'judged.enrolment_id']) }}
    end as enrolment_key,
    judged.kind,
    coalesce(judged.direction, '(none)') as direction,
    coalesce(judged.disposition, '(none)') as disposition,
    coalesce(judged.meeting_outcome, '(none)') as meeting_outcome,
    judged.meeting_outcome_meaning,
    judged.duplicate_of_key,
    judged.duplicate_rule,
    coalesce(
        judged.person_exclusion, case when judged.is_internal then 'internal' end
    ) as exclusion,
    {{ rep_scopes('reps', 'rep_versions') }},
    {{ rep_scopes('bookers', 'booker_versions', '_at_booking') }},
    judged.is_automated,
    judged.is_internal,
    judged.duplicate_of_key is not null as is_duplicate,
    judged.is_touch and judged.kind = 'call' as is_call_made,
    coalesce(judged.is_touch and judged.kind = 'call' and judged.is_connected is not null, false)
        as is_dial_with_disposition,
    coalesce(judged.is_touch and judged.kind = 'call' and judged.is_connected, false)
        as is_connect,
    judged.is_touch and judged.kind = 'email' as is_mail_sent,
    judged.is_touch and judged.kind = 'email' and judged.is_automated as is_automated_mail,
    judged.is_meeting_booked,
    -- where nothing is said of a meeting, one that is over is presumed held
    coalesce(
        judged.is_touch
        and judged.kind = 'meeting'
        and case
            when coalesce(judged.meeting_outcome, judged.meeting_outcome_meaning) is null
                then judged.is_over
            else judged.meeting_outcome_meaning = 'held'
        end,
        false
    ) as is_meeting_held,
    coalesce(
        judged.is_touch
        and judged.kind = 'meeting'
        and judged.meeting_outcome_meaning = 'no_show',
        false
    ) as is_meeting_no_show,
    judged.occurred_on,
    judged.booked_on,
    judged.occurred_at,
    judged.ended_at,
    judged.booked_at
from judged
left join reps
    on judged.rep_key = reps.rep_key
left join rep_versions
    on
        judged.rep_key = rep_versions.rep_key
        and rep_versions.valid_from_on <= judged.occurred_on
        and judged.occurred_on < rep_versions.valid_to_on
left join reps as bookers
    on judged.booked_by_rep_key = bookers.rep_key
left join rep_versions as booker_versions
    on
        judged.booked_by_rep_key = booker_versions.rep_key
        and booker_versions.valid_from_on <= judged.booked_on
        and judged.booked_on < booker_versions.valid_to_on
