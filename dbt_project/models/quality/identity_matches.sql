with person_links as (

    select * from {{ ref('int_person_links') }}

),

namesakes as (

    select * from {{ ref('int_person_namesakes') }}

),

rep_links as (

    select * from {{ ref('int_rep_links') }}

),

lead_accounts as (

    select * from {{ ref('int_leads_accounts') }}

),

overrides as (

    select * from {{ source('run', 'identity_overrides') }}

),

people as (

    select * from {{ ref('int_people') }}

),

reps as (

    select * from {{ ref('int_rep_identities') }}

),

accounts as (

    select * from {{ ref('int_accounts_referenced') }} where is_delivered

),

known as (

    select
        'person' as record_kind,
        record_key
    from people
    union all
    select
        'rep' as record_kind,
        record_key
    from reps
    union all
    select
        'account' as record_kind,
        account_key as record_key
    from accounts
    union all
    select
        'account' as record_kind,
        native_key as record_key
    from people
    where record_kind = 'lead'

),

matches as (

    select
        'person' as record_kind,
        record_key,
        matched_key,
        rule,
        evidence,
        candidate_count,
        status
    from person_links
    where rule <> 'override'
    union all
    select
        'person' as record_kind,
        record_key,
        address_key as matched_key,
        'email' as rule,
        {{ dbt.concat(["'address at '", 'mail_domain']) }} as evidence,
        cast(1 as bigint) as candidate_count,
        'matched' as status
    from people
    where record_key <> address_key
    union all
    select
        'person' as record_kind,
        cluster_key as record_key,
        case when is_matched then first_cluster_key end as matched_key,
        'domain_and_name' as rule,
        {{ dbt.concat(["'name at '", 'company_domain']) }} as evidence,
        candidate_count,
        case when is_matched then 'matched' else 'ambiguous' end as status
    from namesakes
    where not is_matched or cluster_key <> first_cluster_key
    union all
    select
        'rep' as record_kind,
        record_key,
        matched_key,
        rule,
        evidence,
        candidate_count,
        status
    from rep_links
    where rule <> 'override'
    union all
    select
        'account' as record_kind,
        lead_key as record_key,
        account_key as matched_key,
        rule,
        evidence,
        candidate_count,
        status
    from lead_accounts
    where rule <> 'override'
    union all
    select
        overrides.kind as record_kind,
        overrides.left_key as record_key,
        overrides.right_key as matched_key,
        'override' as rule,
        overrides.decision as evidence,
        cast(1 as bigint) as candidate_count,
        case
            when lefts.record_key is null or rights.record_key is null then 'unknown_record'
            else 'overridden'
        end as status
    from overrides
    left join known as lefts
        on
            overrides.kind = lefts.record_kind
            and overrides.left_key = lefts.record_key
    left join known as rights
        on
            overrides.kind = rights.record_kind
            and overrides.right_key = rights.record_key

)

select
    record_kind,
    record_key,
    matched_key,
    rule,
    evidence,
    status,
    candidate_count,
    cast(
        case
            when status in ('ambiguous', 'unknown_record') then 0
            when rule in ('override', 'merge') then 1
            when rule = 'crm_id' then 0.98
            when rule = 'email' then 0.95
            when rule = 'domain' then 0.9
            when rule = 'domain_and_name' then 0.8
        end as double
    ) as confidence
from matches
