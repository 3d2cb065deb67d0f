with answers as (

    select * from {{ ref('int_surveys_current') }}

),

value_map as (

    select * from {{ source('run', 'value_map') }} where object = 'surveys'

),

account_keys as (

    select * from {{ ref('int_account_keys') }} where reference_kind = 'id'

),

person_keys as (

    select * from {{ ref('int_person_keys') }} where reference_kind = 'id'

),

-- surveys come from elsewhere than customers: the one that any source calls so is meant
accounts_anywhere as (

    select
        reference,
        min(account_key) as account_key
    from account_keys
    group by reference
    having count(distinct account_key) = 1

),

people_anywhere as (

    select
        reference,
        min(person_key) as person_key
    from person_keys
    group by reference
    having count(distinct person_key) = 1

)

select
    answers.survey_answer_key,
    answers._source as source,
    coalesce(answers.survey_name, '(none)') as survey,
    coalesce(
        kinds.meaning,
        case
            when lower(answers.kind) in ('satisfaction', 'recommendation', 'effort')
                then lower(answers.kind)
        end
    ) as survey_kind,
    coalesce(person_by_id.person_key, person_anywhere.person_key) as person_key,
    coalesce(account_by_id.account_key, account_anywhere.account_key) as account_key,
    answers.answer,
    coalesce(
        meanings.meaning,
        case
            when lower(answers.answer) in ('satisfied', 'not_satisfied')
                then lower(answers.answer)
        end
    ) as answer_meaning,
    cast(answers.score as double) as score,
    answers.answered_on is not null as is_answered,
    answers.sent_on,
    answers.answered_on
from answers
left join value_map as kinds
    on
        answers._source = kinds.source
        and kinds.column_name = 'kind'
        and answers.kind = kinds.found_value
left join value_map as meanings
    on
        answers._source = meanings.source
        and meanings.column_name = 'answer'
        and answers.answer = meanings.found_value
left join person_keys as person_by_id
    on
        answers._source = person_by_id._source
        and answers.person_id = person_by_id.reference
left join people_anywhere as person_anywhere
    on answers.person_id = person_anywhere.reference
left join account_keys as account_by_id
    on
        answers._source = account_by_id._source
        and answers.account_id = account_by_id.reference
left join accounts_anywhere as account_anywhere
    on answers.account_id = account_anywhere.reference
