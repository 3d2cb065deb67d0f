with versions as (

    select * from {{ ref('int_opportunities_versions') }}

),

events as (

    select * from {{ ref('int_opportunities_events') }}

),

products as (

    select * from {{ ref('int_products_referenced') }}

),

excluded as (

    select * from {{ ref('int_opportunities_excluded') }}

),

stage_map as (

    select * from {{ source('run', 'stage_map') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

deal_types as (

    select * from {{ source('run', 'value_map') }}
    where object = 'opportunities' and column_name = 'deal_type'

),

rates as (

    select * from {{ ref('int_exchange_rates_daily') }} where rate_kind = 'actual'

),

plan_rates as (

    select * from {{ ref('int_exchange_rates_daily') }} where rate_kind = 'plan'

),

accepted_stages as (

    select
        source,
        min(stage_order) as accepted_order
    from stage_map
    where is_accepted and outcome = 'open'
    group by source

),

latest as (

    select
        versions.*,
        row_number() over (
            partition by versions.opportunity_key order by versions.version_number desc
        ) as versions_back
    from versions
    where versions._op = 'upsert'

),

dated as (

    select
        latest.*,
        events.is_deleted,
        events.is_merged,
        excluded.exclusion,
        events.closed_by_rep_key,
        events.closed_for_account_key,
        events.created_by_rep_key,
        events.created_for_account_key,
        events.first_amount,
        events.last_positive_amount,
        events.first_currency,
        events.last_positive_currency,
        events.first_open_stage_order,
        events.last_open_stage_order,
        accepted_stages.accepted_order,
        products.list_price,
        upper(coalesce(products.currency, context.currency)) as list_price_currency,
        context.as_of_on,
        context.open_amount,
        case
            when latest.outcome = 'open' or latest.outcome is null then 'open'
            when
                latest.outcome = 'lost'
                and context.lost_date = 'changed'
                and events.marked_on is not null
                then 'marked_lost'
            when
                latest.outcome = 'lost'
                and context.lost_date = 'changed'
                and events.seen_before_on is not null
                and (
                    latest.closed_on is null
                    or latest.closed_on > events.seen_closed_on
                    or latest.closed_on <= events.seen_before_on
                )
                then 'seen_lost'
            when latest.closed_on > events.seen_closed_on then 'seen_closed'
            when latest.closed_on is not null then 'entered'
            when events.seen_before_on is not null then 'seen_closed'
            else 'unknown'
        end as closing_rule,
        events.seen_closed_on,
        events.marked_on,
        coalesce(deal_types.meaning = 'renewal', false) as is_renewal
    from latest
    inner join events
        on latest.opportunity_key = events.opportunity_key
    left join products
        on latest.product_key = products.product_key
    left join deal_types
        on
            latest._source = deal_types.source
            and latest.deal_type = deal_types.found_value
    left join accepted_stages
        on latest._source = accepted_stages.source
    cross join context
    left join excluded
        on latest.opportunity_key = excluded.opportunity_key
    where latest.versions_back = 1

),

closed as (

    select
        *,
        case
            when closing_rule = 'marked_lost' then marked_on
            when closing_rule in ('seen_lost', 'seen_closed') then seen_closed_on
            when closing_rule = 'entered' then closed_on
        end as counted_closed_on,
        outcome = 'open' and amount is null and open_amount = 'list_price' as is_list_priced,
        first_amount is null and open_amount = 'list_price' as is_created_at_list_price,
        outcome = 'lost' and last_positive_amount is null and open_amount = 'list_price'
            as is_lost_at_list_price
    from dated

),

-- what each amount is before it is converted, in which currency, and the day whose rate counts
priced as (

    select
        *,
        case when is_list_priced then list_price else amount end as found_amount,
        case when is_list_priced then list_price_currency else currency end as found_currency,
        coalesce(counted_closed_on, as_of_on) as valued_on,
        case when is_created_at_list_price then list_price else first_amount end
            as found_created_amount,
        case
            when is_created_at_list_price then list_price_currency
            else coalesce(first_currency, currency)
        end as found_created_currency,
        coalesce(created_on, as_of_on) as created_valued_on,
        case
            when outcome = 'won' and amount > 0 then amount
            when is_lost_at_list_price then list_price
            when outcome = 'lost' then last_positive_amount
        end as found_decided_amount,
        case
            when is_lost_at_list_price then list_price_currency
            when outcome = 'lost' then coalesce(last_positive_currency, currency)
            else currency
        end as found_decided_currency
    from closed

),

valued as (

    select
        priced.*,
        priced.found_amount is null or rates.rate_times is not null as is_converted,
        priced.found_created_amount is null or created_rates.rate_times is not null
            as is_creation_converted,
        {{ exchange_rate('rates') }} as exchange_rate,
        {{ converted('priced.found_amount', 'rates') }} as valued_amount,
        {{ converted('priced.found_amount', 'plan_rates') }} as planned_amount,
        {{ converted('priced.found_created_amount', 'created_rates') }} as created_amount,
        {{ converted('priced.found_decided_amount', 'decided_rates') }} as decided_amount
    from priced
    left join rates
        on
            priced.found_currency = rates.currency
            and priced.valued_on = rates.date_on
    left join plan_rates
        on
            priced.found_currency = plan_rates.currency
            and priced.valued_on = plan_rates.date_on
    left join rates as created_rates
        on
            priced.found_created_currency = created_rates.currency
            and priced.created_valued_on = created_rates.date_on
    left join rates as decided_rates
        on
            priced.found_decided_currency = decided_rates.currency
            and priced.valued_on = decided_rates.date_on

)

select
    opportunity_key,
    _source,
    opportunity_id,
    opportunity_name,
    account_key,
    rep_key,
    product_key,
    closed_by_rep_key,
    closed_for_account_key,
    created_by_rep_key,
    created_for_account_key,
    stage,
    outcome,
    stage_order,
    pipeline,
    deal_type,
    lead_source,
    lost_reason,
    contact_id,
    is_renewal,
    coalesce(stage_probability, probability) as given_probability,
    first_open_stage_order,
    last_open_stage_order,
    created_on,
    created_at,
    expected_close_on,
    closed_on as entered_closed_on,
    counted_closed_on as closed_on,
    case when closing_rule not in ('open', 'unknown') then closing_rule end as closed_on_source,
    as_of_on,
    amount as source_amount,
    currency as source_currency,
    is_converted,
    is_creation_converted,
    exchange_rate,
    valued_amount as amount,
    coalesce(planned_amount, valued_amount) as plan_amount,
    case
        when valued_amount is null then null
        when is_list_priced then 'list_price'
        else 'entered'
    end as amount_source,
    created_amount,
    decided_amount,
    exclusion,
    is_deleted,
    is_merged,
    is_deleted or exclusion is not null as is_left_out,
    coalesce(outcome = 'won', false) as is_won,
    coalesce(outcome = 'lost', false) as is_lost,
    coalesce(outcome = 'open', false) as is_open,
    coalesce(
        outcome = 'won'
        or accepted_order is null
        or last_open_stage_order is null
        or last_open_stage_order >= accepted_order,
        false
    ) as is_accepted
from valued
