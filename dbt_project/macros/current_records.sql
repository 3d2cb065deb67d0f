{# The records of an object as they are now, without those that were deleted: one row per record, with
   the columns of its latest version. For objects whose past nobody asks for. Most records have one
   version: only of the others the latest is looked for, on narrow rows. Events (`keeps_vanished`) have
   happened also when exports show them no more: those have `is_vanished`, and only what the tool flags
   as deleted is left out. Records that were merged away stay where `keeps_merged` says so: what names
   them means the survivor.
   In a model that changes what is new, only the `touched` keys are looked at.
   Usage: {{ current_records('contacts', 'contact_key', keeps_merged=true) }} #}
{% macro current_records(object, key, keeps_vanished=false, keeps_merged=false, touched=none) -%}
    select
        changes.*
        {%- if keeps_vanished %},
        changes._op = 'delete' as is_vanished
        {%- endif %}
    from (
        {{ union_systems(object) }}
    ) as changes
    left join (
        select
            moments.{{ key }},
            moments._as_of,
            max(moments._batch) as _batch
        from (
            {{ union_systems(object) }}
        ) as moments
        inner join (
            select
                counted.{{ key }},
                max(counted._as_of) as _as_of
            from (
                {{ union_systems(object) }}
            ) as counted
            {%- if touched %}
            where {{ is_touched('counted.' ~ key, touched) }}
            {%- endif %}
            group by counted.{{ key }}
            having count(*) > 1
        ) as repeated
            on
                moments.{{ key }} = repeated.{{ key }}
                and moments._as_of = repeated._as_of
        group by moments.{{ key }}, moments._as_of
    ) as latest
        on changes.{{ key }} = latest.{{ key }}
    where
        (
            latest.{{ key }} is null
            or (changes._as_of = latest._as_of and changes._batch = latest._batch)
        )
        {%- if touched %}
        and {{ is_touched('changes.' ~ key, touched) }}
        {%- endif %}
        {%- if not keeps_vanished %}
        and changes._op = 'upsert'
        {%- endif %}
        {%- if keeps_merged %}
        and (not coalesce(changes.is_deleted, false) or changes.merged_into_id is not null)
        {%- else %}
        and not coalesce(changes.is_deleted, false)
        {%- endif %}
{%- endmacro %}
