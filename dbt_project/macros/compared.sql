{# The rows of `relation` that are whole periods, each with the value of the period before and of the
   one a year ago (of a week: 364 days earlier). A running period is compared with the same number of
   elapsed working days of the other one, which the to-date rows hold. #}
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
    prior.value as prior_value,
    prior.is_partial_start as prior_is_partial_start,
    year_ago.value as year_ago_value,
    year_ago.is_partial_start as year_ago_is_partial_start,
    present.is_complete,
    present.is_partial_start,
    present.quality
from {{ relation }} as present
inner join {{ periods }} as periods
    on
        present.grain = periods.grain
        and present.period_start = periods.period_start
{%- for name, lag in [('prior', '1'), ('year_ago', 'periods.periods_in_a_year')] %}
left join {{ relation }} as {{ name }}
    on
        present.kpi = {{ name }}.kpi
        and present.statistic = {{ name }}.statistic
        and present.grain = {{ name }}.grain
        and present.scope = {{ name }}.scope
        and present.member = {{ name }}.member
        and present.period_number - {{ lag }} = {{ name }}.period_number
        and present.is_running = {{ name }}.is_to_date
{%- endfor %}
{%- endmacro %}
