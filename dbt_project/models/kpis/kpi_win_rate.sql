select
    grain,
    period_start,
    period_end,
    scope,
    member,
    max(case when kpi = 'win_rate' then value end) as win_rate,
    max(case when kpi = 'win_rate' then numerator end) as won_count,
    max(case when kpi = 'win_rate' then denominator end) as closed_count,
    max(case when kpi = 'win_rate' then low end) as win_rate_low,
    max(case when kpi = 'win_rate' then high end) as win_rate_high,
    max(case when kpi = 'win_rate' then prior_value end) as prior_win_rate,
    max(case when kpi = 'win_rate_by_value' then value end) as win_rate_by_value,
    max(case when kpi = 'win_rate_cohort' then value end) as win_rate_cohort,
    bool_and(is_complete) as is_complete
from {{ ref('kpi_values') }}
where kpi in ('win_rate', 'win_rate_by_value', 'win_rate_cohort')
group by grain, period_start, period_end, scope, member
