{# The last version of every record of one relation of the lake: of a list that explains others' values,
   what holds now.
   Usage: stages as ( {{ latest_records(source('lake', 'hubspot__deal_stages')) }} ) #}
{% macro latest_records(relation) -%}
    select *
    from (
        select
            *,
            row_number() over (
                partition by _source, _key order by _as_of desc, _batch desc
            ) as versions_back
        from {{ relation }}
    )
    where versions_back = 1
{%- endmacro %}
