with lake as (

    select * from {{ source('lake', 'mapped__opportunities') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as opportunity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    opportunity_id,
    opportunity_name,
    account_id,
    account_name,
    owner_id,
    owner_name,
    product_id,
    product_name,
    stage,
    pipeline,
    deal_type,
    lead_source,
    lost_reason,
    amount,
    currency,
    probability,
    is_closed,
    is_won,
    contact_id,
    created_on,
    created_at,
    closed_on,
    expected_close_on,
    merged_into_id,
    updated_at,
    is_deleted
from lake
