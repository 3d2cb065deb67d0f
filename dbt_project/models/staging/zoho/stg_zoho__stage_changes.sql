with lake as (

    select * from {{ source('lake', 'zoho__stage_history') }}

)

select
    {{ dbt.concat(['_source', "':'", zoho_id('_key')]) }} as stage_change_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    {{ zoho_id('id') }} as stage_change_id,
    {{ zoho_id('deal_id') }} as opportunity_id,
    stage,
    amount,
    closing_date as expected_close_on,
    currency,
    modified_time as changed_at,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from lake
