{# One row per enrolment that a tool's activities name: its first touch and who made it, the first
   answer that a human wrote, how many answers there were, automatic ones among them, and the newest
   export that tells of it. Of two records of one touch the one is left out that names the other.
   Usage: {{ enrolments_touched(ref('stg_lemlist__activities')) }} #}
{% macro enrolments_touched(activities) -%}
    select
        counted._source,
        counted.enrolment_id,
        split_part(counted.enrolment_id, '/', 1) as campaign_id,
        split_part(counted.enrolment_id, '/', 2) as person_name,
        max(counted._as_of) as _as_of,
        max(counted._batch) as _batch,
        min(counted._row) as _row,
        min(counted.person_id) as person_id,
        min_by(
            counted.owner_id,
            case when counted.direction = 'outbound' then counted.occurred_at end
        ) as owner_id,
        min(
            case
                when counted.direction = 'outbound' and counted.kind in ('call', 'email', 'message')
                    then counted.occurred_at
            end
        ) as first_touch_at,
        min(
            case
                when counted.direction = 'inbound' and counted.kind in ('email', 'message')
                    then counted.occurred_at
            end
        ) as first_answer_at,
        count(case when counted.direction = 'inbound' then 1 end) as answer_count
    from (
        select
            *,
            row_number() over (
                partition by activity_key order by _as_of desc, _batch desc
            ) as versions_back
        from {{ activities }}
        where enrolment_id is not null
    ) as counted
    left join (
        select distinct activity_key from {{ activities }}
    ) as named
        on
            {{ dbt.concat(['counted._source', "':'", 'counted.linked_activity_id']) }}
            = named.activity_key
    where counted.versions_back = 1 and counted._op = 'upsert' and named.activity_key is null
    group by counted._source, counted.enrolment_id
{%- endmacro %}
