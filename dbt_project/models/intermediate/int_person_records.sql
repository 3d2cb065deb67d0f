{{ config(
    materialized='incremental',
    pre_hook="{{ take_out('record_key', ref('touched_person_records')) }}"
) }}
with leads as (

    select * from {{ ref('int_leads_versions') }}
    where
        {{ is_touched('lead_key', ref('touched_person_records')) }}
        and is_current
        and _op = 'upsert'
        and (not is_removed or merged_into_id is not null)

),

contacts as (

    {{ current_records(
        'contacts', 'contact_key', keeps_merged=true, touched=ref('touched_person_records')
    ) }}

),

free_mail_domains as (

    select * from {{ source('run', 'free_mail_domains') }}

),

sets as (

    select * from {{ source('run', 'identity_sets') }} where kind = 'person'

),

records as (

    select
        {{ dbt.concat(['_source', "':lead/'", 'lead_id']) }} as record_key,
        'lead' as record_kind,
        _source,
        lead_id as record_id,
        lead_key as native_key,
        {{ mail_address('email') }} as email,
        lead_name as person_name,
        cast(null as varchar) as crm_id,
        merged_into_id,
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
        contact_key as native_key,
        {{ mail_address('email') }} as email,
        contact_name as person_name,
        crm_id,
        merged_into_id,
        account_id,
        opted_out_at,
        created_at
    from contacts

),

described as (

    select
        records.*,
        split_part(records.email, '@', 2) as mail_domain,
        records.merged_into_id is not null as is_merged,
        coalesce(sets.is_apart, false) as is_apart,
        sets.set_key
    from records
    left join sets
        on records.record_key = sets.record_key

),

addresses as (

    select
        email,
        min(created_at) as created_at
    from described
    where email is not null and not is_apart
    group by email

),

-- the record of an address that was there first; unknown moments come last
first_records as (

    select
        described.email,
        min(described.record_key) as record_key
    from described
    inner join addresses
        on described.email = addresses.email
    where
        not described.is_apart
        and (addresses.created_at is null or described.created_at = addresses.created_at)
    group by described.email

)

-- records with one address are one person, unless a human says that they are not
select
    described.record_key,
    described.record_kind,
    described._source,
    described.record_id,
    described.native_key,
    described.email,
    described.mail_domain,
    case when free_mail_domains.domain is null then described.mail_domain end as company_domain,
    described.person_name,
    described.crm_id,
    described.merged_into_id,
    described.account_id,
    described.set_key,
    case
        when described.is_apart then described.record_key
        else coalesce(first_records.record_key, described.record_key)
    end as address_key,
    described.is_merged,
    described.is_apart,
    described.opted_out_at,
    described.created_at
from described
left join first_records
    on described.email = first_records.email
left join free_mail_domains
    on described.mail_domain = free_mail_domains.domain
