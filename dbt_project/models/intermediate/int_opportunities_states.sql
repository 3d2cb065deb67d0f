{{ config(
    materialized='incremental',
    pre_hook="{{ take_out('opportunity_key', ref('touched_opportunities')) }}"
) }}
{% set touched = ref('touched_opportunities') -%}
with known as (

    select * from {{ ref('int_opportunities_statements') }}
    where {{ is_touched('opportunity_key', touched) }}

),

versions as (

    select * from {{ ref('int_opportunities_versions') }}
    where {{ is_touched('opportunity_key', touched) }}

),

stage_map as (

    select * from {{ source('run', 'stage_map') }}

),

-- what only exports tell of a deal, with a number that is new where one of it is
described as (

    select
        *,
        {{ dbt.concat([
            "coalesce(pipeline, '')", "'|'",
            "coalesce(deal_type, '')", "'|'",
            "coalesce(lead_source, '')", "'|'",
            "coalesce(product_key, '')", "'|'",
            "coalesce(currency, '')", "'|'",
            "coalesce(cast(probability as varchar), '')", "'|'",
            "cast(is_removed as varchar)", "cast(is_merged as varchar)",
        ]) }} as description
    from versions

),

compared_versions as (

    select
        *,
        lag(description) over (
            partition by opportunity_key order by version_number
        ) as previous_description
    from described

),

numbered_versions as (

    select
        *,
        sum(case when description = previous_description then 0 else 1 end) over (
            partition by opportunity_key order by version_number rows unbounded preceding
        ) as description_number
    from compared_versions

),

valued as (

    select
        known.opportunity_key,
        known._source,
        known.place,
        known.stated_at,
        known.stated_on,
        known.basis,
        known.happened_after,
        known.happened_by,
        known.stage,
        known.outcome,
        known.amount,
        case when known.outcome = 'open' then known.expected_close_on end as expected_close_on,
        -- the first owner and account that are told: they hold before, too
        case when known.is_owner_known then known.rep_key else known.first_rep_key end as rep_key,
        case
            when known.is_account_known then known.account_key
            else known.first_account_key
        end as account_key,
        shown.pipeline,
        shown.deal_type,
        shown.lead_source,
        shown.product_key,
        coalesce(known.currency, shown.currency) as currency,
        shown.probability,
        known.shown_version_number is not null and shown.is_removed as is_removed,
        known.shown_version_number is not null and shown.is_merged as is_merged,
        -- before the first version nothing of a deal can have been removed
        case when known.shown_version_number is null then 0 else shown.description_number end
            as description_number
    from known
    inner join numbered_versions as shown
        on
            known.opportunity_key = shown.opportunity_key
            and coalesce(known.shown_version_number, 1) = shown.version_number
    where known.is_stage_known

),

compared as (

    select
        *,
        {%- for column in [
            'stage', 'outcome', 'amount', 'currency', 'expected_close_on', 'rep_key', 'account_key',
            'description_number', 'is_removed',
        ] %}
        lag({{ column }}) over (partition by opportunity_key order by place)
            as previous_{{ column }},
        {%- endfor %}
        lag(place) over (partition by opportunity_key order by place) as previous_place
    from valued

),

-- a statement that says what was known already is no change
changed as (

    select * from compared
    where
        previous_place is null
        or stage is distinct from previous_stage
        or outcome is distinct from previous_outcome
        or amount is distinct from previous_amount
        or currency is distinct from previous_currency
        or expected_close_on is distinct from previous_expected_close_on
        or rep_key is distinct from previous_rep_key
        or account_key is distinct from previous_account_key
        or (
            description_number <> previous_description_number
            and (previous_description_number > 0 or is_removed <> previous_is_removed)
        )

),

followed as (

    select
        *,
        row_number() over (partition by opportunity_key order by place) as state_number,
        lead(stated_on) over (partition by opportunity_key order by place) as next_stated_on
    from changed

)

select
    followed.opportunity_key,
    followed._source,
    followed.state_number,
    followed.stated_at as state_from_at,
    followed.stated_on as valid_from_on,
    coalesce(followed.next_stated_on, cast('9999-12-31' as date)) as valid_to_on,
    followed.next_stated_on is null as is_last,
    followed.basis,
    followed.happened_after,
    followed.happened_by,
    followed.stage,
    followed.outcome,
    stage_map.stage_order,
    stage_map.stage_class,
    stage_map.probability as stage_probability,
    followed.amount as source_amount,
    followed.currency,
    followed.expected_close_on,
    followed.rep_key,
    followed.account_key,
    followed.product_key,
    followed.pipeline,
    followed.deal_type,
    followed.lead_source,
    followed.probability,
    followed.is_removed,
    followed.is_merged,
    followed.previous_place is null
    or coalesce(followed.previous_stage <> followed.stage, true) as is_stage_change
from followed
left join stage_map
    on
        followed._source = stage_map.source
        and followed.stage = stage_map.stage
