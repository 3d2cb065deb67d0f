with records as (

    select * from {{ ref('int_person_records') }}

),

people as (

    select * from {{ ref('int_people') }}

),

account_keys as (

    select * from {{ ref('int_account_keys') }} where reference_kind = 'id'

),

accounts_excluded as (

    select * from {{ ref('int_accounts_excluded') }}

),

rules as (

    select * from {{ source('run', 'exclusions') }} where object in ('leads', 'contacts')

),

context as (

    select * from {{ source('run', 'context') }}

),

by_rule as (

    select
        records.record_key,
        rules.reason,
        rules.column_name,
        rules.rule_order
    from records
    inner join rules
        on
            rules.object = case when records.record_kind = 'lead' then 'leads' else 'contacts' end
            and case rules.column_name
                when 'email' then records.email
                else records.person_name
            end ilike rules.pattern

),

-- rules in the order of the config, then the company's own people, then those of excluded accounts
found as (

    select
        people.person_key,
        by_rule.record_key,
        by_rule.reason as exclusion,
        by_rule.column_name,
        by_rule.rule_order
    from by_rule
    inner join people
        on by_rule.record_key = people.record_key
    union all
    select
        people.person_key,
        people.record_key,
        'internal' as exclusion,
        'mail domain' as column_name,
        1000000 as rule_order
    from people
    cross join context
    where context.mail_domains like {{ dbt.concat(["'%,'", 'people.mail_domain', "',%'"]) }}
    union all
    select
        people.person_key,
        people.record_key,
        accounts_excluded.exclusion,
        'account' as column_name,
        1000001 as rule_order
    from people
    inner join account_keys
        on
            people._source = account_keys._source
            and people.account_id = account_keys.reference
    inner join accounts_excluded
        on account_keys.account_key = accounts_excluded.account_key

)

select
    person_key,
    min_by(exclusion, rule_order) as exclusion,
    min_by(column_name, rule_order) as column_name
from found
group by person_key
