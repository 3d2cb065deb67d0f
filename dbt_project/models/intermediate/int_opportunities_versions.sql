{{ config(
    materialized='incremental',
    pre_hook="{{ take_out('opportunity_key', ref('touched_opportunities')) }}"
) }}
with versions as (

    {{ record_versions(
        'opportunities', 'opportunity_key', merges=true, touched=ref('touched_opportunities')
    ) }}

),

stage_map as (

    select * from {{ source('run', 'stage_map') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

account_keys as (

    select * from {{ ref('int_account_keys') }}

),

rep_keys as (

    select * from {{ ref('int_rep_keys') }}

),

product_keys as (

    select * from {{ ref('int_product_keys') }}

)

select
    versions.opportunity_key,
    versions._source,
    versions._as_of,
    versions._batch,
    versions._op,
    versions.version_number,
    versions.valid_from_on,
    versions.valid_to_on,
    versions.is_current,
    versions.is_removed,
    versions.merged_into_id is not null as is_merged,
    versions.opportunity_id,
    versions.opportunity_name,
    versions.account_id,
    versions.account_name,
    {{ resolved_key(
        'versions', 'account_id', 'account_name',
        'account_by_id', 'account_by_name', 'account_key'
    ) }} as account_key,
    versions.owner_id,
    versions.owner_name,
    {{ resolved_key(
        'versions', 'owner_id', 'owner_name',
        'rep_by_id', 'rep_by_name', 'rep_key'
    ) }} as rep_key,
    versions.product_id,
    versions.product_name,
    {{ resolved_key(
        'versions', 'product_id', 'product_name',
        'product_by_id', 'product_by_name', 'product_key'
    ) }} as product_key,
    versions.stage,
    -- where the tool itself says how a deal ended, its word counts
    case
        when versions.is_won then 'won'
        when versions.is_closed then 'lost'
        when versions.is_closed = false then 'open'
        else stage_map.outcome
    end as outcome,
    stage_map.stage_order,
    stage_map.probability as stage_probability,
    versions.pipeline,
    versions.deal_type,
    versions.lead_source,
    versions.lost_reason,
    versions.amount,
    upper(coalesce(versions.currency, context.currency)) as currency,
    versions.probability,
    versions.contact_id,
    coalesce(
        versions.created_on,
        {{ local_date('versions.created_at', 'context.timezone') }}
    ) as created_on,
    versions.created_at,
    versions.closed_on,
    versions.expected_close_on
from versions
cross join context
left join stage_map
    on versions._source = stage_map.source and versions.stage = stage_map.stage
left join account_keys as account_by_id
    on
        versions._source = account_by_id._source
        and account_by_id.reference_kind = 'id'
        and versions.account_id = account_by_id.reference
left join account_keys as account_by_name
    on
        versions._source = account_by_name._source
        and account_by_name.reference_kind = 'name'
        and versions.account_name = account_by_name.reference
left join rep_keys as rep_by_id
    on
        versions._source = rep_by_id._source
        and rep_by_id.reference_kind = 'id'
        and versions.owner_id = rep_by_id.reference
left join rep_keys as rep_by_name
    on
        versions._source = rep_by_name._source
        and rep_by_name.reference_kind = 'name'
        and versions.owner_name = rep_by_name.reference
left join product_keys as product_by_id
    on
        versions._source = product_by_id._source
        and product_by_id.reference_kind = 'id'
        and versions.product_id = product_by_id.reference
left join product_keys as product_by_name
    on
        versions._source = product_by_name._source
        and product_by_name.reference_kind = 'name'
        and versions.product_name = product_by_name.reference
