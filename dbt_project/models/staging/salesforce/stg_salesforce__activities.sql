with events as (

    select * from {{ source('lake', 'salesforce__event') }}

),

tasks as (

    select * from {{ source('lake', 'salesforce__task') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as activity_id,
    case
        when is_child then 'copy of a meeting'
        when who_id is null then 'internal meeting'
        else 'meeting'
    end as kind,
    'outbound' as direction,
    owner_id,
    cast(null as varchar) as owner_name,
    created_by_id as booked_by_id,
    who_id as person_id,
    cast(null as varchar) as person_email,
    cast(null as varchar) as message_id,
    outbound_id as counterpart_id,
    cast(null as varchar) as linked_activity_id,
    cast(null as varchar) as enrolment_id,
    cast(null as varchar) as disposition,
    meeting_outcome,
    cast(null as boolean) as is_connected,
    cast(null as boolean) as is_no_show,
    false as is_automated,
    start_at as occurred_at,
    end_at as ended_at,
    created_date as booked_at,
    updated_at,
    is_deleted
from events
union all
select
    {{ dbt.concat(['_source', "':'", '_key']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as activity_id,
    case
        when call_type = 'Internal' then 'internal call'
        when task_subtype = 'Call' then 'call'
        when task_subtype = 'Email' then 'email'
        when task_subtype = 'LinkedIn' then 'message'
        when task_subtype = 'ListEmail' then 'marketing'
        -- an outbound tool's copy says in its subject what it is: [Outreach] [Email] [Out] …
        when subject ilike '%[email]%' then 'email'
        when subject ilike '%[call]%' then 'call'
        else 'task'
    end as kind,
    case
        when call_type = 'Inbound' or subject ilike '%[in]%' then 'inbound' else 'outbound'
    end as direction,
    owner_id,
    cast(null as varchar) as owner_name,
    cast(null as varchar) as booked_by_id,
    who_id as person_id,
    cast(null as varchar) as person_email,
    message_id,
    outbound_id as counterpart_id,
    cast(null as varchar) as linked_activity_id,
    cast(null as varchar) as enrolment_id,
    call_disposition as disposition,
    cast(null as varchar) as meeting_outcome,
    cast(null as boolean) as is_connected,
    cast(null as boolean) as is_no_show,
    false as is_automated,
    -- what was logged has happened when it was completed, else when it was logged; a to-do has not
    case when is_closed then coalesce(completed_at, created_date) end as occurred_at,
    cast(null as timestamp) as ended_at,
    cast(null as timestamp) as booked_at,
    updated_at,
    is_deleted
from tasks
