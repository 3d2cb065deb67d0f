select
    grain,
    period_start,
    period_end,
    scope,
    member,
    max(case when kpi = 'leads_created' then value end) as leads_created,
    max(case when kpi = 'qualified_leads' then value end) as qualified_leads,
    max(case when kpi = 'lead_to_opportunity_rate' then value end) as lead_to_opportunity_rate,
    max(
        case when kpi = 'lead_to_opportunity_rate' then numerator end
    ) as leads_with_opportunity_count,
    max(case when kpi = 'pipeline_created' then value end) as pipeline_created,
    max(case when kpi = 'win_rate' then value end) as win_rate,
    max(case when kpi = 'deals_won' then value end) as deals_won,
    bool_and(is_complete) as is_complete
from {{ ref('kpi_values') }}
where
    kpi in (
        'leads_created', 'qualified_leads', 'lead_to_opportunity_rate', 'pipeline_created',
        'win_rate', 'deals_won'
    )
group by grain, period_start, period_end, scope, member
