select
    grain,
    period_start,
    period_end,
    scope,
    member,
    max(case when statistic = 'median' then value end) as median_days,
    max(case when statistic = 'p90' then value end) as p90_days,
    max(case when statistic = 'mean' then value end) as mean_days,
    max(sample_size) as sales_cycle_count,
    max(case when statistic = 'median' then prior_value end) as prior_median_days,
    bool_and(is_complete) as is_complete
from {{ ref('kpi_statistics') }}
where kpi = 'sales_cycle_days'
group by grain, period_start, period_end, scope, member
