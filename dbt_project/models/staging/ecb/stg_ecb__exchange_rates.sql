{%- set currencies = [
    'USD', 'JPY', 'BGN', 'CYP', 'CZK', 'DKK', 'EEK', 'GBP', 'HUF', 'LTL', 'LVL', 'MTL',
    'PLN', 'ROL', 'RON', 'SEK', 'SIT', 'SKK', 'CHF', 'ISK', 'NOK', 'HRK', 'RUB', 'TRL',
    'TRY', 'AUD', 'BRL', 'CAD', 'CNY', 'HKD', 'IDR', 'ILS', 'INR', 'KRW', 'MXN', 'MYR',
    'NZD', 'PHP', 'SGD', 'THB', 'ZAR'
] -%}

with lake as (

    select * from {{ source('lake', 'ecb__reference_rates') }}

),

codes as (
    {% for currency in currencies %}
    select '{{ currency }}' as currency
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

-- one row per day and currency, also of those that had no rate on that day
rates as (

    select
        lake._source,
        lake._key,
        lake._as_of,
        lake._batch,
        lake._row,
        lake._op,
        codes.currency,
        lake.rate_on,
        case codes.currency
            {%- for currency in currencies %}
            when '{{ currency }}' then lake.{{ currency | lower }}_rate
            {%- endfor %}
        end as rate
    from lake
    cross join codes

)

select
    {{ dbt.concat(['_source', "':'", '_key', "':'", 'currency']) }} as exchange_rate_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    'EUR' as base_currency,
    currency,
    cast(null as varchar) as rate_kind,
    rate_on,
    rate,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from rates
