{# The rows of `relation` that are whole periods, each with the value of the period before and of the
   one a year ago (of a week: 364 days earlier). A running period is compared with the same number of
   elapsed working days of the other one, which the to-date rows hold. Periods that the fiscal calendars
   cut in different ways (another `era`) are not compared. `weeks_ratio` is the present period's weeks ÷
   the other one's where both are whole weeks and differ in number; else NULL. #}
{% macro compared(relation, periods) -%}
select
    present.kpi,
    present.statistic,
    present.is_headline,
    present.grain,
    present.is_to_date,
    present.period_start,
    present.period_end,
    present.period_number,
    present.is_running,
    present.scope,
    present.member,
    present.value,
    present.numerator,
    present.denominator,
    present.sample_size,
    present.low,
    present.high,
    present.target,
    present.quota_source,
    {%- for name in ['prior', 'year_ago'] %}
    {{ name }}.value as {{ name }}_value,
    {{ name }}.is_partial_start as {{ name }}_is_partial_start,
    case
        when not present.is_running and periods.week_count <> {{ name }}_periods.week_count
            then periods.week_count / nullif({{ name }}_periods.week_count, 0)
    end as {{ name }}_weeks_ratio,
    {%- endfor %}
    present.is_complete,
    present.is_partial_start,
    present.quality
from {{ relation }} as present
inner join {{ periods }} as periods
    on
        present.grain = periods.grain
        and present.period_start = periods.period_start
{%- for name, lag in [('prior', '1'), ('year_ago', 'periods.periods_in_a_year')] %}
left join {{ periods }} as {{ name }}_periods
    on
        periods.grain = {{ name }}_periods.grain
        and periods.era = {{ name }}_periods.era
        and periods.period_number - {{ lag }} = {{ name }}_periods.period_number
left join {{ relation }} as {{ name }}
    on
        present.kpi = {{ name }}.kpi
        and present.statistic = {{ name }}.statistic
        and present.grain = {{ name }}.grain
        and present.scope = {{ name }}.scope
        and present.member = {{ name }}.member
        and {{ name }}_periods.period_number = {{ name }}.period_number
        and present.is_running = {{ name }}.is_to_date
{%- endfor %}
{%- endmacro %}
