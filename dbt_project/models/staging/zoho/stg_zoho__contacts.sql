with contacts as (

    select * from {{ source('lake', 'zoho__contacts') }}

),

accounts as (

    {{ latest_records(source('lake', 'zoho__accounts')) }}

),

-- a view names the account: where only one bears the name, that is it
named_accounts as (

    select
        _source,
        name,
        min(id) as id
    from accounts
    where _op = 'upsert'
    group by _source, name
    having count(*) = 1

)

select
    {{ dbt.concat(['contacts._source', "':'", zoho_id('contacts._key')]) }} as contact_key,
    contacts._source,
    contacts._as_of,
    contacts._batch,
    contacts._row,
    contacts._op,
    {{ zoho_id('contacts.id') }} as contact_id,
    {{ name_of('contacts.full_name', 'contacts.first_name', 'contacts.last_name') }}
        as contact_name,
    contacts.email,
    cast(null as varchar) as crm_id,
    {{ zoho_id('coalesce(contacts.account_id, named_accounts.id)') }} as account_id,
    {{ zoho_id('contacts.owner_id') }} as owner_id,
    cast(null as timestamp) as opted_out_at,
    contacts.created_time as created_at,
    cast(null as varchar) as merged_into_id,
    contacts.updated_at,
    cast(null as boolean) as is_deleted
from contacts
left join named_accounts
    on
        contacts._source = named_accounts._source
        and contacts.account_name = named_accounts.name
