with leads as (

    select * from {{ source('lake', 'pipedrive__leads') }}

),

contacts as (

    select
        *,
        row_number() over (
            partition by contact_key order by _as_of desc, _batch desc
        ) as versions_back
    from {{ ref('stg_pipedrive__contacts') }}

),

named_contacts as (

    select
        _source,
        contact_name,
        min(email) as email
    from contacts
    where versions_back = 1 and _op = 'upsert'
    group by _source, contact_name
    having count(*) = 1

)

-- a lead is a person of whom Pipedrive keeps name and address elsewhere
select
    {{ dbt.concat(['leads._source', "':'", 'leads._key']) }} as lead_key,
    leads._source,
    leads._as_of,
    leads._batch,
    leads._row,
    leads._op,
    leads.id as lead_id,
    coalesce(contacts.contact_name, leads.person_name) as lead_name,
    case
        when leads.person_id is null then named_contacts.email else contacts.email
    end as email,
    coalesce(
        leads.status, case when leads.is_archived then 'Archived' else 'Open' end
    ) as status,
    leads.lead_source,
    leads.owner_id,
    leads.owner_name,
    leads.creator_id as created_by_id,
    cast(null as varchar) as industry,
    cast(null as varchar) as country,
    leads.added_on as created_on,
    leads.add_time as created_at,
    cast(null as boolean) as is_converted,
    cast(null as timestamp) as qualified_at,
    cast(null as date) as converted_on,
    cast(null as varchar) as converted_opportunity_id,
    cast(null as varchar) as merged_into_id,
    leads.updated_at,
    cast(null as boolean) as is_deleted
from leads
left join contacts
    on
        leads._source = contacts._source
        and leads.person_id = contacts.contact_id
        and contacts.versions_back = 1
left join named_contacts
    on
        leads._source = named_contacts._source
        and leads.person_name = named_contacts.contact_name
