with versions as (

    select * from {{ ref('int_opportunities_versions') }} where is_current

),

accounts as (

    select * from {{ ref('int_accounts_referenced') }}

),

reps as (

    select * from {{ ref('int_reps_referenced') }}

),

accounts_excluded as (

    select * from {{ ref('int_accounts_excluded') }}

),

rules as (

    select * from {{ source('run', 'exclusions') }} where object = 'opportunities'

),

by_rule as (

    select
        versions.opportunity_key,
        min(versions._source) as _source,
        min_by(rules.reason, rules.rule_order) as exclusion,
        min_by(rules.column_name, rules.rule_order) as column_name
    from versions
    left join accounts
        on versions.account_key = accounts.account_key
    left join reps
        on versions.rep_key = reps.rep_key
    inner join rules
        on
            case rules.column_name
                when 'opportunity_name' then versions.opportunity_name
                when 'account_name' then coalesce(accounts.account_name, versions.account_name)
                when 'owner_name' then coalesce(reps.rep_name, versions.owner_name)
                when 'deal_type' then versions.deal_type
                when 'stage' then versions.stage
                when 'lead_source' then versions.lead_source
                when 'pipeline' then versions.pipeline
            end ilike rules.pattern
    group by versions.opportunity_key

),

by_account as (

    select
        versions.opportunity_key,
        versions._source,
        accounts_excluded.exclusion,
        'account' as column_name
    from versions
    inner join accounts_excluded
        on versions.account_key = accounts_excluded.account_key

)

-- a rule of its own says why before its account does
select
    opportunity_key,
    _source,
    exclusion,
    column_name
from by_rule
union all
select
    by_account.opportunity_key,
    by_account._source,
    by_account.exclusion,
    by_account.column_name
from by_account
left join by_rule
    on by_account.opportunity_key = by_rule.opportunity_key
where by_rule.opportunity_key is null
