with lake as (

    select * from {{ source('lake', 'salesforce__opportunity_history') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as stage_change_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as stage_change_id,
    opportunity_id,
    stage_name as stage,
    amount,
    close_date as expected_close_on,
    currency_iso_code as currency,
    created_date as changed_at,
    updated_at,
    is_deleted
from lake
