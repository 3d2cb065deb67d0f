with exchange_rates as (

    select * from {{ ref('int_exchange_rates') }}

)

select
    {{ dbt.concat([
        'currency', "':'", 'rate_kind', "':'", 'cast(valid_from_on as varchar)',
    ]) }} as exchange_rate_key,
    currency,
    rate_kind,
    cast(rate_times as decimal(18, 9)) as rate_times,
    cast(rate_divided_by as decimal(18, 9)) as rate_divided_by,
    valid_from_on,
    valid_to_on
from exchange_rates
