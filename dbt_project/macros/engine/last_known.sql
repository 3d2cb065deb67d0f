{# The last value that is not NULL, of this row and those before it in the window. #}
{% macro last_known(value, partition, order) -%}
    {{ return(adapter.dispatch('last_known', 'kpimart')(value, partition, order)) }}
{%- endmacro %}

{% macro default__last_known(value, partition, order) -%}
    last_value({{ value }} ignore nulls) over (
        partition by {{ partition }} order by {{ order }} rows unbounded preceding
    )
{%- endmacro %}

{% macro spark__last_known(value, partition, order) -%}
    last_value({{ value }}, true) over (
        partition by {{ partition }} order by {{ order }} rows unbounded preceding
    )
{%- endmacro %}

{# The first value of the whole window that is not NULL. #}
{% macro first_known(value, partition, order) -%}
    {{ return(adapter.dispatch('first_known', 'kpimart')(value, partition, order)) }}
{%- endmacro %}

{% macro default__first_known(value, partition, order) -%}
    first_value({{ value }} ignore nulls) over (
        partition by {{ partition }} order by {{ order }}
        rows between unbounded preceding and unbounded following
    )
{%- endmacro %}

{% macro spark__first_known(value, partition, order) -%}
    first_value({{ value }}, true) over (
        partition by {{ partition }} order by {{ order }}
        rows between unbounded preceding and unbounded following
    )
{%- endmacro %}
