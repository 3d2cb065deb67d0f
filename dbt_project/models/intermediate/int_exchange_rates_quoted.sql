with delivered as (

    select * from {{ ref('int_exchange_rates_current') }}

),

value_map as (

    select * from {{ source('run', 'value_map') }}
    where object = 'exchange_rates' and column_name = 'rate_kind'

),

context as (

    select * from {{ source('run', 'context') }}

),

sources as (

    select
        source,
        min(source_order) as source_order
    from {{ source('run', 'sources') }}
    where feeds = 'exchange_rates'
    group by source

),

dates as (

    select min(date_on) as first_on from {{ ref('dim_dates') }}

),

-- one unit of base_currency costs `rate` units of currency
quoted as (

    select
        delivered._source as source,
        sources.source_order,
        upper(coalesce(delivered.base_currency, context.currency)) as base_currency,
        upper(coalesce(delivered.currency, context.currency)) as currency,
        coalesce(value_map.meaning, lower(delivered.rate_kind), 'actual') as rate_kind,
        delivered.rate_on,
        delivered.rate,
        delivered._as_of,
        delivered.exchange_rate_key
    from delivered
    cross join context
    inner join sources
        on delivered._source = sources.source
    left join value_map
        on
            delivered._source = value_map.source
            and delivered.rate_kind = value_map.found_value

),

usable as (

    select
        source,
        source_order,
        base_currency,
        currency,
        rate_kind,
        rate_on,
        cast(rate as decimal(18, 9)) as rate,
        _as_of,
        exchange_rate_key
    from quoted
    where
        rate_kind in ('actual', 'plan')
        and base_currency <> currency
        and rate > 0
        and rate < 1000000000

),

-- the days on which rates held that the calendar's first day finds
already_held as (

    select
        usable.source,
        usable.base_currency,
        usable.currency,
        usable.rate_kind,
        max(usable.rate_on) as rate_on
    from usable
    cross join dates
    where usable.rate_on <= dates.first_on
    group by usable.source, usable.base_currency, usable.currency, usable.rate_kind

),

-- nothing is dated before the calendar: of a list that is decades long, most is never asked for
needed as (

    select usable.*
    from usable
    left join already_held
        on
            usable.source = already_held.source
            and usable.base_currency = already_held.base_currency
            and usable.currency = already_held.currency
            and usable.rate_kind = already_held.rate_kind
    where already_held.rate_on is null or usable.rate_on >= already_held.rate_on

),

-- each rate converts both ways: amount × rate_times ÷ rate_divided_by
ways as (

    select
        source,
        source_order,
        currency as from_currency,
        base_currency as to_currency,
        rate_kind,
        rate_on,
        cast(1 as decimal(18, 9)) as rate_times,
        rate as rate_divided_by,
        _as_of,
        exchange_rate_key
    from needed
    union all
    select
        source,
        source_order,
        base_currency as from_currency,
        currency as to_currency,
        rate_kind,
        rate_on,
        rate as rate_times,
        cast(1 as decimal(18, 9)) as rate_divided_by,
        _as_of,
        exchange_rate_key
    from needed

),

placed as (

    select
        *,
        row_number() over (
            partition by source, from_currency, to_currency, rate_kind, rate_on
            order by _as_of desc, exchange_rate_key asc
        ) as place
    from ways

)

select
    source,
    source_order,
    from_currency,
    to_currency,
    rate_kind,
    rate_on,
    rate_times,
    rate_divided_by
from placed
where place = 1
