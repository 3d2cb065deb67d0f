select
    grain,
    period_start,
    period_end,
    scope,
    member,
    max(case when kpi = 'quota_attainment' then numerator end) as revenue,
    max(case when kpi = 'quota_attainment' then denominator end) as quota,
    max(case when kpi = 'quota_attainment' then value end) as quota_attainment,
    max(case when kpi = 'quota_attainment' then prior_value end) as prior_quota_attainment,
    max(case when kpi = 'revenue' then quota_source end) as quota_source,
    bool_and(is_complete) as is_complete
from {{ ref('kpi_values') }}
where kpi in ('quota_attainment', 'revenue')
group by grain, period_start, period_end, scope, member
having max(case when kpi = 'quota_attainment' then denominator end) is not null
