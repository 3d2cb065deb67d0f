{# The records of an object as they are now, without those that were deleted: one row per record, with
   the columns of its latest version. For objects whose past nobody asks for: one window instead of
   the three of record_versions. Events (`keeps_vanished`) have happened also when exports show them no
   more: those have `is_vanished`, and only what the tool flags as deleted is left out. Records that
   were merged away stay where `keeps_merged` says so: what names them means the survivor.
   Usage: {{ current_records('activities', 'activity_key') }} #}
{% macro current_records(object, key, keeps_vanished=false, keeps_merged=false) -%}
    select
        *
        {%- if keeps_vanished %},
        latest._op = 'delete' as is_vanished
        {%- endif %}
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
        {%- if not keeps_vanished %}
        and latest._op = 'upsert'
        {%- endif %}
        {%- if keeps_merged %}
        and (not coalesce(latest.is_deleted, false) or latest.merged_into_id is not null)
        {%- else %}
        and not coalesce(latest.is_deleted, false)
        {%- endif %}
{%- endmacro %}
