with lake as (

    select * from {{ source('lake', 'mapped__costs') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as cost_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    cost_id,
    category,
    period_start,
    period_end,
    amount,
    currency,
    lead_source,
    campaign_name,
    team,
    region,
    segment,
    country,
    product_name,
    updated_at,
    is_deleted
from lake
