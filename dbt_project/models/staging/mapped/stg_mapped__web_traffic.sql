with lake as (

    select * from {{ source('lake', 'mapped__web_traffic') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as web_traffic_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    visited_on,
    lead_source,
    campaign_name,
    country,
    landing_page,
    session_count,
    visitor_count,
    updated_at,
    is_deleted
from lake
