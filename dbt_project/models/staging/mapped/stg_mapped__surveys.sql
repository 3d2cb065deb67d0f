with lake as (

    select * from {{ source('lake', 'mapped__surveys') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as survey_answer_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    answer_id,
    survey_name,
    kind,
    person_id,
    account_id,
    sent_on,
    answered_on,
    score,
    answer,
    comment,
    updated_at,
    is_deleted
from lake
