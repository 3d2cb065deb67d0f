{% set batches = source('run', 'applied_batches') -%}
{% set rep_keys = ref('int_rep_keys') -%}
{% set person_keys = ref('int_person_keys') -%}
{% set touched_person_keys = ref('touched_person_keys') -%}
{% set activities = union_systems('activities') -%}
{% if is_increment() -%}
with changed_reps as (

    {{ changed(rep_keys, ['_source', 'reference_kind', 'reference']) }}

),

changed_people as (

    {{ changed(
        person_keys, ['_source', 'reference_kind', 'reference'],
        key='reference', touched=touched_person_keys
    ) }}

)

-- what an export brings, and what names a rep or a person of whom something else is known now
select distinct activities.activity_key
from (
    {{ activities }}
) as activities
left join changed_reps as owners_by_id
    on
        activities._source = owners_by_id._source
        and owners_by_id.reference_kind = 'id'
        and activities.owner_id = owners_by_id.reference
left join changed_reps as owners_by_name
    on
        activities._source = owners_by_name._source
        and owners_by_name.reference_kind = 'name'
        and activities.owner_name = owners_by_name.reference
left join changed_reps as bookers
    on
        activities._source = bookers._source
        and bookers.reference_kind = 'id'
        and activities.booked_by_id = bookers.reference
left join changed_people as people_by_id
    on
        activities._source = people_by_id._source
        and people_by_id.reference_kind = 'id'
        and activities.person_id = people_by_id.reference
left join changed_people as people_by_email
    on
        people_by_email.reference_kind = 'email'
        and lower(trim(activities.person_email)) = people_by_email.reference
where
    {{ is_new('activities._batch', batches) }}
    or owners_by_id.reference is not null
    or owners_by_name.reference is not null
    or bookers.reference is not null
    or people_by_id.reference is not null
    or people_by_email.reference is not null
{%- else -%}
{{ no_keys('activity_key') }}
{%- endif %}
