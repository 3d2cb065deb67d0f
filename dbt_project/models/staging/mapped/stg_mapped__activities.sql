with lake as (

    select * from {{ source('lake', 'mapped__activities') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    activity_id,
    kind,
    direction,
    owner_id,
    owner_name,
    booked_by_id,
    person_id,
    person_email,
    message_id,
    counterpart_id,
    linked_activity_id,
    enrolment_id,
    disposition,
    meeting_outcome,
    is_connected,
    is_no_show,
    is_automated,
    occurred_at,
    ended_at,
    booked_at,
    updated_at,
    is_deleted
from lake
