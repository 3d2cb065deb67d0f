select
    grain,
    period_start,
    period_end,
    scope,
    member,
    max(case when kpi = 'pipeline_velocity' then value end) as pipeline_velocity,
    max(case when kpi = 'pipeline_velocity' then prior_value end) as pipeline_velocity_prior,
    max(case when kpi = 'pipeline_velocity' then year_ago_value end) as pipeline_velocity_year_ago,
    max(case when kpi = 'velocity_active_deals' then value end) as velocity_active_deals,
    max(case when kpi = 'velocity_win_rate' then value end) as velocity_win_rate,
    max(case when kpi = 'velocity_deal_size' then value end) as velocity_deal_size,
    max(case when kpi = 'velocity_cycle_days' then value end) as velocity_cycle_days,
    max(case when kpi = 'aged_out_deals' then value end) as aged_out_deals,
    max(case when kpi = 'velocity_realised' then value end) as velocity_realised,
    max(case when kpi = 'velocity_ratio' then value end) as velocity_ratio,
    cast(max(case when kpi = 'velocity_realised' then denominator end) as integer) as window_days,
    bool_and(is_complete) as is_complete
from {{ ref('kpi_values') }}
where
    kpi in (
        'pipeline_velocity', 'velocity_active_deals', 'velocity_win_rate', 'velocity_deal_size',
        'velocity_cycle_days', 'aged_out_deals', 'velocity_realised', 'velocity_ratio'
    )
group by grain, period_start, period_end, scope, member
