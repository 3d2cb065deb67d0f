{{ config(materialized='table') }}

with measured as (

    select
        kpi,
        statistic,
        is_headline,
        grain,
        is_to_date,
        period_start,
        period_end,
        period_number,
        is_running,
        scope,
        member,
        value,
        numerator,
        denominator,
        sample_size,
        low,
        high,
        target,
        quota_source,
        is_complete,
        is_partial_start,
        quality
    from {{ ref('int_kpi_measured') }}
    union all
    select * from {{ ref('int_revenue_growth') }}
    union all
    select * from {{ ref('int_revenue_growth_constant_currency') }}
    union all
    select * from {{ ref('int_pipeline_velocity') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

compared as (

    {{ compared('measured', 'periods') }}

)

select
    kpi,
    statistic,
    is_headline,
    grain,
    period_start,
    period_end,
    scope,
    member,
    cast(value as double) as value,
    cast(numerator as double) as numerator,
    cast(denominator as double) as denominator,
    sample_size,
    cast(low as double) as low,
    cast(high as double) as high,
    target,
    quota_source,
    cast(prior_value as double) as prior_value,
    cast(year_ago_value as double) as year_ago_value,
    is_complete,
    quality
from compared
where not is_to_date
