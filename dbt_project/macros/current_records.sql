{# The records of an object as they are now, without those that were deleted: one row per record, with
   the columns of its latest version. For objects whose past nobody asks for: one window instead of
   the three of record_versions.
   Usage: {{ current_records('activities', 'activity_key') }} #}
{% macro current_records(object, key) -%}
    select *
    from (
        select
            changes.*,
            row_number() over (
                partition by changes.{{ key }} order by changes._as_of desc, changes._batch desc
            ) as versions_back
        from (
            {{ union_systems(object) }}
        ) as changes
    ) as latest
    where
        latest.versions_back = 1
        and latest._op = 'upsert'
        and not coalesce(latest.is_deleted, false)
{%- endmacro %}
