{# What the last statement that says something of `column` says, NULL being something: `unset` stands
   for it within the window, and is no value that the column can have. #}
{% macro last_stated(column, is_stated, unset, partition, order) -%}
    nullif(
        {{ last_known(
            'case when ' ~ is_stated ~ ' then coalesce(' ~ column ~ ', ' ~ unset ~ ') end',
            partition, order
        ) }},
        {{ unset }}
    )
{%- endmacro %}
