with market_size as (

    select * from {{ ref('int_market_size_current') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

rates as (

    select * from {{ ref('int_exchange_rates_daily') }} where rate_kind = 'actual'

),

-- at the rate of the period's first day
valued as (

    {{ valued('market_size', on_day='period_start') }}

)

select
    market_size_key,
    _source as source,
    period_start,
    period_end,
    coalesce(country, '(all)') as country,
    coalesce(segment, '(all)') as segment,
    amount as source_amount,
    source_currency,
    amount is null or company_amount is not null as is_converted,
    company_amount as amount,
    source as published_by,
    published_on
from valued
