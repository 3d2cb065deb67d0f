with persons as (

    select * from {{ source('lake', 'pipedrive__persons') }}

),

organizations as (

    {{ latest_records(source('lake', 'pipedrive__organizations')) }}

),

-- a list names the organization: where only one bears the name, that is it
named_organizations as (

    select
        _source,
        name,
        min(id) as id
    from organizations
    where _op = 'upsert'
    group by _source, name
    having count(*) = 1

),

-- [{"value": "one@acme.example", "primary": true, "label": "work"}, …]: the primary address counts
addressed as (

    select
        *,
        coalesce(
            nullif(regexp_extract(emails, '[{]([^{}]*"primary" *: *true[^{}]*)[}]', 1), ''),
            emails,
            email_work,
            email_home,
            email_other
        ) as entry
    from persons

)

select
    {{ dbt.concat(['addressed._source', "':'", 'addressed._key']) }} as contact_key,
    addressed._source,
    addressed._as_of,
    addressed._batch,
    addressed._row,
    addressed._op,
    addressed.id as contact_id,
    addressed.name as contact_name,
    nullif(regexp_extract(addressed.entry, '([^",:;{} ]+@[^",:;{} ]+)', 1), '') as email,
    cast(null as varchar) as crm_id,
    coalesce(addressed.org_id, named_organizations.id) as account_id,
    addressed.owner_id,
    cast(null as timestamp) as opted_out_at,
    addressed.add_time as created_at,
    cast(null as varchar) as merged_into_id,
    addressed.updated_at,
    coalesce(addressed.is_deleted, not addressed.is_active) as is_deleted
from addressed
left join named_organizations
    on
        addressed._source = named_organizations._source
        and addressed.org_name = named_organizations.name
