with states as (

    select * from {{ source('lake', 'outreach__sequence_states') }}

),

sequences as (

    {{ latest_records(source('lake', 'outreach__sequences')) }}

)

select
    {{ dbt.concat(['states._source', "':'", 'states._key']) }} as enrolment_key,
    states._source,
    states._as_of,
    states._batch,
    states._row,
    states._op,
    states.id as enrolment_id,
    sequences.name as sequence_name,
    states.prospect_id as person_id,
    states.creator_id as owner_id,
    states.created_at as started_at,
    states.replied_at,
    states.updated_at,
    lower(states.dml_type) = 'delete' as is_deleted
from states
left join sequences
    on
        states._source = sequences._source
        and states.sequence_id = sequences.id
