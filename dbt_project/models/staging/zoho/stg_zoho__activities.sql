with calls as (

    select * from {{ source('lake', 'zoho__calls') }}

),

events as (

    select * from {{ source('lake', 'zoho__events') }}

),

contacts as (

    select
        *,
        row_number() over (
            partition by contact_key order by _as_of desc, _batch desc
        ) as versions_back
    from {{ ref('stg_zoho__contacts') }}

),

-- a view names the person: where only one bears the name, that is the one
named_contacts as (

    select
        _source,
        contact_name,
        min(contact_id) as contact_id
    from contacts
    where versions_back = 1 and _op = 'upsert'
    group by _source, contact_name
    having count(*) = 1

)

select
    {{ dbt.concat(['calls._source', "':'", zoho_id('calls._key')]) }} as activity_key,
    calls._source,
    calls._as_of,
    calls._batch,
    calls._row,
    calls._op,
    {{ zoho_id('calls.id') }} as activity_id,
    'call' as kind,
    case
        when lower(calls.call_type) in ('inbound', 'missed') then 'inbound' else 'outbound'
    end as direction,
    {{ zoho_id('calls.owner_id') }} as owner_id,
    calls.owner_name,
    cast(null as varchar) as booked_by_id,
    -- a lead is not whom a call is with, but what it is about
    {{ zoho_id(
        "coalesce(calls.who_id, "
        "case when coalesce(calls.what_module, 'Leads') = 'Leads' then calls.what_id end, "
        "named_contacts.contact_id)"
    ) }} as person_id,
    cast(null as varchar) as person_email,
    cast(null as varchar) as message_id,
    calls.outbound_id as counterpart_id,
    cast(null as varchar) as linked_activity_id,
    cast(null as varchar) as enrolment_id,
    calls.call_result as disposition,
    cast(null as varchar) as meeting_outcome,
    case when lower(calls.call_type) = 'missed' then false end as is_connected,
    cast(null as boolean) as is_no_show,
    false as is_automated,
    -- a planned call has a start time, too
    case
        when coalesce(lower(calls.call_status), '') not in ('scheduled', 'overdue', 'cancelled')
            then calls.call_start_time
    end as occurred_at,
    calls.call_start_time + calls.duration * interval 1 second as ended_at,
    cast(null as timestamp) as booked_at,
    calls.updated_at,
    cast(null as boolean) as is_deleted
from calls
left join named_contacts
    on
        calls._source = named_contacts._source
        and calls.who_name = named_contacts.contact_name
union all
select
    {{ dbt.concat(['events._source', "':'", zoho_id('events._key')]) }} as activity_key,
    events._source,
    events._as_of,
    events._batch,
    events._row,
    events._op,
    {{ zoho_id('events.id') }} as activity_id,
    case
        when coalesce(events.who_id, events.who_name, events.what_id) is null
            then 'internal meeting'
        else 'meeting'
    end as kind,
    'outbound' as direction,
    {{ zoho_id('events.owner_id') }} as owner_id,
    events.owner_name,
    {{ zoho_id('events.created_by_id') }} as booked_by_id,
    {{ zoho_id(
        "coalesce(events.who_id, "
        "case when coalesce(events.what_module, 'Leads') = 'Leads' then events.what_id end, "
        "named_contacts.contact_id)"
    ) }} as person_id,
    cast(null as varchar) as person_email,
    cast(null as varchar) as message_id,
    events.outbound_id as counterpart_id,
    cast(null as varchar) as linked_activity_id,
    cast(null as varchar) as enrolment_id,
    cast(null as varchar) as disposition,
    events.meeting_outcome,
    cast(null as boolean) as is_connected,
    cast(null as boolean) as is_no_show,
    false as is_automated,
    events.start_time as occurred_at,
    events.end_time as ended_at,
    events.created_time as booked_at,
    events.updated_at,
    cast(null as boolean) as is_deleted
from events
left join named_contacts
    on
        events._source = named_contacts._source
        and events.who_name = named_contacts.contact_name
