with web_traffic as (

    select * from {{ ref('int_web_traffic_current') }}

)

select
    web_traffic_key,
    _source as source,
    visited_on,
    coalesce(lead_source, '(none)') as lead_source,
    coalesce(campaign_name, '(none)') as campaign,
    coalesce(country, '(none)') as country,
    coalesce(landing_page, '(none)') as landing_page,
    session_count,
    visitor_count
from web_traffic
