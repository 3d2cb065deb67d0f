{# The calendar day, in the zone `timezone`, that holds the naive UTC timestamp `moment`. #}
{% macro local_date(moment, timezone) -%}
    {{ return(adapter.dispatch('local_date', 'kpimart')(moment, timezone)) }}
{%- endmacro %}

{% macro default__local_date(moment, timezone) -%}
    cast(({{ moment }}) at time zone 'UTC' at time zone {{ timezone }} as date)
{%- endmacro %}

{% macro spark__local_date(moment, timezone) -%}
    to_date(from_utc_timestamp(({{ moment }}), {{ timezone }}))
{%- endmacro %}

{# The last day that an export of the moment `as_of` covers: the end of a day belongs to that day. #}
{% macro covered_date(as_of, timezone) -%}
    {{ local_date(as_of ~ ' - interval 1 microsecond', timezone) }}
{%- endmacro %}
