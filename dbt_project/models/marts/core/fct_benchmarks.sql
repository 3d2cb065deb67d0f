with benchmarks as (

    select * from {{ ref('int_benchmarks_current') }}

),

catalog as (

    select * from {{ ref('kpi_catalog') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

rates as (

    select * from {{ ref('int_exchange_rates_daily') }} where rate_kind = 'actual'

),

-- only the benchmark of a KPI that is money has a currency
priced as (

    select
        benchmarks.*,
        lower(benchmarks.kpi) as kpi_name,
        catalog.kpi is not null as is_known_kpi,
        case
            when catalog.unit = 'money' then upper(coalesce(benchmarks.currency, context.currency))
        end as source_currency,
        cast(benchmarks.value as decimal(18, 2)) as source_amount
    from benchmarks
    cross join context
    left join catalog
        on lower(benchmarks.kpi) = catalog.kpi

),

-- at the rate of the day of its publication
valued as (

    select
        priced.*,
        case
            when priced.source_currency is null then cast(priced.value as double)
            else cast({{ converted('priced.source_amount', 'rates') }} as double)
        end as company_value
    from priced
    left join rates
        on
            priced.source_currency = rates.currency
            and priced.published_on = rates.date_on

)

select
    benchmark_key,
    _source as source,
    kpi_name as kpi,
    is_known_kpi,
    lower(grain) as grain,
    coalesce(lower(scope), 'company') as scope,
    coalesce(member, '(all)') as member,
    percentile,
    population,
    cast(value as double) as source_value,
    source_currency,
    value is null or company_value is not null as is_converted,
    company_value as value,
    source as published_by,
    published_on
from valued
