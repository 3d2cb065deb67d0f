with calls as (

    select * from {{ source('lake', 'hubspot__calls') }}

),

emails as (

    select * from {{ source('lake', 'hubspot__emails') }}

),

meetings as (

    select * from {{ source('lake', 'hubspot__meetings') }}

),

communications as (

    select * from {{ source('lake', 'hubspot__communications') }}

),

-- who booked a meeting is told by the id of the user, everything else by that of the owner
owners as (

    select
        *,
        row_number() over (
            partition by _source, user_id order by _as_of desc, _batch desc, id asc
        ) as versions_back
    from {{ source('lake', 'hubspot__owners') }}

)

select
    {{ dbt.concat(['_source', "':call/'", '_key']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as activity_id,
    'call' as kind,
    case when upper(direction) = 'INBOUND' then 'inbound' else 'outbound' end as direction,
    owner_id,
    owner_name,
    cast(null as varchar) as booked_by_id,
    split_part(contact_id, ';', 1) as person_id,
    cast(null as varchar) as person_email,
    cast(null as varchar) as message_id,
    cast(null as varchar) as counterpart_id,
    cast(null as varchar) as linked_activity_id,
    cast(null as varchar) as enrolment_id,
    disposition,
    cast(null as varchar) as meeting_outcome,
    case
        when upper(replace(status, ' ', '_')) in ('NO_ANSWER', 'BUSY', 'FAILED', 'CANCELED')
            then false
    end as is_connected,
    cast(null as boolean) as is_no_show,
    false as is_automated,
    occurred_at,
    occurred_at + duration * interval 1 second as ended_at,
    cast(null as timestamp) as booked_at,
    updated_at,
    is_archived as is_deleted
from calls
union all
select
    {{ dbt.concat(['_source', "':email/'", '_key']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as activity_id,
    'email' as kind,
    case when upper(direction) like 'INCOMING%' then 'inbound' else 'outbound' end as direction,
    owner_id,
    owner_name,
    cast(null as varchar) as booked_by_id,
    split_part(contact_id, ';', 1) as person_id,
    split_part(to_email, ';', 1) as person_email,
    message_id,
    cast(null as varchar) as counterpart_id,
    cast(null as varchar) as linked_activity_id,
    cast(null as varchar) as enrolment_id,
    cast(null as varchar) as disposition,
    cast(null as varchar) as meeting_outcome,
    cast(null as boolean) as is_connected,
    cast(null as boolean) as is_no_show,
    false as is_automated,
    -- what came back, failed or is still to be sent was not sent
    case
        when coalesce(upper(status), 'SENT') not in ('BOUNCED', 'FAILED', 'SCHEDULED', 'SENDING')
            then occurred_at
    end as occurred_at,
    cast(null as timestamp) as ended_at,
    cast(null as timestamp) as booked_at,
    updated_at,
    is_archived as is_deleted
from emails
union all
select
    {{ dbt.concat(['meetings._source', "':meeting/'", 'meetings._key']) }} as activity_key,
    meetings._source,
    meetings._as_of,
    meetings._batch,
    meetings._row,
    meetings._op,
    meetings.id as activity_id,
    'meeting' as kind,
    'outbound' as direction,
    meetings.owner_id,
    meetings.owner_name,
    owners.id as booked_by_id,
    split_part(meetings.contact_id, ';', 1) as person_id,
    cast(null as varchar) as person_email,
    cast(null as varchar) as message_id,
    cast(null as varchar) as counterpart_id,
    cast(null as varchar) as linked_activity_id,
    cast(null as varchar) as enrolment_id,
    cast(null as varchar) as disposition,
    meetings.outcome as meeting_outcome,
    cast(null as boolean) as is_connected,
    cast(null as boolean) as is_no_show,
    false as is_automated,
    meetings.start_at as occurred_at,
    meetings.end_at as ended_at,
    meetings.booked_at,
    meetings.updated_at,
    meetings.is_archived as is_deleted
from meetings
left join owners
    on
        meetings._source = owners._source
        and meetings.created_by_id = owners.user_id
        and owners.versions_back = 1
union all
select
    {{ dbt.concat(['_source', "':message/'", '_key']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as activity_id,
    'message' as kind,
    'outbound' as direction,
    owner_id,
    owner_name,
    cast(null as varchar) as booked_by_id,
    split_part(contact_id, ';', 1) as person_id,
    cast(null as varchar) as person_email,
    cast(null as varchar) as message_id,
    cast(null as varchar) as counterpart_id,
    cast(null as varchar) as linked_activity_id,
    cast(null as varchar) as enrolment_id,
    cast(null as varchar) as disposition,
    cast(null as varchar) as meeting_outcome,
    cast(null as boolean) as is_connected,
    cast(null as boolean) as is_no_show,
    false as is_automated,
    occurred_at,
    cast(null as timestamp) as ended_at,
    cast(null as timestamp) as booked_at,
    updated_at,
    is_archived as is_deleted
from communications
