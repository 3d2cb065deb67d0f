with lake as (

    select * from {{ source('lake', 'zoho__accounts') }}

),

context as (

    select * from {{ source('run', 'context') }}

)

select
    {{ dbt.concat(['lake._source', "':'", zoho_id('lake._key')]) }} as account_key,
    lake._source,
    lake._as_of,
    lake._batch,
    lake._row,
    lake._op,
    {{ zoho_id('lake.id') }} as account_id,
    lake.name as account_name,
    lake.industry,
    lake.segment,
    lake.billing_country as country,
    {{ zoho_id('lake.parent_id') }} as parent_account_id,
    lake.parent_name as parent_account_name,
    lake.website as domain,
    lake.customer_since,
    {{ local_date('lake.created_time', 'context.timezone') }} as created_on,
    cast(null as varchar) as merged_into_id,
    lake.updated_at,
    cast(null as boolean) as is_deleted
from lake
cross join context
