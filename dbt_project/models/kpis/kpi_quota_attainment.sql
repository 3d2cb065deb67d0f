select
    grain,
    period_start,
    period_end,
    scope,
    member,
    numerator as revenue,
    denominator as quota,
    value as quota_attainment,
    prior_value as prior_quota_attainment,
    quota_source,
    is_complete
from {{ ref('kpi_values') }}
where kpi = 'quota_attainment' and denominator is not null
