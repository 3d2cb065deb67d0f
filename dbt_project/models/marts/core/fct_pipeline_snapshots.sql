{% set touched_deals = ref('touched_snapshot_deals') -%}
{% set touched_days = ref('touched_snapshot_days') -%}
{{ config(
    materialized='incremental',
    pre_hook=[
        "{{ take_out('opportunity_key', ref('touched_snapshot_deals')) }}",
        "{{ take_out('snapshot_on', ref('touched_snapshot_days')) }}",
    ]
) }}
with states as (

    select * from {{ ref('fct_opportunity_states') }} where is_open_pipeline

),

days as (

    select * from {{ ref('int_snapshot_days') }}

),

stage_probabilities as (

    select * from {{ ref('int_stage_probabilities') }}

),

opportunities as (

    select * from {{ ref('int_opportunities') }}

),

accepted as (

    select * from {{ ref('int_opportunities_accepted') }}

),

account_versions as (

    select * from {{ ref('int_accounts_versions') }} where not is_removed

),

products as (

    select * from {{ ref('int_products_referenced') }}

),

rates_of_days as (

    select * from {{ ref('int_snapshot_rates') }}

),

taken as (

    select
        states.*,
        days.snapshot_on,
        days.is_as_of,
        days.is_week_end,
        days.is_month_end
    from states
    inner join days
        on
            states.valid_from_on <= days.snapshot_on
            and days.snapshot_on < states.valid_to_on
    where
        {{ is_touched('states.opportunity_key', touched_deals) }}
        or {{ is_touched('days.snapshot_on', touched_days) }}

),

valued as (

    select
        taken.*,
        opportunities.created_on,
        opportunities.is_renewal,
        accepted.accepted_on,
        {{ converted('taken.counted_amount', 'rates_of_days') }} as amount,
        {{ shrunk_probability('stage_probabilities', 'taken.given_probability') }} as probability,
        {{ dbt.datediff('opportunities.created_on', 'taken.snapshot_on', 'day') }} as age_days
    from taken
    inner join opportunities
        on taken.opportunity_key = opportunities.opportunity_key
    left join accepted
        on taken.opportunity_key = accepted.opportunity_key
    left join stage_probabilities
        on
            taken.source = stage_probabilities.source
            and taken.stage = stage_probabilities.stage
            and taken.snapshot_on = stage_probabilities.snapshot_on
    left join rates_of_days
        on
            taken.counted_currency = rates_of_days.currency
            and taken.snapshot_on = rates_of_days.snapshot_on

)

select
    {{ dbt.concat(['valued.opportunity_key', "':'", 'cast(valued.snapshot_on as varchar)']) }}
        as snapshot_key,
    valued.opportunity_key,
    valued.source,
    valued.account_key,
    valued.rep_key,
    valued.stage,
    valued.pipeline,
    coalesce(products.product_label, '(none)') as product,
    coalesce(products.product_family, '(none)') as product_family,
    valued.deal_type,
    valued.lead_source,
    valued.rep,
    valued.team,
    valued.manager,
    valued.region,
    valued.role,
    coalesce(account_versions.segment, '(none)') as segment,
    coalesce(account_versions.industry, '(none)') as industry,
    coalesce(account_versions.country, '(none)') as country,
    valued.source_currency,
    case
        when valued.is_list_priced then 'list_price'
        when valued.amount is not null then 'entered'
    end as amount_source,
    valued.source_amount,
    valued.amount,
    {{ weighted('valued.amount', 'valued.probability') }} as weighted_amount,
    cast(valued.probability as double) as probability,
    valued.stage_order,
    cast(case when valued.age_days >= 0 then valued.age_days end as integer) as age_days,
    valued.is_open_pipeline,
    valued.amount is not null or valued.source_amount is null as is_converted,
    not valued.is_renewal
    and coalesce(valued.accepted_on <= valued.snapshot_on, false) as is_win_rate_eligible,
    valued.is_week_end,
    valued.is_month_end,
    valued.is_as_of,
    valued.snapshot_on,
    valued.created_on,
    valued.expected_close_on
from valued
left join account_versions
    on
        valued.account_key = account_versions.account_key
        and account_versions.valid_from_on <= valued.snapshot_on
        and valued.snapshot_on < account_versions.valid_to_on
left join products
    on valued.product_key = products.product_key
