{# A moment so many seconds after another; NULL where either is not known. #}
{% macro seconds_later(moment, seconds) -%}
    {{ return(adapter.dispatch('seconds_later', 'kpimart')(moment, seconds)) }}
{%- endmacro %}

{% macro default__seconds_later(moment, seconds) -%}
    ({{ moment }} + to_seconds({{ seconds }}))
{%- endmacro %}

{% macro spark__seconds_later(moment, seconds) -%}
    timestampadd(second, {{ seconds }}, {{ moment }})
{%- endmacro %}
