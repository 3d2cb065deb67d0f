with lake as (

    select * from {{ source('lake', 'mapped__sequence_enrolments') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as enrolment_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    enrolment_id,
    sequence_name,
    person_id,
    owner_id,
    started_at,
    replied_at,
    updated_at,
    is_deleted
from lake
