with opportunities as (

    select * from {{ ref('fct_opportunities') }} where exclusion is null

),

quotas as (

    select * from {{ ref('fct_quotas') }}

),

rates as (

    select * from {{ ref('int_exchange_rates_current') }}

),

value_map as (

    select * from {{ source('run', 'value_map') }}

),

unconverted_deals as (

    select
        source,
        'opportunities' as object,
        'currency' as column_name,
        source_currency as found_value,
        'no exchange rate on the day that counts: the amount is in no sum' as treatment,
        count(*) as row_count,
        sum(source_amount) as amount
    from opportunities
    where not is_deleted and not (is_converted and is_creation_converted)
    group by source, source_currency

),

unconverted_quotas as (

    select
        source,
        'quotas' as object,
        'currency' as column_name,
        source_currency as found_value,
        'no exchange rate on its first day: no target, nor a part of one' as treatment,
        count(*) as row_count,
        sum(source_amount) as amount
    from quotas
    where not is_converted
    group by source, source_currency

),

rate_kinds as (

    select
        rates._source as source,
        'exchange_rates' as object,
        'rate_kind' as column_name,
        rates.rate_kind as found_value,
        'neither actual nor plan: the rate is not used' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from rates
    left join value_map
        on
            rates._source = value_map.source
            and value_map.object = 'exchange_rates'
            and value_map.column_name = 'rate_kind'
            and rates.rate_kind = value_map.found_value
    where value_map.found_value is null and lower(rates.rate_kind) not in ('actual', 'plan')
    group by rates._source, rates.rate_kind

),

impossible_rates as (

    select
        _source as source,
        'exchange_rates' as object,
        'rate' as column_name,
        cast(rate as varchar) as found_value,
        'not above 0 and below a billion: the rate is not used' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from rates
    where rate <= 0 or rate >= 1000000000
    group by _source, rate

)

select * from unconverted_deals
union all
select * from unconverted_quotas
union all
select * from rate_kinds
union all
select * from impossible_rates
