with users as (

    select * from {{ ref('int_users_delivered') }}

),

identities as (

    select * from {{ ref('int_rep_identities') }}

)

-- a person's place in the organisation is what the first of their tools says
select users.*
from users
inner join identities
    on users.rep_key = identities.record_key
where identities.record_key = identities.rep_key
