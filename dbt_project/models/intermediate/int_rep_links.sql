with users as (

    select
        rep_key as record_key,
        _source,
        user_id,
        {{ mail_address('email') }} as email,
        crm_id,
        row_number() over (partition by rep_key order by version_number desc) as versions_back
    from {{ ref('int_users_delivered') }}
    where _op = 'upsert'

),

sets as (

    select * from {{ source('run', 'identity_sets') }} where kind = 'rep'

),

source_orders as (

    select
        source,
        min(source_order) as source_order
    from {{ source('run', 'sources') }}
    group by source

),

records as (

    select
        users.record_key,
        users._source,
        users.user_id,
        users.email,
        users.crm_id,
        source_orders.source_order,
        sets.set_key,
        coalesce(sets.is_apart, false) as is_apart
    from users
    inner join source_orders
        on users._source = source_orders.source
    left join sets
        on users.record_key = sets.record_key
    where users.versions_back = 1

),

-- a person with a user in several tools is the user of the source that the config names first
addresses as (

    select
        email,
        source_order,
        min(record_key) as record_key,
        count(*) as candidate_count,
        min(source_order) over (partition by email) as first_order
    from records
    where email is not null and not is_apart
    group by email, source_order

),

by_address as (

    select
        records.record_key,
        addresses.record_key as matched_key,
        addresses.candidate_count,
        split_part(records.email, '@', 2) as mail_domain
    from records
    inner join addresses
        on
            records.email = addresses.email
            and addresses.source_order = addresses.first_order
            and addresses.source_order < records.source_order
    where not records.is_apart

),

by_crm_id as (

    select
        records.record_key,
        min(targets.record_key) as matched_key,
        count(*) as candidate_count,
        min(targets._source) as target_source
    from records
    inner join records as targets
        on
            records.crm_id = targets.user_id
            and records._source <> targets._source
    left join by_address
        on records.record_key = by_address.record_key
    where not records.is_apart and not targets.is_apart and by_address.record_key is null
    group by records.record_key

),

linked as (

    select
        record_key,
        set_key as matched_key,
        'override' as rule,
        'override file: same' as evidence,
        1 as candidate_count,
        'overridden' as status
    from records
    where record_key <> set_key
    union all
    select
        record_key,
        case when candidate_count = 1 then matched_key end as matched_key,
        'email' as rule,
        {{ dbt.concat(["'address at '", 'mail_domain']) }} as evidence,
        candidate_count,
        case when candidate_count = 1 then 'matched' else 'ambiguous' end as status
    from by_address
    union all
    select
        record_key,
        case when candidate_count = 1 then matched_key end as matched_key,
        'crm_id' as rule,
        {{ dbt.concat(["'id of a user in '", 'target_source']) }} as evidence,
        candidate_count,
        case when candidate_count = 1 then 'matched' else 'ambiguous' end as status
    from by_crm_id

)

select
    record_key,
    matched_key,
    rule,
    evidence,
    cast(candidate_count as bigint) as candidate_count,
    status
from linked
