{% set records = ref('int_person_records') -%}
{% set clusters = ref('int_person_clusters') -%}
{% set touched_people = ref('touched_people') -%}
{% if is_increment() -%}
with people as (

    select
        people.person_key,
        people.record_id,
        people.email
    from (
        {{ people(records, clusters) }}
    ) as people
    where {{ is_touched('people.person_key', touched_people) }}
    union all
    select
        people.person_key,
        people.record_id,
        people.email
    from (
        {{ people(before(records), before(clusters)) }}
    ) as people
    where {{ is_touched('people.person_key', touched_people) }}

)

-- the ids and addresses of touched persons
select record_id as reference
from people
where record_id is not null
union
select email as reference
from people
where email is not null
{%- else -%}
{{ no_keys('reference') }}
{%- endif %}
