with accounts as (

    select * from {{ ref('int_accounts_referenced') }}

),

rules as (

    select * from {{ source('run', 'exclusions') }} where object = 'accounts'

)

select
    accounts.account_key,
    min(accounts._source) as _source,
    min_by(rules.reason, rules.rule_order) as exclusion,
    min_by(rules.column_name, rules.rule_order) as column_name
from accounts
inner join rules
    on
        case rules.column_name
            when 'account_name' then accounts.account_name
            when 'domain' then accounts.domain
            when 'segment' then accounts.segment
            when 'industry' then accounts.industry
            when 'country' then accounts.country
        end ilike rules.pattern
group by accounts.account_key
