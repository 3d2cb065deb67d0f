{# The number of the span of `seconds` seconds, counted from 1970, in which a naive UTC timestamp
   lies, shifted by `shift` seconds; a bigint. #}
{% macro time_bucket(moment, seconds, shift='0') -%}
    {{ return(adapter.dispatch('time_bucket', 'kpimart')(moment, seconds, shift)) }}
{%- endmacro %}

{% macro default__time_bucket(moment, seconds, shift) -%}
    cast(floor((epoch_us({{ moment }}) / 1000000 + {{ shift }}) / nullif({{ seconds }}, 0)) as bigint)
{%- endmacro %}

{% macro spark__time_bucket(moment, seconds, shift) -%}
    cast(floor((unix_micros({{ moment }}) / 1000000 + {{ shift }}) / nullif({{ seconds }}, 0)) as bigint)
{%- endmacro %}
