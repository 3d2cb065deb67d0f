{# The naive UTC timestamp of the time `local` in the zone `timezone`: a day is its first moment there. #}
{% macro utc_moment(local, timezone) -%}
    {{ return(adapter.dispatch('utc_moment', 'kpimart')(local, timezone)) }}
{%- endmacro %}

{% macro default__utc_moment(local, timezone) -%}
    cast(cast({{ local }} as timestamp) at time zone {{ timezone }} at time zone 'UTC' as timestamp)
{%- endmacro %}

{% macro spark__utc_moment(local, timezone) -%}
    to_utc_timestamp(cast({{ local }} as timestamp), {{ timezone }})
{%- endmacro %}
