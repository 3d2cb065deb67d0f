select
    grain,
    period_start,
    period_end,
    scope,
    member,
    max(case when kpi = 'open_pipeline' then value end) as open_pipeline,
    max(case when kpi = 'open_pipeline' then prior_value end) as open_pipeline_prior,
    max(case when kpi = 'open_pipeline' then year_ago_value end) as open_pipeline_year_ago,
    max(case when kpi = 'weighted_pipeline' then value end) as weighted_pipeline,
    max(case when kpi = 'weighted_pipeline' then prior_value end) as weighted_pipeline_prior,
    max(case when kpi = 'weighted_pipeline' then year_ago_value end) as weighted_pipeline_year_ago,
    max(case when kpi = 'open_pipeline' then sample_size end) as open_deals,
    bool_and(is_complete) as is_complete
from {{ ref('kpi_values') }}
where kpi in ('open_pipeline', 'weighted_pipeline')
group by grain, period_start, period_end, scope, member
