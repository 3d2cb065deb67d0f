{# A person's place in the organisation as the members of scopes: `reps` gives the label, `versions` is
   the version of the user that held on the day in question; '(none)' where there is none. #}
{% macro rep_scopes(reps, versions, suffix='') -%}
    coalesce({{ reps }}.rep_label, '(none)') as rep{{ suffix }},
    coalesce({{ versions }}.team, '(none)') as team{{ suffix }},
    coalesce({{ versions }}.manager_name, '(none)') as manager{{ suffix }},
    coalesce({{ versions }}.region, '(none)') as region{{ suffix }},
    coalesce({{ versions }}.role, '(none)') as role{{ suffix }}
{%- endmacro %}
