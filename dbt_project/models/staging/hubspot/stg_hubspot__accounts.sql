with lake as (

    select * from {{ source('lake', 'hubspot__companies') }}

),

versions as (

    select * from {{ with_merges('lake') }}

),

context as (

    select * from {{ source('run', 'context') }}

)

select
    {{ dbt.concat(['versions._source', "':'", 'versions._key']) }} as account_key,
    versions._source,
    versions._as_of,
    versions._batch,
    versions._row,
    versions._op,
    lake.id as account_id,
    lake.name as account_name,
    lake.industry,
    lake.segment,
    lake.country,
    lake.parent_company_id as parent_account_id,
    cast(null as varchar) as parent_account_name,
    lake.domain,
    lake.customer_since,
    {{ local_date('lake.created_at', 'context.timezone') }} as created_on,
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
cross join context
