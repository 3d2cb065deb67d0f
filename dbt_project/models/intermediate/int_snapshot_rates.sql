with days as (

    select * from {{ ref('int_snapshot_days') }}

),

exchange_rates as (

    select * from {{ ref('int_exchange_rates') }} where rate_kind = 'actual'

)

-- a currency may have a rate a day for decades: those of the days in question
select
    days.snapshot_on,
    exchange_rates.currency,
    exchange_rates.rate_times,
    exchange_rates.rate_divided_by
from days
inner join exchange_rates
    on
        exchange_rates.valid_from_on <= days.snapshot_on
        and days.snapshot_on < exchange_rates.valid_to_on
