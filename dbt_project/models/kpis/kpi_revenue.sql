select
    grain,
    period_start,
    period_end,
    scope,
    member,
    max(case when kpi = 'revenue' then value end) as revenue,
    max(case when kpi = 'new_revenue' then value end) as new_revenue,
    max(case when kpi = 'expansion_revenue' then value end) as expansion_revenue,
    max(case when kpi = 'renewal_revenue' then value end) as renewal_revenue,
    max(case when kpi = 'win_back_revenue' then value end) as win_back_revenue,
    max(case when kpi = 'unclassified_revenue' then value end) as unclassified_revenue,
    max(case when kpi = 'revenue' then prior_value end) as prior_revenue,
    max(case when kpi = 'revenue' then year_ago_value end) as year_ago_revenue,
    max(case when kpi = 'revenue_growth' then value end) as revenue_growth,
    max(case when kpi = 'revenue_growth_yoy' then value end) as revenue_growth_yoy,
    max(case when kpi = 'revenue_growth_constant_currency' then value end)
        as revenue_growth_constant_currency,
    max(case when kpi = 'revenue_growth_constant_currency' then numerator end)
        as revenue_at_year_ago_rates,
    max(case when kpi = 'revenue_growth_constant_currency' then denominator end)
        as year_ago_revenue_at_year_ago_rates,
    max(case when kpi = 'deals_won' then value end) as deals_won,
    max(case when kpi = 'average_deal_size' then value end) as average_deal_size,
    max(case when kpi = 'median_deal_size' then value end) as median_deal_size,
    max(case when kpi = 'new_customers' then value end) as new_customers,
    bool_and(is_complete) as is_complete
from {{ ref('kpi_values') }}
where
    kpi in (
        'revenue', 'new_revenue', 'expansion_revenue', 'renewal_revenue', 'win_back_revenue',
        'unclassified_revenue', 'revenue_growth', 'revenue_growth_yoy',
        'revenue_growth_constant_currency', 'deals_won', 'average_deal_size', 'median_deal_size',
        'new_customers'
    )
group by grain, period_start, period_end, scope, member
