with activities as (

    select * from {{ source('lake', 'lemlist__activities') }}

),

-- that a mail came back is a later version of the mail, known by the step that sent it
named as (

    select
        *,
        case
            when type in ('emailsSent', 'emailsBounced') and sequence_step is not null
                then {{ dbt.concat([
                    "'mail/'",
                    dbt.hash(dbt.concat([
                        'coalesce(lead_id, lead_email)', "'|'", "coalesce(campaign_id, '')", "'|'",
                        "coalesce(sequence_id, '')", "'|'", 'sequence_step',
                    ])),
                ]) }}
            else {{ dbt.concat(["'activity/'", '_key']) }}
        end as activity_name
    from activities

),

ranked as (

    select
        *,
        row_number() over (
            partition by _source, activity_name, _as_of, _batch
            order by case when type = 'emailsBounced' then 0 else 1 end, created_at, _key
        ) as place
    from named

),

-- a call ends, and then its step is done: in one export these are one touch
calls as (

    select
        _source,
        _batch,
        lead_id,
        campaign_id,
        coalesce(sequence_id, '') as sequence_id,
        coalesce(sequence_step, '') as sequence_step,
        max_by(activity_name, created_at) as activity_name
    from named
    where type = 'aircallEnded'
    group by
        _source, _batch, lead_id, campaign_id,
        coalesce(sequence_id, ''), coalesce(sequence_step, '')

)

select
    {{ dbt.concat(['ranked._source', "':'", 'ranked.activity_name']) }} as activity_key,
    ranked._source,
    ranked._as_of,
    ranked._batch,
    ranked._row,
    ranked._op,
    ranked.id as activity_id,
    case
        when ranked.type in ('emailsSent', 'emailsBounced', 'emailsReplied') then 'email'
        when ranked.type in ('aircallEnded', 'aircallDone') then 'call'
        when ranked.type in (
            'linkedinSent', 'linkedinInviteDone', 'linkedinVoiceNoteDone', 'linkedinReplied',
            'whatsappMessageSent', 'whatsappReplied', 'smsSent', 'smsReplied'
        ) then 'message'
        when ranked.type = 'meetingBooked' then 'meeting'
        when ranked.type = 'outOfOffice' then 'automatic reply'
        else ranked.type
    end as kind,
    case
        when ranked.type in (
            'emailsReplied', 'linkedinReplied', 'whatsappReplied', 'smsReplied', 'outOfOffice'
        ) then 'inbound'
        when ranked.type in (
            'emailsSent', 'emailsBounced', 'aircallEnded', 'aircallDone', 'linkedinSent',
            'linkedinInviteDone', 'linkedinVoiceNoteDone', 'whatsappMessageSent', 'smsSent',
            'meetingBooked'
        ) then 'outbound'
    end as direction,
    coalesce(ranked.send_user_id, {{ dbt.hash('lower(trim(ranked.send_user_email))') }})
        as owner_id,
    cast(null as varchar) as owner_name,
    cast(null as varchar) as booked_by_id,
    ranked.lead_id as person_id,
    ranked.lead_email as person_email,
    cast(null as varchar) as message_id,
    cast(null as varchar) as counterpart_id,
    case when ranked.type = 'aircallDone' then calls.activity_name end as linked_activity_id,
    {{ dbt.concat([
        'ranked.campaign_id', "'/'",
        'coalesce(' ~ dbt.hash('lower(trim(ranked.lead_email))') ~ ', ranked.lead_id)',
    ]) }} as enrolment_id,
    cast(null as varchar) as disposition,
    cast(null as varchar) as meeting_outcome,
    cast(null as boolean) as is_connected,
    cast(null as boolean) as is_no_show,
    -- what a step sends nobody presses a button for; calls are made by people
    coalesce(
        ranked.type = 'outOfOffice'
        or ranked.sequence_step is not null
        and ranked.type in (
            'emailsSent', 'emailsBounced', 'linkedinSent', 'linkedinInviteDone',
            'linkedinVoiceNoteDone', 'whatsappMessageSent', 'smsSent'
        ),
        false
    ) as is_automated,
    -- what came back was not sent; when a meeting will be is not told, only that it was booked
    case
        when ranked.type not in ('emailsBounced', 'meetingBooked') then ranked.created_at
    end as occurred_at,
    cast(null as timestamp) as ended_at,
    case when ranked.type = 'meetingBooked' then ranked.created_at end as booked_at,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from ranked
left join calls
    on
        ranked._source = calls._source
        and ranked._batch = calls._batch
        and ranked.lead_id = calls.lead_id
        and ranked.campaign_id = calls.campaign_id
        and coalesce(ranked.sequence_id, '') = calls.sequence_id
        and coalesce(ranked.sequence_step, '') = calls.sequence_step
where ranked.place = 1
