with lake as (

    select * from {{ source('lake', 'salesforce__campaign') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as campaign_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as campaign_id,
    name as campaign_name,
    type as campaign_type,
    status,
    parent_id as parent_campaign_id,
    actual_cost as cost,
    budgeted_cost,
    currency_iso_code as currency,
    is_active,
    start_date as started_on,
    end_date as ended_on,
    created_date as created_at,
    updated_at,
    is_deleted
from lake
