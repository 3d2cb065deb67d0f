with people as (

    select * from {{ ref('int_people') }} where record_kind = 'lead' and not is_merged

),

accounts as (

    select * from {{ ref('int_accounts_referenced') }} where is_delivered and not is_deleted

),

overrides as (

    select * from {{ source('run', 'identity_overrides') }} where kind = 'account'

),

leads as (

    select
        native_key as lead_key,
        company_domain
    from people

),

domains as (

    select
        domain,
        min(account_key) as account_key,
        count(*) as account_count
    from accounts
    where domain is not null
    group by domain

),

by_hand as (

    select
        leads.lead_key,
        max(accounts.account_key) as account_key
    from overrides
    inner join leads
        on overrides.left_key = leads.lead_key
    left join accounts
        on
            overrides.right_key = accounts.account_key
            and overrides.decision = 'same'
    group by leads.lead_key

)

-- where a human spoke, no rule does: also where the lead belongs to none of the accounts
select
    lead_key,
    account_key,
    'override' as rule,
    'override file' as evidence,
    cast(1 as bigint) as candidate_count,
    'overridden' as status
from by_hand
union all
select
    leads.lead_key,
    case when domains.account_count = 1 then domains.account_key end as account_key,
    'domain' as rule,
    {{ dbt.concat(["'domain '", 'leads.company_domain']) }} as evidence,
    domains.account_count as candidate_count,
    case when domains.account_count = 1 then 'matched' else 'ambiguous' end as status
from leads
inner join domains
    on leads.company_domain = domains.domain
left join by_hand
    on leads.lead_key = by_hand.lead_key
where by_hand.lead_key is null
