with dated_rates as (

    select * from {{ source('lake', 'salesforce__dated_conversion_rate') }}

),

currencies as (

    select * from {{ source('lake', 'salesforce__currency_type') }}

),

latest_currencies as (

    {{ latest_records('currencies') }}

),

-- the currency that all rates are against; the company's where Salesforce does not say
corporate as (

    select
        _source,
        min(iso_code) as base_currency
    from latest_currencies
    where is_corporate and _op = 'upsert'
    group by _source

),

-- the rate of a currency itself holds where no dated one does: since ever, until the first of them
rates as (

    select
        {{ dbt.concat(['_source', "':dated:'", '_key']) }} as exchange_rate_key,
        _source,
        _as_of,
        _batch,
        _row,
        _op,
        iso_code,
        start_date as rate_on,
        conversion_rate,
        updated_at
    from dated_rates
    union all
    select
        {{ dbt.concat(['_source', "':undated:'", '_key']) }} as exchange_rate_key,
        _source,
        _as_of,
        _batch,
        _row,
        _op,
        iso_code,
        cast('1900-01-01' as date) as rate_on,
        conversion_rate,
        updated_at
    from currencies

)

select
    rates.exchange_rate_key,
    rates._source,
    rates._as_of,
    rates._batch,
    rates._row,
    rates._op,
    corporate.base_currency,
    rates.iso_code as currency,
    cast(null as varchar) as rate_kind,
    rates.rate_on,
    rates.conversion_rate as rate,
    rates.updated_at,
    cast(null as boolean) as is_deleted
from rates
left join corporate
    on rates._source = corporate._source
