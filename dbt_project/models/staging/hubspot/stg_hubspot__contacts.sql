with lake as (

    select * from {{ source('lake', 'hubspot__contacts') }}

),

versions as (

    select * from {{ with_merges('lake') }}

)

select
    {{ dbt.concat(['versions._source', "':'", 'versions._key']) }} as contact_key,
    versions._source,
    versions._as_of,
    versions._batch,
    versions._row,
    versions._op,
    lake.id as contact_id,
    {{ name_of('null', 'lake.first_name', 'lake.last_name') }} as contact_name,
    lake.email,
    cast(null as varchar) as crm_id,
    split_part(lake.company_id, ';', 1) as account_id,
    lake.owner_id,
    lake.opted_out_at,
    lake.created_at,
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
