{# All versions of an object's records, each with the half-open time in which it held: from the export
   that showed it to the next one that showed another. The first version holds since ever, because
   nothing earlier is known. Several exports of one moment: the one taken up last counts; as they are
   few, they are looked for on narrow rows.
   `valid_from_on`/`valid_to_on` are the company's days, for states at a day's end. A record that can be
   merged into another (`merges`) is removed from then on.
   In a model that changes what is new, only the `touched` keys are looked at.
   Usage: {{ record_versions('accounts', 'account_key', merges=true) }} #}
{% macro record_versions(object, key, merges=false, touched=none) -%}
    select
        versions.*,
        case
            when versions.version_number = 1 then cast('1900-01-01' as date)
            else {{ covered_date('versions._as_of', 'context.timezone') }}
        end as valid_from_on,
        case
            when versions.valid_to is null then cast('9999-12-31' as date)
            else {{ covered_date('versions.valid_to', 'context.timezone') }}
        end as valid_to_on,
        versions.valid_to is null as is_current,
        versions._op = 'delete'
        or coalesce(versions.is_deleted, false)
        {%- if merges %}
        or versions.merged_into_id is not null
        {%- endif %} as is_removed
    from (
        select
            moments.*,
            lead(moments._as_of) over (
                partition by moments.{{ key }} order by moments._as_of
            ) as valid_to,
            row_number() over (
                partition by moments.{{ key }} order by moments._as_of
            ) as version_number
        from (
            select changes.*
            from (
                {{ union_systems(object) }}
            ) as changes
            left join (
                select
                    repeated.{{ key }},
                    repeated._as_of,
                    max(repeated._batch) as _batch
                from (
                    {{ union_systems(object) }}
                ) as repeated
                {%- if touched %}
                where {{ is_touched('repeated.' ~ key, touched) }}
                {%- endif %}
                group by repeated.{{ key }}, repeated._as_of
                having count(*) > 1
            ) as latest
                on
                    changes.{{ key }} = latest.{{ key }}
                    and changes._as_of = latest._as_of
            where
                (latest.{{ key }} is null or changes._batch = latest._batch)
                {%- if touched %}
                and {{ is_touched('changes.' ~ key, touched) }}
                {%- endif %}
        ) as moments
    ) as versions
    cross join {{ source('run', 'context') }} as context
{%- endmacro %}
