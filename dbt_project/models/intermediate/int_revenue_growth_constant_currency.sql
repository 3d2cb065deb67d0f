with revenue as (

    select * from {{ ref('int_kpi_measured') }}
    where
        kpi = 'revenue'
        and grain in ('month', 'quarter', 'year')
        and scope in ('company', 'region', 'team')

),

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

credits as (

    select * from {{ ref('fct_opportunity_credits') }}

),

rates as (

    select * from {{ ref('int_exchange_rates_daily') }} where rate_kind = 'actual'

),

dates as (

    select * from {{ ref('dim_dates') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

catalog as (

    select * from {{ ref('kpi_catalog') }}
    where kpi = 'revenue_growth_constant_currency' and is_available

),

-- only what is in revenue: without a rate on its day, an amount is in neither
won as (

    select
        credits.credit_key,
        credits.opportunity_key,
        credits.region,
        credits.team,
        credits.closed_on,
        opportunities.source_currency,
        opportunities.source_amount,
        cast(credits.amount as double) as weight
    from credits
    cross join catalog
    inner join opportunities
        on credits.opportunity_key = opportunities.opportunity_key
    where credits.is_counted_win and opportunities.amount is not null

),

shared as (

    {{ allocate_to_the_cent('won', 'opportunity_key', 'credit_key', 'source_amount', 'weight') }}

),

by_day as (

    select
        closed_on,
        region,
        team,
        source_currency,
        sum(allocated_amount) as source_amount
    from shared
    group by closed_on, region, team, source_currency

),

in_periods as (
    {% for grain in ['month', 'quarter', 'year'] %}
    select
        '{{ grain }}' as grain,
        false as is_to_date,
        dates.{{ grain }}_start_on as period_start,
        by_day.region,
        by_day.team,
        by_day.source_currency,
        by_day.source_amount
    from by_day
    inner join dates
        on by_day.closed_on = dates.date_on
    union all
    select
        '{{ grain }}' as grain,
        true as is_to_date,
        dates.{{ grain }}_to_date_start_on as period_start,
        by_day.region,
        by_day.team,
        by_day.source_currency,
        by_day.source_amount
    from by_day
    inner join dates
        on by_day.closed_on = dates.date_on
    where dates.{{ grain }}_to_date_start_on is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

-- what was sold in each currency, in that currency
sold as (
    {% for scope in ['company', 'region', 'team'] %}
    select
        grain,
        is_to_date,
        period_start,
        '{{ scope }}' as scope,
        {{ "'(all)'" if scope == 'company' else scope }} as member,
        source_currency,
        sum(source_amount) as source_amount
    from in_periods
    group by
        grain,
        is_to_date,
        period_start,
        {%- if scope != 'company' %}
        {{ scope }},
        {%- endif %}
        source_currency
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

-- the sum of the daily rates, in steps of 10^-12 of the company's currency
mean_rates as (
    {% for grain in ['month', 'quarter', 'year'] %}
    select
        '{{ grain }}' as grain,
        dates.{{ grain }}_number as period_number,
        rates.currency,
        sum({{ nearest_whole(
            '(1000000000000 * ' ~ steps_of('rates.rate_times', 9) ~ ')',
            steps_of('rates.rate_divided_by', 9)
        ) }}) as rate_steps,
        count(*) as day_count
    from rates
    inner join dates
        on rates.date_on = dates.date_on
    group by dates.{{ grain }}_number, rates.currency
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

numbered as (

    select
        sold.*,
        periods.period_number,
        periods.periods_in_a_year
    from sold
    inner join periods
        on sold.grain = periods.grain and sold.period_start = periods.period_start

),

-- each period's sales at its own mean rates, and at those of the period a year before it
revalued as (
    {% for basis, lag in [('present', 'numbered.periods_in_a_year'), ('base', '0')] %}
    select
        '{{ basis }}' as basis,
        numbered.grain,
        numbered.is_to_date,
        numbered.period_number,
        numbered.scope,
        numbered.member,
        sum({{ exact_quotient(
            steps_of('numbered.source_amount', 2) ~ ' * mean_rates.rate_steps',
            '(1000000000000 * mean_rates.day_count)',
            2
        ) }}) as amount,
        bool_or(mean_rates.rate_steps is null) as is_unconverted
    from numbered
    left join mean_rates
        on
            numbered.grain = mean_rates.grain
            and numbered.period_number - {{ lag }} = mean_rates.period_number
            and numbered.source_currency = mean_rates.currency
    group by
        numbered.grain,
        numbered.is_to_date,
        numbered.period_number,
        numbered.scope,
        numbered.member
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

compared as (

    {{ compared('revenue', 'periods') }}

),

-- a member that sold nothing has no row, and sold 0; where the two periods differ in weeks, the
-- base is brought to as many weeks
beside_each_other as (

    select
        compared.*,
        coalesce(compared.year_ago_value is not null, false) as has_base,
        coalesce(present.amount, 0) as present_amount,
        coalesce(base.amount, 0) * coalesce(compared.year_ago_weeks_ratio, 1) as base_amount,
        coalesce(present.is_unconverted, false) or coalesce(base.is_unconverted, false)
            as is_unconverted
    from compared
    cross join catalog
    inner join periods
        on
            compared.grain = periods.grain
            and compared.period_start = periods.period_start
    left join revalued as present
        on
            present.basis = 'present'
            and compared.grain = present.grain
            and not present.is_to_date
            and compared.period_number = present.period_number
            and compared.scope = present.scope
            and compared.member = present.member
    left join revalued as base
        on
            base.basis = 'base'
            and compared.grain = base.grain
            and compared.is_running = base.is_to_date
            and compared.period_number - periods.periods_in_a_year = base.period_number
            and compared.scope = base.scope
            and compared.member = base.member
    where not compared.is_to_date

)

select
    'revenue_growth_constant_currency' as kpi,
    'value' as statistic,
    true as is_headline,
    grain,
    is_to_date,
    period_start,
    period_end,
    period_number,
    is_running,
    scope,
    member,
    case
        when has_base and not is_unconverted and not year_ago_is_partial_start and base_amount > 0
            then cast(present_amount as double) / base_amount - 1
    end as value,
    case when has_base and not is_unconverted then cast(present_amount as double) end as numerator,
    case when has_base and not is_unconverted then cast(base_amount as double) end as denominator,
    cast(null as bigint) as sample_size,
    cast(null as double) as low,
    cast(null as double) as high,
    cast(null as double) as target,
    cast(null as varchar) as quota_source,
    is_complete,
    is_partial_start,
    {{ quality_codes([
        ("quality <> ''", "quality"),
        ("is_unconverted and quality not like '%unconverted%'", "'unconverted'"),
        ("year_ago_weeks_ratio is not null", "'uneven_weeks'"),
    ]) }} as quality
from beside_each_other
