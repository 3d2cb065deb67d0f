with accounts as (

    select * from {{ ref('int_accounts_versions') }} where is_current

),

account_keys as (

    select * from {{ ref('int_account_keys') }}

),

survivors as (

    select * from {{ ref('int_account_survivors') }}

),

opportunities as (

    select * from {{ ref('int_opportunities_versions') }}

),

free_mail_domains as (

    select * from {{ source('run', 'free_mail_domains') }}

),

domains as (

    select
        account_key,
        {{ web_domain('domain') }} as domain
    from accounts
    where domain is not null

),

delivered as (

    select
        accounts.account_key,
        accounts._source,
        accounts.account_id,
        coalesce(accounts.account_name, accounts.account_id) as account_name,
        accounts.industry,
        accounts.segment,
        accounts.country,
        case when free_mail_domains.domain is null then domains.domain end as domain,
        {{ resolved_key(
            'accounts', 'parent_account_id', 'parent_account_name',
            'parent_by_id', 'parent_by_name', 'account_key'
        ) }} as parent_account_key,
        accounts.customer_since,
        accounts.is_removed as is_deleted,
        accounts.merged_into_id,
        coalesce(survivors.survivor_key, accounts.account_key) as survivor_key,
        coalesce(survivors.is_circular, false) as is_circular
    from accounts
    left join survivors
        on accounts.account_key = survivors.account_key
    left join account_keys as parent_by_id
        on
            accounts._source = parent_by_id._source
            and parent_by_id.reference_kind = 'id'
            and accounts.parent_account_id = parent_by_id.reference
    left join account_keys as parent_by_name
        on
            accounts._source = parent_by_name._source
            and parent_by_name.reference_kind = 'name'
            and accounts.parent_account_name = parent_by_name.reference
    left join domains
        on accounts.account_key = domains.account_key
    left join free_mail_domains
        on domains.domain = free_mail_domains.domain

),

only_named as (

    select
        opportunities.account_key,
        opportunities._source,
        max(opportunities.account_id) as account_id,
        max(coalesce(opportunities.account_name, opportunities.account_id)) as account_name
    from opportunities
    left join delivered
        on opportunities.account_key = delivered.account_key
    where opportunities.account_key is not null and delivered.account_key is null
    group by opportunities.account_key, opportunities._source

)

select
    account_key,
    _source,
    account_id,
    account_name,
    industry,
    segment,
    country,
    domain,
    parent_account_key,
    customer_since,
    is_deleted,
    survivor_key,
    merged_into_id,
    is_circular,
    true as is_delivered
from delivered
union all
select
    account_key,
    _source,
    account_id,
    account_name,
    cast(null as varchar) as industry,
    cast(null as varchar) as segment,
    cast(null as varchar) as country,
    cast(null as varchar) as domain,
    cast(null as varchar) as parent_account_key,
    cast(null as date) as customer_since,
    false as is_deleted,
    account_key as survivor_key,
    cast(null as varchar) as merged_into_id,
    false as is_circular,
    false as is_delivered
from only_named
