with rates as (

    select * from {{ ref('int_exchange_rates') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

)

select
    rates.rate_kind,
    rates.currency,
    dates.date_on,
    rates.rate_times,
    rates.rate_divided_by
from rates
inner join dates
    on
        rates.valid_from_on <= dates.date_on
        and dates.date_on < rates.valid_to_on
