with lake as (

    select * from {{ source('lake', 'salesforce__account') }}

),

context as (

    select * from {{ source('run', 'context') }}

)

select
    {{ dbt.concat(['lake._source', "':'", 'lake._key']) }} as account_key,
    lake._source,
    lake._as_of,
    lake._batch,
    lake._row,
    lake._op,
    lake.id as account_id,
    lake.name as account_name,
    lake.industry,
    lake.segment,
    lake.billing_country as country,
    lake.parent_id as parent_account_id,
    cast(null as varchar) as parent_account_name,
    lake.website as domain,
    lake.customer_since,
    coalesce(
        {{ local_date('lake.created_date', 'context.timezone') }}, lake.created_on
    ) as created_on,
    lake.merged_into_id,
    lake.updated_at,
    lake.is_deleted
from lake
cross join context
