{# A person's place in the organisation as the members of scopes: `reps` gives the label, `versions` is
   the version of the user that held on the day in question, without removed ones; '(none)' where there
   is none. A user is somebody on every day until they are deleted: without a version, nobody. #}
{% macro rep_scopes(reps, versions, suffix='') -%}
    case
        when {{ reps }}.is_delivered and {{ versions }}.rep_key is null then '(none)'
        else coalesce({{ reps }}.rep_label, '(none)')
    end as rep{{ suffix }},
    coalesce({{ versions }}.team, '(none)') as team{{ suffix }},
    coalesce({{ versions }}.manager_name, '(none)') as manager{{ suffix }},
    coalesce({{ versions }}.region, '(none)') as region{{ suffix }},
    coalesce({{ versions }}.role, '(none)') as role{{ suffix }}
{%- endmacro %}
