with emails as (

    select * from {{ source('lake', 'instantly__emails') }}

),

-- what an event tells of a mail is a version of that mail; one without the mail's id is known by
-- the step that sent it
events as (

    select
        *,
        case
            when event_type in ('email_sent', 'email_bounced')
                then {{ dbt.concat([
                    "'sent/'",
                    'coalesce(email_id, ' ~ dbt.hash(dbt.concat([
                        "coalesce(campaign_id, '')", "'|'", "lower(trim(lead_email))", "'|'",
                        "coalesce(step, '')",
                    ])) ~ ')',
                ]) }}
            when event_type in ('reply_received', 'auto_reply_received')
                then {{ dbt.concat(["'reply/'", 'coalesce(email_id, ' ~ dbt.hash('_key') ~ ')']) }}
            else {{ dbt.concat(["'event/'", dbt.hash('_key')]) }}
        end as event_id
    from {{ source('lake', 'instantly__webhook_events') }}

),

-- of events of one export about one mail the bounce counts, else the first
ranked as (

    select
        *,
        row_number() over (
            partition by _source, event_id, _as_of, _batch
            order by
                case when event_type = 'email_bounced' then 0 else 1 end,
                occurred_at nulls last,
                _key
        ) as place
    from events

)

select
    {{ dbt.concat(['_source', "':email/'", '_key']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as activity_id,
    case when is_auto_reply then 'automatic reply' else 'email' end as kind,
    case
        when mail_type = 'received' then 'inbound'
        when mail_type in ('sent by campaign', 'sent by hand', 'scheduled') then 'outbound'
    end as direction,
    {{ dbt.hash('lower(trim(mailbox))') }} as owner_id,
    cast(null as varchar) as owner_name,
    cast(null as varchar) as booked_by_id,
    cast(null as varchar) as person_id,
    lead_email as person_email,
    message_id,
    cast(null as varchar) as counterpart_id,
    -- only the event of a sent mail is told when it comes back, so where there is one, it counts
    case when mail_type = 'sent by campaign' then {{ dbt.concat(["'sent/'", 'id']) }} end
        as linked_activity_id,
    {{ dbt.concat(['campaign_id', "'/'", dbt.hash('lower(trim(lead_email))')]) }} as enrolment_id,
    cast(null as varchar) as disposition,
    cast(null as varchar) as meeting_outcome,
    cast(null as boolean) as is_connected,
    cast(null as boolean) as is_no_show,
    mail_type = 'sent by campaign' or coalesce(is_auto_reply, false) as is_automated,
    case when mail_type <> 'scheduled' then mail_at end as occurred_at,
    cast(null as timestamp) as ended_at,
    cast(null as timestamp) as booked_at,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from emails
union all
select
    {{ dbt.concat(['_source', "':'", 'event_id']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    event_id as activity_id,
    case
        when event_type in ('email_sent', 'email_bounced', 'reply_received') then 'email'
        when event_type = 'auto_reply_received' then 'automatic reply'
        when event_type = 'lead_meeting_booked' then 'meeting'
        else event_type
    end as kind,
    case
        when event_type in ('reply_received', 'auto_reply_received') then 'inbound'
        when event_type in ('email_sent', 'email_bounced', 'lead_meeting_booked') then 'outbound'
    end as direction,
    {{ dbt.hash('lower(trim(mailbox))') }} as owner_id,
    cast(null as varchar) as owner_name,
    cast(null as varchar) as booked_by_id,
    cast(null as varchar) as person_id,
    lead_email as person_email,
    cast(null as varchar) as message_id,
    cast(null as varchar) as counterpart_id,
    -- the list of emails tells more of an answer: whether a human wrote it
    case
        when event_type in ('reply_received', 'auto_reply_received')
            then {{ dbt.concat(["'email/'", 'email_id']) }}
    end as linked_activity_id,
    {{ dbt.concat(['campaign_id', "'/'", dbt.hash('lower(trim(lead_email))')]) }} as enrolment_id,
    cast(null as varchar) as disposition,
    cast(null as varchar) as meeting_outcome,
    cast(null as boolean) as is_connected,
    cast(null as boolean) as is_no_show,
    event_type in ('email_sent', 'email_bounced', 'auto_reply_received') as is_automated,
    -- what came back was not sent; when a meeting will be is not told, only that it was booked
    case
        when event_type not in ('email_bounced', 'lead_meeting_booked') then occurred_at
    end as occurred_at,
    cast(null as timestamp) as ended_at,
    case when event_type = 'lead_meeting_booked' then occurred_at end as booked_at,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from ranked
where place = 1
