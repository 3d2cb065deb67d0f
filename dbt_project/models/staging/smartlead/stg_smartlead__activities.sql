with statistics as (

    select * from {{ source('lake', 'smartlead__statistics') }}

),

-- what an event tells of a mail is a version of that mail; one without the mail's id is known by
-- the step that sent it
events as (

    select
        *,
        coalesce(lead_email, to_email) as person_email,
        case
            when event_type in ('EMAIL_SENT', 'EMAIL_BOUNCE')
                then {{ dbt.concat([
                    "'sent/'",
                    'coalesce(stats_id, ' ~ dbt.hash(dbt.concat([
                        "coalesce(campaign_id, '')", "'|'",
                        'lower(trim(coalesce(lead_email, to_email)))', "'|'",
                        "coalesce(sequence_number, '')",
                    ])) ~ ')',
                ]) }}
            else {{ dbt.concat(["'event/'", dbt.hash('_key')]) }}
        end as event_id
    from {{ source('lake', 'smartlead__webhook_events') }}

),

-- of events of one export about one mail the bounce counts, else the first
ranked as (

    select
        *,
        row_number() over (
            partition by _source, event_id, _as_of, _batch
            order by
                case when event_type = 'EMAIL_BOUNCE' then 0 else 1 end,
                occurred_at nulls last,
                _key
        ) as place
    from events

)

select
    {{ dbt.concat(['_source', "':mail/'", '_key']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as activity_id,
    'email' as kind,
    'outbound' as direction,
    cast(null as varchar) as owner_id,
    cast(null as varchar) as owner_name,
    cast(null as varchar) as booked_by_id,
    cast(null as varchar) as person_id,
    lead_email as person_email,
    cast(null as varchar) as message_id,
    cast(null as varchar) as counterpart_id,
    cast(null as varchar) as linked_activity_id,
    {{ dbt.concat([
        "coalesce(campaign_id, '')", "'/'", dbt.hash('lower(trim(lead_email))')
    ]) }} as enrolment_id,
    cast(null as varchar) as disposition,
    cast(null as varchar) as meeting_outcome,
    cast(null as boolean) as is_connected,
    cast(null as boolean) as is_no_show,
    true as is_automated,
    -- what came back was not sent
    case when not coalesce(is_bounced, false) then sent_at end as occurred_at,
    cast(null as timestamp) as ended_at,
    cast(null as timestamp) as booked_at,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from statistics
union all
select
    {{ dbt.concat(['_source', "':reply/'", '_key']) }} as activity_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as activity_id,
    case when lead_category = 'automatic' then 'automatic reply' else 'email' end as kind,
    'inbound' as direction,
    cast(null as varchar) as owner_id,
    cast(null as varchar) as owner_name,
    cast(null as varchar) as booked_by_id,
    cast(null as varchar) as person_id,
    lead_email as person_email,
    cast(null as varchar) as message_id,
    cast(null as varchar) as counterpart_id,
    cast(null as varchar) as linked_activity_id,
    {{ dbt.concat([
        "coalesce(campaign_id, '')", "'/'", dbt.hash('lower(trim(lead_email))')
    ]) }} as enrolment_id,
    cast(null as varchar) as disposition,
    cast(null as varchar) as meeting_outcome,
    cast(null as boolean) as is_connected,
    cast(null as boolean) as is_no_show,
    coalesce(lead_category = 'automatic', false) as is_automated,
    replied_at as occurred_at,
    cast(null as timestamp) as ended_at,
    cast(null as timestamp) as booked_at,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from statistics
where replied_at is not null
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
        when event_type in ('EMAIL_SENT', 'EMAIL_BOUNCE', 'EMAIL_REPLY') then 'email'
        else lower(event_type)
    end as kind,
    case
        when event_type = 'EMAIL_REPLY' then 'inbound'
        when event_type in ('EMAIL_SENT', 'EMAIL_BOUNCE') then 'outbound'
    end as direction,
    cast(null as varchar) as owner_id,
    cast(null as varchar) as owner_name,
    cast(null as varchar) as booked_by_id,
    cast(null as varchar) as person_id,
    person_email,
    case when event_type = 'EMAIL_SENT' then message_id end as message_id,
    cast(null as varchar) as counterpart_id,
    -- the statistics know of bounces and of what an answer was taken for, so they count
    case
        when event_type in ('EMAIL_SENT', 'EMAIL_BOUNCE')
            then {{ dbt.concat(["'mail/'", 'stats_id']) }}
        when event_type = 'EMAIL_REPLY' then {{ dbt.concat(["'reply/'", 'stats_id']) }}
    end as linked_activity_id,
    {{ dbt.concat([
        "coalesce(campaign_id, '')", "'/'", dbt.hash('lower(trim(person_email))')
    ]) }} as enrolment_id,
    cast(null as varchar) as disposition,
    cast(null as varchar) as meeting_outcome,
    cast(null as boolean) as is_connected,
    cast(null as boolean) as is_no_show,
    event_type in ('EMAIL_SENT', 'EMAIL_BOUNCE') as is_automated,
    case when event_type <> 'EMAIL_BOUNCE' then occurred_at end as occurred_at,
    cast(null as timestamp) as ended_at,
    cast(null as timestamp) as booked_at,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from ranked
where place = 1
