with lake as (

    select * from {{ source('lake', 'mapped__deal_splits') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as split_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    opportunity_id,
    owner_id,
    owner_name,
    credit_type,
    share,
    updated_at,
    is_deleted
from lake
