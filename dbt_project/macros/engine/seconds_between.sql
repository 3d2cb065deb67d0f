{# The seconds, with their fractions, from one naive UTC timestamp to another; a double. #}
{% macro seconds_between(earlier, later) -%}
    {{ return(adapter.dispatch('seconds_between', 'kpimart')(earlier, later)) }}
{%- endmacro %}

{% macro default__seconds_between(earlier, later) -%}
    (cast(epoch_us({{ later }}) - epoch_us({{ earlier }}) as double) / 1000000)
{%- endmacro %}

{% macro spark__seconds_between(earlier, later) -%}
    (cast(unix_micros({{ later }}) - unix_micros({{ earlier }}) as double) / 1000000)
{%- endmacro %}
