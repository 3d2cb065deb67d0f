{{ config(
    materialized='incremental',
    pre_hook="{{ take_out('opportunity_key', ref('touched_opportunity_states')) }}"
) }}
{% set touched = ref('touched_opportunity_states') -%}
with states as (

    select * from {{ ref('int_opportunities_states') }}
    where {{ is_touched('opportunity_key', touched) }}

),

places as (

    select * from {{ ref('int_reps_placed') }}

),

reps as (

    select * from {{ ref('int_reps_referenced') }}

),

products as (

    select * from {{ ref('int_products_referenced') }}

),

excluded as (

    select * from {{ ref('int_opportunities_excluded') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

described as (

    select
        states.*,
        context.open_amount,
        context.currency as company_currency,
        excluded.opportunity_key is not null as is_excluded,
        coalesce(states.outcome = 'open', false)
        and not states.is_removed
        and excluded.opportunity_key is null as is_open_pipeline
    from states
    cross join context
    left join excluded
        on states.opportunity_key = excluded.opportunity_key

),

followed as (

    select
        *,
        max(case when is_open_pipeline then state_number end) over (
            partition by opportunity_key
            order by state_number
            rows between unbounded preceding and current row
        ) as last_open_number
    from described

),

valued as (

    select
        followed.*,
        products.list_price,
        followed.open_amount = 'list_price'
        and followed.source_amount is null
        and products.list_price is not null as is_list_priced
    from followed
    left join products
        on followed.product_key = products.product_key

),

-- with what a deal leaves the pipeline: a win with what was won, everything else with what it was
-- worth while it was open
counted as (

    select
        valued.*,
        case
            when valued.outcome = 'won' and not valued.is_removed then valued.source_amount
            when last_open.is_list_priced then last_open.list_price
            else last_open.source_amount
        end as counted_amount,
        case
            when valued.outcome = 'won' and not valued.is_removed then valued.currency
            when last_open.is_list_priced then valued.company_currency
            else last_open.currency
        end as counted_currency,
        coalesce(last_open.expected_close_on, valued.expected_close_on) as counted_close_on
    from valued
    left join valued as last_open
        on
            valued.opportunity_key = last_open.opportunity_key
            and valued.last_open_number = last_open.state_number
    where valued.valid_from_on < valued.valid_to_on

),

placed as (

    select
        counted.*,
        greatest(counted.valid_from_on, coalesce(places.valid_from_on, counted.valid_from_on))
            as held_from_on,
        least(counted.valid_to_on, coalesce(places.valid_to_on, counted.valid_to_on))
            as held_to_on,
        {{ rep_scopes('reps', 'places') }}
    from counted
    left join reps
        on counted.rep_key = reps.rep_key
    left join places
        on
            counted.rep_key = places.rep_key
            and places.valid_from_on < counted.valid_to_on
            and counted.valid_from_on < places.valid_to_on

)

select
    {{ dbt.concat(['opportunity_key', "':'", 'cast(held_from_on as varchar)']) }}
        as opportunity_state_key,
    opportunity_key,
    _source as source,
    rep_key,
    account_key,
    product_key,
    coalesce(stage, '(none)') as stage,
    case
        when is_removed then 'removed'
        when is_excluded then 'excluded'
        else coalesce(outcome, 'unmapped')
    end as outcome,
    coalesce(pipeline, '(none)') as pipeline,
    coalesce(deal_type, '(none)') as deal_type,
    coalesce(lead_source, '(none)') as lead_source,
    rep,
    team,
    manager,
    region,
    role,
    currency as source_currency,
    counted_currency,
    basis,
    cast(source_amount as decimal(18, 2)) as source_amount,
    cast(counted_amount as decimal(18, 2)) as counted_amount,
    cast(coalesce(stage_probability, probability) as double) as given_probability,
    cast(stage_order as integer) as stage_order,
    is_open_pipeline,
    is_merged,
    is_open_pipeline and is_list_priced as is_list_priced,
    expected_close_on,
    counted_close_on,
    held_from_on as valid_from_on,
    held_to_on as valid_to_on
from placed
