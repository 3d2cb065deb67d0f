{% set records = ref('int_person_records') -%}
{% set clusters = ref('int_person_clusters') -%}
{% set excluded = ref('int_people_excluded') -%}
{% set touched_records = ref('touched_person_records') -%}
{% if is_increment() -%}
-- whom a touched record is one of, or was; whose addresses are brought together otherwise; and who
-- is excluded now, or no more
select people.person_key
from (
    {{ people(records, clusters) }}
) as people
where {{ is_touched('people.record_key', touched_records) }}
union
select people.person_key
from (
    {{ people(before(records), before(clusters)) }}
) as people
where {{ is_touched('people.record_key', touched_records) }}
union
(
    {{ changed(clusters, ['person_key']) }}
)
union
(
    {{ changed(excluded, ['person_key']) }}
)
{%- else -%}
{{ no_keys('person_key') }}
{%- endif %}
