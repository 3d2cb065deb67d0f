{{ config(materialized='view') }}

with activities as (

    select * from {{ ref('int_activities') }}
    where not is_internal and person_exclusion is null and person_key is not null

),

duplicates as (

    select * from {{ ref('int_activities_matched') }}

),

context as (

    select * from {{ source('run', 'context') }}

)

-- what a human did to reach a person: a meeting counts when it was booked, not when it takes place
select
    activities.person_key,
    case
        when activities.kind = 'meeting' then activities.booked_at else activities.occurred_at
    end as touched_at
from activities
cross join context
left join duplicates
    on activities.activity_key = duplicates.activity_key
where
    activities.direction = 'outbound'
    and duplicates.activity_key is null
    and activities.kind in ('call', 'email', 'message', 'meeting')
    and not activities.is_automated
    and case
        when activities.kind = 'meeting' then activities.booked_at else activities.occurred_at
    end < context.as_of
