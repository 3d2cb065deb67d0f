{% set versions = ref('int_leads_versions') -%}
{% set rep_keys = ref('int_rep_keys') -%}
{% set accounts = ref('int_leads_accounts') -%}
{% set imported = ref('int_leads_imported') -%}
{% set records = ref('int_person_records') -%}
{% set clusters = ref('int_person_clusters') -%}
{% set touched_people = ref('touched_people') -%}
{% if is_increment() -%}
with changed_reps as (

    {{ changed(rep_keys, ['_source', 'reference_kind', 'reference']) }}

),

-- leads that name a rep of whom something else is known now, belong to another account, or are part
-- of an import or no more
leads as (

    select versions.lead_key
    from {{ versions }} as versions
    inner join changed_reps
        on
            versions._source = changed_reps._source
            and changed_reps.reference_kind = 'id'
            and versions.owner_id = changed_reps.reference
    union
    select versions.lead_key
    from {{ versions }} as versions
    inner join changed_reps
        on
            versions._source = changed_reps._source
            and changed_reps.reference_kind = 'name'
            and versions.owner_name = changed_reps.reference
    union
    (
        {{ changed(accounts, ['lead_key']) }}
    )
    union
    (
        {{ changed(imported, ['lead_key']) }}
    )

),

people as (

    select
        people.native_key as lead_key,
        people.person_key
    from (
        {{ people(records, clusters) }}
    ) as people
    where people.record_kind = 'lead'

),

people_before as (

    select
        people.native_key as lead_key,
        people.person_key
    from (
        {{ people(before(records), before(clusters)) }}
    ) as people
    where people.record_kind = 'lead'

),

persons as (

    select person_key from {{ touched_people }}
    union
    select people.person_key
    from people
    where people.lead_key in (select leads.lead_key from leads)

)

-- all leads of a person follow one another: what an export brings is a touched person's
select people.lead_key
from people
where people.person_key in (select persons.person_key from persons)
union
select people_before.lead_key
from people_before
where people_before.person_key in (select persons.person_key from persons)
{%- else -%}
{{ no_keys('lead_key') }}
{%- endif %}
