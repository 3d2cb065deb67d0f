with mailings as (

    select * from {{ source('lake', 'outreach__mailings') }}

),

calls as (

    select * from {{ source('lake', 'outreach__calls') }}

),

tasks as (

    select * from {{ source('lake', 'outreach__tasks') }}

),

dispositions as (

    {{ latest_records(source('lake', 'outreach__call_dispositions')) }}

)

select
    {{ dbt.concat(['_source', "':mailing/'", '_key']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as activity_id,
    case when mailing_type = 'campaign' then 'marketing' else 'email' end as kind,
    'outbound' as direction,
    user_id as owner_id,
    cast(null as varchar) as owner_name,
    cast(null as varchar) as booked_by_id,
    prospect_id as person_id,
    cast(null as varchar) as person_email,
    message_id,
    crm_id as counterpart_id,
    cast(null as varchar) as linked_activity_id,
    sequence_state_id as enrolment_id,
    cast(null as varchar) as disposition,
    cast(null as varchar) as meeting_outcome,
    cast(null as boolean) as is_connected,
    cast(null as boolean) as is_no_show,
    -- the mail of a manual step carries the step's task
    mailing_type = 'sequence' and task_id is null as is_automated,
    -- what came back was not sent
    case when bounced_at is null then delivered_at end as occurred_at,
    cast(null as timestamp) as ended_at,
    cast(null as timestamp) as booked_at,
    updated_at,
    lower(dml_type) = 'delete' as is_deleted
from mailings
union all
select
    {{ dbt.concat(['calls._source', "':call/'", 'calls._key']) }} as activity_key,
    calls._source,
    calls._as_of,
    calls._batch,
    calls._row,
    calls._op,
    calls.id as activity_id,
    'call' as kind,
    calls.direction,
    calls.user_id as owner_id,
    cast(null as varchar) as owner_name,
    cast(null as varchar) as booked_by_id,
    calls.prospect_id as person_id,
    cast(null as varchar) as person_email,
    cast(null as varchar) as message_id,
    calls.crm_id as counterpart_id,
    cast(null as varchar) as linked_activity_id,
    calls.sequence_state_id as enrolment_id,
    dispositions.name as disposition,
    cast(null as varchar) as meeting_outcome,
    -- without the list of dispositions the call tells what the rep's choice came to
    case
        when lower(dispositions.outcome) in ('completed', 'answered') then true
        when lower(dispositions.outcome) in ('no_answer', 'not answered') then false
        when dispositions.id is not null or calls.call_disposition_id is null then null
        when lower(calls.outcome) in ('completed', 'answered') then true
        when lower(calls.outcome) in ('no_answer', 'not answered') then false
    end as is_connected,
    cast(null as boolean) as is_no_show,
    false as is_automated,
    calls.dialed_at as occurred_at,
    calls.completed_at as ended_at,
    cast(null as timestamp) as booked_at,
    calls.updated_at,
    lower(calls.dml_type) = 'delete' as is_deleted
from calls
left join dispositions
    on
        calls._source = dispositions._source
        and calls.call_disposition_id = dispositions.id
union all
select
    {{ dbt.concat(['_source', "':task/'", '_key']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as activity_id,
    -- a task to call or to write is a touch by its call or mail, never without; a social one alone
    case
        when action = 'call' and call_id is not null then 'call'
        when action = 'email' and mailing_id is not null then 'email'
        when action like 'linkedin%' then 'message'
        else 'task'
    end as kind,
    'outbound' as direction,
    coalesce(completer_id, owner_id) as owner_id,
    cast(null as varchar) as owner_name,
    cast(null as varchar) as booked_by_id,
    prospect_id as person_id,
    cast(null as varchar) as person_email,
    cast(null as varchar) as message_id,
    cast(null as varchar) as counterpart_id,
    case
        when call_id is not null then {{ dbt.concat(["'call/'", 'call_id']) }}
        when mailing_id is not null then {{ dbt.concat(["'mailing/'", 'mailing_id']) }}
    end as linked_activity_id,
    sequence_state_id as enrolment_id,
    cast(null as varchar) as disposition,
    cast(null as varchar) as meeting_outcome,
    cast(null as boolean) as is_connected,
    cast(null as boolean) as is_no_show,
    false as is_automated,
    case when state = 'complete' then completed_at end as occurred_at,
    cast(null as timestamp) as ended_at,
    cast(null as timestamp) as booked_at,
    updated_at,
    lower(dml_type) = 'delete' as is_deleted
from tasks
