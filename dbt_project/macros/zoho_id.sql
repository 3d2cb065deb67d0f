{# An id of Zoho CRM as its API has it: a data backup writes zcrm_ before the number. #}
{% macro zoho_id(column) -%}
    replace({{ column }}, 'zcrm_', '')
{%- endmacro %}
