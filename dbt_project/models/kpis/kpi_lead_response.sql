select
    grain,
    period_start,
    period_end,
    scope,
    member,
    max(case when kpi = 'lead_response_time' then value end) as median_minutes,
    max(case when kpi = 'lead_response_time' then sample_size end) as response_lead_count,
    max(case when kpi = 'lead_response_time' then prior_value end) as prior_median_minutes,
    max(case when kpi = 'lead_response_business_time' then value end) as median_business_minutes,
    max(case when kpi = 'lead_response_within_target' then value end) as within_target_rate,
    max(case when kpi = 'unanswered_leads' then value end) as unanswered_leads,
    bool_and(is_complete) as is_complete
from {{ ref('kpi_values') }}
where
    kpi in (
        'lead_response_time',
        'lead_response_business_time',
        'lead_response_within_target',
        'unanswered_leads'
    )
group by grain, period_start, period_end, scope, member
