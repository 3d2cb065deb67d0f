with legs as (

    select * from {{ ref('int_exchange_rates_quoted') }}

),

context as (

    select currency as company_currency from {{ source('run', 'context') }}

),

series as (

    select distinct
        source,
        source_order,
        from_currency,
        to_currency,
        rate_kind
    from legs

),

-- from a currency to the company's by way of a third, which both have rates with
routes as (

    select
        outward.from_currency as currency,
        outward.rate_kind,
        outward.to_currency as through_currency,
        outward.source as first_source,
        homeward.source as second_source,
        greatest(outward.source_order, homeward.source_order) as route_order,
        least(outward.source_order, homeward.source_order) as better_order
    from series as outward
    cross join context
    inner join series as homeward
        on
            outward.to_currency = homeward.from_currency
            and outward.rate_kind = homeward.rate_kind
            and homeward.to_currency = context.company_currency
    where outward.from_currency <> context.company_currency

),

-- the days on which a rate of a route changes, with the days since which its two rates hold
changes as (

    select
        routes.currency,
        routes.rate_kind,
        routes.through_currency,
        routes.first_source,
        routes.second_source,
        legs.rate_on,
        legs.rate_on as first_on,
        cast(null as date) as second_on
    from routes
    inner join legs
        on
            routes.first_source = legs.source
            and routes.rate_kind = legs.rate_kind
            and routes.currency = legs.from_currency
            and routes.through_currency = legs.to_currency
    union all
    select
        routes.currency,
        routes.rate_kind,
        routes.through_currency,
        routes.first_source,
        routes.second_source,
        legs.rate_on,
        cast(null as date) as first_on,
        legs.rate_on as second_on
    from routes
    cross join context
    inner join legs
        on
            routes.second_source = legs.source
            and routes.rate_kind = legs.rate_kind
            and routes.through_currency = legs.from_currency
            and legs.to_currency = context.company_currency

),

held as (

    select distinct
        currency,
        rate_kind,
        through_currency,
        first_source,
        second_source,
        rate_on,
        max(first_on) over (
            partition by currency, rate_kind, through_currency, first_source, second_source
            order by rate_on
            range between unbounded preceding and current row
        ) as first_on,
        max(second_on) over (
            partition by currency, rate_kind, through_currency, first_source, second_source
            order by rate_on
            range between unbounded preceding and current row
        ) as second_on
    from changes

),

crossed as (

    select
        held.currency,
        held.rate_kind,
        held.through_currency,
        held.first_source,
        held.second_source,
        held.rate_on,
        cast(round(outward.rate_times * homeward.rate_times, 9) as decimal(28, 9)) as rate_times,
        cast(round(outward.rate_divided_by * homeward.rate_divided_by, 9) as decimal(28, 9))
            as rate_divided_by
    from held
    cross join context
    inner join legs as outward
        on
            held.first_source = outward.source
            and held.rate_kind = outward.rate_kind
            and held.currency = outward.from_currency
            and held.through_currency = outward.to_currency
            and held.first_on = outward.rate_on
    inner join legs as homeward
        on
            held.second_source = homeward.source
            and held.rate_kind = homeward.rate_kind
            and held.through_currency = homeward.from_currency
            and homeward.to_currency = context.company_currency
            and held.second_on = homeward.rate_on

),

-- a direct rate comes before one by way of a third currency, then the source that the config names
-- first; better_order and through_currency only settle ties
candidates as (

    select
        legs.from_currency as currency,
        legs.rate_kind,
        legs.rate_on,
        legs.rate_times,
        legs.rate_divided_by,
        legs.source,
        cast(null as varchar) as through_currency,
        0 as is_crossed,
        legs.source_order as route_order,
        legs.source_order as better_order,
        '' as second_source
    from legs
    cross join context
    where legs.to_currency = context.company_currency
    union all
    select
        crossed.currency,
        crossed.rate_kind,
        crossed.rate_on,
        cast(crossed.rate_times as decimal(18, 9)) as rate_times,
        cast(crossed.rate_divided_by as decimal(18, 9)) as rate_divided_by,
        crossed.first_source as source,
        crossed.through_currency,
        1 as is_crossed,
        routes.route_order,
        routes.better_order,
        crossed.second_source
    from crossed
    inner join routes
        on
            crossed.currency = routes.currency
            and crossed.rate_kind = routes.rate_kind
            and crossed.through_currency = routes.through_currency
            and crossed.first_source = routes.first_source
            and crossed.second_source = routes.second_source
    where
        crossed.rate_times > 0
        and crossed.rate_times < 1000000000
        and crossed.rate_divided_by > 0
        and crossed.rate_divided_by < 1000000000

),

ranked as (

    select
        *,
        dense_rank() over (
            partition by currency, rate_kind
            order by
                is_crossed,
                route_order,
                better_order,
                source,
                second_source,
                coalesce(through_currency, '')
        ) as preference
    from candidates

),

spans as (

    select
        *,
        lead(rate_on) over (
            partition by currency, rate_kind, preference order by rate_on
        ) as next_on
    from ranked

),

-- once a better rate begins, the others end: its last known one holds for ever
beginnings as (

    select
        currency,
        rate_kind,
        preference,
        min(rate_on) as begins_on
    from spans
    group by currency, rate_kind, preference

),

endings as (

    select
        currency,
        rate_kind,
        preference,
        coalesce(
            min(begins_on) over (
                partition by currency, rate_kind
                order by preference
                rows between unbounded preceding and 1 preceding
            ),
            cast('9999-12-31' as date)
        ) as overtaken_on
    from beginnings

)

select
    company_currency as currency,
    'actual' as rate_kind,
    cast('1900-01-01' as date) as valid_from_on,
    cast('9999-12-31' as date) as valid_to_on,
    cast(1 as decimal(18, 9)) as rate_times,
    cast(1 as decimal(18, 9)) as rate_divided_by,
    cast(null as varchar) as source,
    cast(null as varchar) as through_currency
from context
union all
select
    spans.currency,
    spans.rate_kind,
    spans.rate_on as valid_from_on,
    least(coalesce(spans.next_on, endings.overtaken_on), endings.overtaken_on) as valid_to_on,
    spans.rate_times,
    spans.rate_divided_by,
    spans.source,
    spans.through_currency
from spans
inner join endings
    on
        spans.currency = endings.currency
        and spans.rate_kind = endings.rate_kind
        and spans.preference = endings.preference
where spans.rate_on < endings.overtaken_on
