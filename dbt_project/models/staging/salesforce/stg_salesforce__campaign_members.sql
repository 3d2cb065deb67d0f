with lake as (

    select * from {{ source('lake', 'salesforce__campaign_member') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as member_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as member_id,
    campaign_id,
    -- a lead that was converted is a contact since
    coalesce(contact_id, lead_id) as person_id,
    status,
    has_responded,
    first_responded_date as first_responded_on,
    created_date as created_at,
    updated_at,
    is_deleted
from lake
