{# A relation's rows, once per entry of a JSON object in a column, with the entry's `name` and `value`
   (text). Rows whose object is NULL or empty give none. The column is named without its relation.
   Usage: select * from {{ json_entries('deals', 'stage_entered', ['_source', 'id']) }} #}
{% macro json_entries(relation, column, columns) -%}
    {{ return(adapter.dispatch('json_entries', 'kpimart')(relation, column, columns)) }}
{%- endmacro %}

{% macro default__json_entries(relation, column, columns) -%}
    (
        select
            gathered.{{ columns | join(', gathered.') }},
            entry.key as name,
            json_extract_string(entry.value, '$') as value
        from {{ relation }} as gathered, json_each(gathered.{{ column }}) as entry
    )
{%- endmacro %}

{% macro spark__json_entries(relation, column, columns) -%}
    (
        select
            {{ columns | join(', ') }},
            explode(from_json({{ column }}, 'map<string,string>')) as (name, value)
        from {{ relation }}
    )
{%- endmacro %}
