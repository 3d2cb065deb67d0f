with lake as (

    select * from {{ source('lake', 'mapped__quotas') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as quota_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    measure,
    owner_id,
    owner_email,
    owner_name,
    team,
    period_start,
    period_end,
    amount,
    currency,
    updated_at,
    is_deleted
from lake
