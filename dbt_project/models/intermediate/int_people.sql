with leads as (

    select * from {{ ref('int_leads_versions') }} where is_current and not is_removed

),

contacts as (

    select * from {{ ref('int_contacts_current') }}

),

records as (

    select
        {{ dbt.concat(['_source', "':lead/'", 'lead_id']) }} as record_key,
        'lead' as record_kind,
        _source,
        lead_id as record_id,
        lower(trim(email)) as email,
        cast(null as varchar) as account_id,
        cast(null as timestamp) as opted_out_at,
        created_at
    from leads
    union all
    select
        {{ dbt.concat(['_source', "':contact/'", 'contact_id']) }} as record_key,
        'contact' as record_kind,
        _source,
        contact_id as record_id,
        lower(trim(email)) as email,
        account_id,
        opted_out_at,
        created_at
    from contacts

)

-- records with one address are one person, named after the record that was there first
select
    record_key,
    record_kind,
    _source,
    record_id,
    case
        when email is null then record_key
        else first_value(record_key) over (
            partition by email order by created_at nulls last, record_key
            rows between unbounded preceding and unbounded following
        )
    end as person_key,
    email,
    split_part(email, '@', 2) as mail_domain,
    account_id,
    opted_out_at,
    created_at
from records
