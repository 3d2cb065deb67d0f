with lake as (

    select * from {{ source('lake', 'salesforce__opportunity') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as opportunity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as opportunity_id,
    name as opportunity_name,
    account_id,
    account_name,
    owner_id,
    owner_name,
    cast(null as varchar) as product_id,
    cast(null as varchar) as product_name,
    stage_name as stage,
    cast(null as varchar) as pipeline,
    type as deal_type,
    lead_source,
    cast(null as varchar) as lost_reason,
    amount,
    currency_iso_code as currency,
    cast(probability / 100 as decimal(28, 9)) as probability,
    is_closed,
    is_won,
    contact_id,
    created_on,
    created_date as created_at,
    -- one field holds the expected close date of an open deal and the close date of a closed one
    case when is_closed then close_date end as closed_on,
    case when not coalesce(is_closed, false) then close_date end as expected_close_on,
    cast(null as varchar) as merged_into_id,
    updated_at,
    is_deleted
from lake
