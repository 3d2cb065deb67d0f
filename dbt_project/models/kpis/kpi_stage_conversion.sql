with stage_rates as (

    select * from {{ ref('kpi_values') }}
    where scope = 'stage' and kpi in ('stage_conversion_rate', 'stage_loss_rate')

),

-- a stage may stand in the maps of several sources; the first place is what orders them
stages as (

    select
        stage,
        min(stage_order) as stage_order
    from {{ ref('dim_stages') }}
    group by stage

)

select
    stage_rates.grain,
    stage_rates.period_start,
    stage_rates.period_end,
    stage_rates.member as stage,
    min(stages.stage_order) as stage_order,
    max(
        case when stage_rates.kpi = 'stage_conversion_rate' then stage_rates.denominator end
    ) as entered_count,
    max(
        case when stage_rates.kpi = 'stage_conversion_rate' then stage_rates.numerator end
    ) as passed_count,
    max(
        case when stage_rates.kpi = 'stage_loss_rate' then stage_rates.numerator end
    ) as lost_count,
    max(
        case when stage_rates.kpi = 'stage_conversion_rate' then stage_rates.value end
    ) as stage_conversion_rate,
    max(
        case when stage_rates.kpi = 'stage_conversion_rate' then stage_rates.low end
    ) as stage_conversion_rate_low,
    max(
        case when stage_rates.kpi = 'stage_conversion_rate' then stage_rates.high end
    ) as stage_conversion_rate_high,
    max(
        case when stage_rates.kpi = 'stage_loss_rate' then stage_rates.value end
    ) as stage_loss_rate,
    bool_and(stage_rates.is_complete) as is_complete
from stage_rates
left join stages
    on stage_rates.member = stages.stage
group by
    stage_rates.grain,
    stage_rates.period_start,
    stage_rates.period_end,
    stage_rates.member
