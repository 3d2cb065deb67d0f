{# A relation's rows, once per entry of a delimited list in a column, with the entry as `value`,
   without blanks around it. Rows whose list is NULL give none; empty entries are left out.
   Usage: select * from {{ list_entries('deals', 'merged_ids', ';', ['_source', 'id']) }} #}
{% macro list_entries(relation, column, delimiter, columns) -%}
    {{ return(adapter.dispatch('list_entries', 'kpimart')(relation, column, delimiter, columns)) }}
{%- endmacro %}

{% macro default__list_entries(relation, column, delimiter, columns) -%}
    (
        select {{ columns | join(', ') }}, value
        from (
            select
                {{ columns | join(', ') }},
                trim(unnest(string_split({{ column }}, '{{ delimiter }}'))) as value
            from {{ relation }}
        )
        where value <> ''
    )
{%- endmacro %}

{% macro spark__list_entries(relation, column, delimiter, columns) -%}
    (
        select {{ columns | join(', ') }}, trim(value) as value
        from (
            select
                {{ columns | join(', ') }},
                explode(split({{ column }}, '[{{ delimiter }}]')) as value
            from {{ relation }}
        )
        where trim(value) <> ''
    )
{%- endmacro %}
