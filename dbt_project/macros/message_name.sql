{# The id of a mail as any tool may write it: without angle brackets, in lower case. #}
{% macro message_name(message_id) -%}
    lower(replace(replace(trim({{ message_id }}), '<', ''), '>', ''))
{%- endmacro %}
