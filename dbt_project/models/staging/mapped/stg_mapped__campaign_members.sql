with lake as (

    select * from {{ source('lake', 'mapped__campaign_members') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as member_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    member_id,
    campaign_id,
    person_id,
    status,
    has_responded,
    first_responded_on,
    created_at,
    updated_at,
    is_deleted
from lake
