{# The business minutes between two moments, half-open; a double. `earlier` and `later` are what
   `business_seconds_until` gives for them. Rounded to the microsecond that a moment has, so that an
   hour is 60 and not a bit more.
   Usage: {{ business_minutes(
       business_seconds_until('creation_days', 'leads.created_at'),
       business_seconds_until('touch_days', 'leads.first_touch_at')
   ) }} #}
{% macro business_minutes(earlier, later) -%}
    round({{ later }} - {{ earlier }}, 6) / 60.0
{%- endmacro %}

{# The business seconds of a calendar from its first day to a moment: those of the days before, and those
   of the moment's own day since it opened. `day` is the row of run.business_days of the calendar, zone
   and local day that hold the moment: see `on_business_day`. #}
{% macro business_seconds_until(day, moment) -%}
    (
        {{ day }}.seconds_before
        + least(greatest({{ seconds_between(day ~ '.opens_at', moment) }}, 0), {{ day }}.open_seconds)
    )
{%- endmacro %}

{# The join of a relation, which has the columns `calendar` and `timezone`, with the row of
   run.business_days of a moment.
   Usage: left join business_days as touch_days on {{ on_business_day('touch_days', 'leads', 'leads.first_touch_at') }} #}
{% macro on_business_day(day, relation, moment) -%}
    {{ relation }}.calendar = {{ day }}.calendar
        and {{ relation }}.timezone = {{ day }}.timezone
        and {{ local_date(moment, relation ~ '.timezone') }} = {{ day }}.date_on
{%- endmacro %}
