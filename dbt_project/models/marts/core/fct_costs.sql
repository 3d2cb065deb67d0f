with costs as (

    select * from {{ ref('int_costs_current') }}

),

categories as (

    select * from {{ source('run', 'value_map') }}
    where object = 'costs' and column_name = 'category'

),

context as (

    select * from {{ source('run', 'context') }}

),

rates as (

    select * from {{ ref('int_exchange_rates_daily') }} where rate_kind = 'actual'

),

-- at the rate of the first day that it covers
valued as (

    {{ valued('costs', on_day='period_start') }}

)

select
    valued.cost_key,
    valued._source as source,
    valued.category,
    coalesce(
        categories.meaning,
        case
            when lower(valued.category) in ('sales', 'marketing', 'goods', 'other')
                then lower(valued.category)
        end
    ) as category_meaning,
    valued.period_start,
    valued.period_end,
    coalesce(valued.lead_source, '(none)') as lead_source,
    coalesce(valued.campaign_name, '(none)') as campaign,
    coalesce(valued.team, '(none)') as team,
    coalesce(valued.region, '(none)') as region,
    coalesce(valued.segment, '(none)') as segment,
    coalesce(valued.country, '(none)') as country,
    coalesce(valued.product_name, '(none)') as product,
    valued.amount as source_amount,
    valued.source_currency,
    valued.amount is null or valued.company_amount is not null as is_converted,
    valued.company_amount as amount
from valued
left join categories
    on
        valued._source = categories.source
        and valued.category = categories.found_value
