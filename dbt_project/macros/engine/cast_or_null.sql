{# The text as a value of the type; NULL where it is none. #}
{% macro cast_or_null(text, type) -%}
    {{ return(adapter.dispatch('cast_or_null', 'kpimart')(text, type)) }}
{%- endmacro %}

{% macro default__cast_or_null(text, type) -%}
    try_cast({{ text }} as {{ type }})
{%- endmacro %}

{% macro spark__cast_or_null(text, type) -%}
    try_cast({{ text }} as {{ type }})
{%- endmacro %}
