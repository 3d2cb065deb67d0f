{# The windows that a cohort KPI may name as its `cohort_window`: columns of run.context, in days. A
   period is mature once the window has passed for the whole of it. #}
{% macro cohort_windows() -%}
    {{ return([
        'win_window_days', 'lead_window_days', 'stage_window_days', 'unanswered_days',
        'reply_window_days',
    ]) }}
{%- endmacro %}
