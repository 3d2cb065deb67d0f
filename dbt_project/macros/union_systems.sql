{# All versions of an object from every enabled system. `mapped` is the first, because it gives the
   columns and types even when it is empty. The only place that knows which systems there are.
   Usage: {{ union_systems('accounts') }} #}
{% macro union_systems(object) -%}
    {%- for system in var('systems', ['mapped']) %}
    select * from {{ ref('stg_' ~ system ~ '__' ~ object) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
