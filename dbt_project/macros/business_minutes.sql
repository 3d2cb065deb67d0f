{# The business minutes of a calendar from its first day to a moment: those of the days before, and those
   of the moment's own day since it opened. `day` is the row of run.business_days of the calendar, zone
   and local day that hold the moment, so two such values give by their difference the business minutes
   between two moments, half-open.
   Usage: {{ business_minutes_until('touch_days', 'leads.first_touch_at') }}
          - {{ business_minutes_until('creation_days', 'leads.created_at') }} #}
{% macro business_minutes_until(day, moment) -%}
    (
        {{ day }}.minutes_before
        + least(
            greatest({{ seconds_between(day ~ '.opens_at', moment) }} / 60.0, 0), {{ day }}.open_minutes
        )
    )
{%- endmacro %}

{# The join of a relation with the row of run.business_days that `business_minutes_until` needs. The
   relation has the columns `calendar` and `timezone`.
   Usage: left join business_days as touch_days on {{ on_business_day('touch_days', 'leads', 'leads.first_touch_at') }} #}
{% macro on_business_day(day, relation, moment) -%}
    {{ relation }}.calendar = {{ day }}.calendar
        and {{ relation }}.timezone = {{ day }}.timezone
        and {{ local_date(moment, relation ~ '.timezone') }} = {{ day }}.date_on
{%- endmacro %}
