{% set touched = ref('touched_activities') -%}
{% set activities = ref('int_activities') -%}
{% if is_increment() -%}
-- whether a record is compared with others depends on the one that it names as the same touch
select activity_key from {{ touched }}
union
select activities.activity_key
from {{ activities }} as activities
inner join {{ touched }} as touched
    on
        {{ dbt.concat(['activities._source', "':'", 'activities.linked_activity_id']) }}
        = touched.activity_key
{%- else -%}
{{ no_keys('activity_key') }}
{%- endif %}
