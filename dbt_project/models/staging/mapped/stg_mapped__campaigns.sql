with lake as (

    select * from {{ source('lake', 'mapped__campaigns') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as campaign_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    campaign_id,
    campaign_name,
    campaign_type,
    status,
    parent_campaign_id,
    cost,
    budgeted_cost,
    currency,
    is_active,
    started_on,
    ended_on,
    created_at,
    updated_at,
    is_deleted
from lake
