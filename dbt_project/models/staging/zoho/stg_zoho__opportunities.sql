with deals as (

    select * from {{ source('lake', 'zoho__deals') }}

),

stage_map as (

    select * from {{ source('run', 'stage_map') }}

)

-- Zoho does not say of a deal that it is over: its stage does
select
    {{ dbt.concat(['deals._source', "':'", zoho_id('deals._key')]) }} as opportunity_key,
    deals._source,
    deals._as_of,
    deals._batch,
    deals._row,
    deals._op,
    {{ zoho_id('deals.id') }} as opportunity_id,
    deals.name as opportunity_name,
    {{ zoho_id('deals.account_id') }} as account_id,
    deals.account_name,
    {{ zoho_id('deals.owner_id') }} as owner_id,
    deals.owner_name,
    cast(null as varchar) as product_id,
    cast(null as varchar) as product_name,
    deals.stage,
    deals.pipeline,
    deals.type as deal_type,
    deals.lead_source,
    deals.lost_reason,
    deals.amount,
    deals.currency,
    cast(deals.probability / 100 as decimal(28, 9)) as probability,
    cast(null as boolean) as is_closed,
    cast(null as boolean) as is_won,
    {{ zoho_id('deals.contact_id') }} as contact_id,
    cast(null as date) as created_on,
    deals.created_time as created_at,
    -- one field holds the expected close date of an open deal and the close date of a closed one
    case when stage_map.outcome in ('won', 'lost') then deals.closing_date end as closed_on,
    case when stage_map.outcome = 'open' then deals.closing_date end as expected_close_on,
    cast(null as varchar) as merged_into_id,
    deals.updated_at,
    cast(null as boolean) as is_deleted
from deals
left join stage_map
    on
        deals._source = stage_map.source
        and deals.stage = stage_map.stage
