with lake as (

    select * from {{ source('lake', 'hubspot__deals') }}

),

versions as (

    select * from {{ with_merges('lake') }}

),

stages as (

    {{ latest_records(source('lake', 'hubspot__deal_stages')) }}

)

select
    {{ dbt.concat(['versions._source', "':'", 'versions._key']) }} as opportunity_key,
    versions._source,
    versions._as_of,
    versions._batch,
    versions._row,
    versions._op,
    lake.id as opportunity_id,
    lake.name as opportunity_name,
    split_part(lake.company_id, ';', 1) as account_id,
    lake.company_name as account_name,
    lake.owner_id,
    lake.owner_name,
    cast(null as varchar) as product_id,
    cast(null as varchar) as product_name,
    coalesce(stages.label, lake.stage) as stage,
    coalesce(stages.pipeline_label, lake.pipeline) as pipeline,
    lake.type as deal_type,
    lake.source as lead_source,
    lake.lost_reason,
    lake.amount,
    lake.currency,
    coalesce(lake.probability, stages.probability) as probability,
    coalesce(lake.is_closed, stages.is_closed) as is_closed,
    coalesce(
        lake.is_won, case when stages.is_closed then stages.probability = 1 end
    ) as is_won,
    split_part(lake.contact_id, ';', 1) as contact_id,
    cast(null as date) as created_on,
    lake.created_at,
    -- one field holds the expected close date of an open deal and the close date of a closed one
    case
        when coalesce(lake.is_closed, stages.is_closed, true) then lake.close_date
    end as closed_on,
    case
        when not coalesce(lake.is_closed, stages.is_closed, false) then lake.close_date
    end as expected_close_on,
    versions.merged_into_id,
    lake.updated_at,
    lake.is_archived as is_deleted
from versions
inner join lake
    on
        versions._source = lake._source
        and versions._key = lake._key
        and versions.state_as_of = lake._as_of
        and versions.state_batch = lake._batch
left join stages
    on
        lake._source = stages._source
        and lake.stage = stages.stage_id
