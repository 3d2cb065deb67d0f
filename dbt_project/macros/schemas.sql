{# A model's schema is the one its folder names, so that asset key = schema/table = file name. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
