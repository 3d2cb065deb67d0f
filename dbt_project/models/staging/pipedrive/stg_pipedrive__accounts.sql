with lake as (

    select * from {{ source('lake', 'pipedrive__organizations') }}

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
    lake.country,
    cast(null as varchar) as parent_account_id,
    cast(null as varchar) as parent_account_name,
    lake.website as domain,
    lake.customer_since,
    coalesce({{ local_date('lake.add_time', 'context.timezone') }}, lake.added_on) as created_on,
    cast(null as varchar) as merged_into_id,
    lake.updated_at,
    coalesce(lake.is_deleted, not lake.is_active) as is_deleted
from lake
cross join context
