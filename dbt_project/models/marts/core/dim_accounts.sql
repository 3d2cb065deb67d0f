with accounts as (

    select * from {{ ref('int_accounts_referenced') }}

),

accounts_excluded as (

    select * from {{ ref('int_accounts_excluded') }}

),

parents as (

    select
        account_key,
        account_name
    from accounts

)

select
    accounts.account_key,
    accounts._source as source,
    accounts.account_id,
    accounts.account_name,
    coalesce(accounts.industry, '(none)') as industry,
    coalesce(accounts.segment, '(none)') as segment,
    coalesce(accounts.country, '(none)') as country,
    accounts.domain,
    accounts.parent_account_key,
    parents.account_name as parent_account_name,
    accounts_excluded.exclusion,
    accounts.customer_since,
    accounts.survivor_key,
    accounts.survivor_key <> accounts.account_key as is_merged,
    accounts.is_delivered,
    accounts.is_deleted
from accounts
left join parents
    on accounts.parent_account_key = parents.account_key
left join accounts_excluded
    on accounts.account_key = accounts_excluded.account_key
