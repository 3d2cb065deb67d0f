select
    kpi,
    statistic,
    grain,
    period_start,
    period_end,
    scope,
    member,
    value,
    numerator,
    denominator,
    sample_size,
    low,
    high,
    target,
    quota_source,
    prior_value,
    year_ago_value,
    is_complete,
    quality
from {{ ref('kpi_statistics') }}
where is_headline
