{% set touched = ref('touched_activities') -%}
{% set activities = ref('int_activities') -%}
{% if is_increment() -%}
with sources as (

    select distinct _source from {{ activities }}
    union all
    select distinct _source from {{ before(activities) }}

),

-- the first records of a source are compared with all others
changed_sources as (

    select _source
    from sources
    group by _source
    having count(*) = 1

)

-- whether a record is compared with others depends on the one that it names as the same touch
select activity_key from {{ touched }}
union
select activities.activity_key
from {{ activities }} as activities
inner join {{ touched }} as touched
    on
        {{ dbt.concat(['activities._source', "':'", 'activities.linked_activity_id']) }}
        = touched.activity_key
union
select activities.activity_key
from {{ activities }} as activities
where exists (select changed_sources._source from changed_sources)
{%- else -%}
{{ no_keys('activity_key') }}
{%- endif %}
