with accounts as (

    select * from {{ ref('int_accounts_excluded') }}

),

opportunities as (

    select * from {{ ref('int_opportunities_excluded') }}

),

people as (

    select * from {{ ref('int_people') }}

),

people_excluded as (

    select * from {{ ref('int_people_excluded') }}

)

select
    'accounts' as object,
    _source as source,
    account_key as record_key,
    exclusion,
    column_name
from accounts
union all
select
    'opportunities' as object,
    _source as source,
    opportunity_key as record_key,
    exclusion,
    column_name
from opportunities
union all
select
    case when people.record_kind = 'lead' then 'leads' else 'contacts' end as object,
    people._source as source,
    people.native_key as record_key,
    people_excluded.exclusion,
    people_excluded.column_name
from people
inner join people_excluded
    on people.person_key = people_excluded.person_key
