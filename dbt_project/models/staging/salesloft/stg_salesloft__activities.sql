with emails as (

    select * from {{ source('lake', 'salesloft__emails') }}

),

calls as (

    select * from {{ source('lake', 'salesloft__calls') }}

),

-- the legs of one call share a uuid: if any of them has the logged call, that counts for them all,
-- else the first leg to the person does, for a dial that nobody logged is one too
legs as (

    select
        *,
        max(call_id) over (
            partition by _source, coalesce(call_uuid, _key)
        ) as logged_call_id,
        min(case when coalesce(call_type, 'call') = 'call' then _key end) over (
            partition by _source, coalesce(call_uuid, _key)
        ) as first_leg_key
    from {{ source('lake', 'salesloft__call_data_records') }}

),

meetings as (

    select
        *,
        coalesce(status, 'booked') = 'booked' as is_booked
    from {{ source('lake', 'salesloft__meetings') }}

),

tasks as (

    select * from {{ source('lake', 'salesloft__tasks') }}

)

select
    {{ dbt.concat(['_source', "':email/'", '_key']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as activity_id,
    'email' as kind,
    'outbound' as direction,
    user_id as owner_id,
    cast(null as varchar) as owner_name,
    cast(null as varchar) as booked_by_id,
    person_id,
    email as person_email,
    message_id,
    crm_task_id as counterpart_id,
    cast(null as varchar) as linked_activity_id,
    {{ dbt.concat(['person_id', "'|'", 'cadence_id']) }} as enrolment_id,
    cast(null as varchar) as disposition,
    cast(null as varchar) as meeting_outcome,
    cast(null as boolean) as is_connected,
    cast(null as boolean) as is_no_show,
    -- the mail of a step that a human does carries the step's task
    cadence_id is not null and task_id is null as is_automated,
    -- what came back was not sent, nor what is on its way
    case
        when coalesce(status, 'sent') like 'sent%' and not coalesce(is_bounced, false) then sent_at
    end as occurred_at,
    cast(null as timestamp) as ended_at,
    cast(null as timestamp) as booked_at,
    updated_at,
    cast(null as boolean) as is_deleted
from emails
union all
select
    {{ dbt.concat(['_source', "':call/'", '_key']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as activity_id,
    'call' as kind,
    'outbound' as direction,
    user_id as owner_id,
    cast(null as varchar) as owner_name,
    cast(null as varchar) as booked_by_id,
    person_id,
    cast(null as varchar) as person_email,
    cast(null as varchar) as message_id,
    crm_task_id as counterpart_id,
    cast(null as varchar) as linked_activity_id,
    {{ dbt.concat(['person_id', "'|'", 'cadence_id']) }} as enrolment_id,
    disposition,
    cast(null as varchar) as meeting_outcome,
    is_connected,
    cast(null as boolean) as is_no_show,
    false as is_automated,
    -- as the copy in the CRM: when it was logged
    created_at as occurred_at,
    cast(null as timestamp) as ended_at,
    cast(null as timestamp) as booked_at,
    updated_at,
    cast(null as boolean) as is_deleted
from calls
union all
select
    {{ dbt.concat(['_source', "':dial/'", '_key']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    -- legs are numbered apart from logged calls
    {{ dbt.concat(["'dial/'", 'id']) }} as activity_id,
    -- the leg that rings the rep or a listener reaches nobody outside
    case when coalesce(call_type, 'call') = 'call' then 'call' else 'leg of a call' end as kind,
    coalesce(direction, 'outbound') as direction,
    user_id as owner_id,
    cast(null as varchar) as owner_name,
    cast(null as varchar) as booked_by_id,
    person_id,
    cast(null as varchar) as person_email,
    cast(null as varchar) as message_id,
    cast(null as varchar) as counterpart_id,
    case
        when logged_call_id is not null then {{ dbt.concat(["'call/'", 'logged_call_id']) }}
        when first_leg_key <> _key then {{ dbt.concat(["'dial/'", 'first_leg_key']) }}
    end as linked_activity_id,
    cast(null as varchar) as enrolment_id,
    cast(null as varchar) as disposition,
    cast(null as varchar) as meeting_outcome,
    -- a voice mail completes a leg, too: whether somebody answered is said by logged calls alone
    cast(null as boolean) as is_connected,
    cast(null as boolean) as is_no_show,
    false as is_automated,
    -- what is queued, or could not be placed, was not dialled
    case when coalesce(status, 'completed') not in ('queued', 'failed') then started_at end
        as occurred_at,
    ended_at,
    cast(null as timestamp) as booked_at,
    updated_at,
    cast(null as boolean) as is_deleted
from legs
union all
select
    {{ dbt.concat(['_source', "':meeting/'", '_key']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as activity_id,
    case
        when person_id is null and email is null then 'internal meeting' else 'meeting'
    end as kind,
    'outbound' as direction,
    coalesce(owner_id, booked_by_id) as owner_id,
    cast(null as varchar) as owner_name,
    booked_by_id,
    person_id,
    email as person_email,
    cast(null as varchar) as message_id,
    cast(null as varchar) as counterpart_id,
    cast(null as varchar) as linked_activity_id,
    {{ dbt.concat(['person_id', "'|'", 'cadence_id']) }} as enrolment_id,
    cast(null as varchar) as disposition,
    cast(null as varchar) as meeting_outcome,
    cast(null as boolean) as is_connected,
    is_no_show,
    false as is_automated,
    -- what was called off was booked and did not take place
    case when is_booked and canceled_at is null then start_time end as occurred_at,
    end_time as ended_at,
    case when is_booked then created_at end as booked_at,
    updated_at,
    cast(null as boolean) as is_deleted
from meetings
union all
select
    {{ dbt.concat(['_source', "':task/'", '_key']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as activity_id,
    -- the call or mail that does it is the touch
    'task' as kind,
    'outbound' as direction,
    user_id as owner_id,
    cast(null as varchar) as owner_name,
    cast(null as varchar) as booked_by_id,
    person_id,
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
    case when current_state = 'completed' then completed_at end as occurred_at,
    cast(null as timestamp) as ended_at,
    cast(null as timestamp) as booked_at,
    updated_at,
    cast(null as boolean) as is_deleted
from tasks
