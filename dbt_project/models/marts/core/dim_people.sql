with people as (

    select * from {{ ref('int_people') }}

),

context as (

    select * from {{ source('run', 'context') }}

)

select
    people.person_key,
    min_by(people._source, people.record_key) filter (
        where people.record_key = people.person_key
    ) as source,
    min(people.mail_domain) as mail_domain,
    min({{ dbt.concat(['people._source', "':'", 'people.account_id']) }}) as account_key,
    count(*) filter (
        where people.record_kind = 'lead' and not people.is_merged
    ) as lead_count,
    count(*) filter (
        where people.record_kind = 'contact' and not people.is_merged
    ) as contact_count,
    coalesce(bool_or(people.opted_out_at < context.as_of), false) as is_opted_out,
    min({{ local_date('people.created_at', 'context.timezone') }}) as first_known_on
from people
cross join context
group by people.person_key
