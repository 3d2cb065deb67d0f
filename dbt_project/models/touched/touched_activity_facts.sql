{% set touched = ref('touched_activities') -%}
{% set activities = ref('int_activities') -%}
{% set matched = ref('int_activities_matched') -%}
{% set reps = ref('int_reps_referenced') -%}
{% set rep_versions = ref('int_users_versions') -%}
{% set context = source('run', 'context') -%}
{% if is_increment() -%}
with changed_reps as (

    {{ changed(reps, ['rep_key']) }}
    union
    {{ changed(rep_versions, ['rep_key']) }}

),

-- what lies between the last as-of and this one has happened since
moments as (

    select
        least(present.as_of, past.as_of) as earlier,
        greatest(present.as_of, past.as_of) as later
    from {{ context }} as present
    cross join {{ before(context) }} as past

)

select activity_key from {{ touched }}
union
select changes.activity_key
from (
    {{ changed(matched, ['activity_key']) }}
) as changes
union
select activities.activity_key
from {{ activities }} as activities
cross join moments
where
    activities.occurred_at between moments.earlier and moments.later
    or activities.ended_at between moments.earlier and moments.later
    or activities.booked_at between moments.earlier and moments.later
    or activities.rep_key in (select changed_reps.rep_key from changed_reps)
    or activities.booked_by_rep_key in (select changed_reps.rep_key from changed_reps)
{%- else -%}
{{ no_keys('activity_key') }}
{%- endif %}
