with activities as (

    select * from {{ source('lake', 'pipedrive__activities') }}

),

contacts as (

    select
        *,
        row_number() over (
            partition by contact_key order by _as_of desc, _batch desc
        ) as versions_back
    from {{ ref('stg_pipedrive__contacts') }}

),

-- a list names the person: where only one bears the name, that is the one
named_contacts as (

    select
        _source,
        contact_name,
        min(contact_id) as contact_id
    from contacts
    where versions_back = 1 and _op = 'upsert'
    group by _source, contact_name
    having count(*) = 1

),

context as (

    select * from {{ source('run', 'context') }}

),

-- the API's time of day is UTC, a list's the user's; a day without a time is the company's
dated as (

    select
        activities.*,
        coalesce(activities.person_id, named_contacts.contact_id) as contact_id,
        case
            when lower(activities.type) in ('call', 'email') then lower(activities.type)
            when lower(activities.type) in ('meeting', 'lunch') then 'meeting'
            else activities.type
        end as kind,
        case
            when activities.due_time is not null
                then
                    cast(activities.due_date as timestamp)
                    + activities.due_time * interval 1 second
            when activities.due_date is not null
                then {{ utc_moment('activities.due_date', 'context.timezone') }}
            else {{ utc_moment(
                'cast(activities.local_due_date as timestamp) '
                '+ coalesce(activities.local_due_time, 0) * interval 1 second',
                'context.timezone'
            ) }}
        end as due_at,
        coalesce(
            activities.add_time, {{ utc_moment('activities.added_on', 'context.timezone') }}
        ) as made_at
    from activities
    cross join context
    left join named_contacts
        on
            activities._source = named_contacts._source
            and activities.person_name = named_contacts.contact_name

),

-- a meeting takes place when it is planned, once somebody says that it did, or what became of it;
-- until its time comes it is known by its plan. A call or mail was made when it was marked as done
happened as (

    select
        *,
        case
            when
                kind = 'meeting'
                and (is_done or meeting_outcome is not null or due_at >= _as_of)
                then coalesce(due_at, done_at)
            when kind <> 'meeting' and is_done then coalesce(done_at, due_at)
        end as happened_at
    from dated

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
        when
            kind = 'meeting'
            and coalesce(contact_id, person_name, deal_id, lead_id, org_id) is null
            then 'internal meeting'
        else kind
    end as kind,
    'outbound' as direction,
    owner_id,
    owner_name,
    creator_id as booked_by_id,
    contact_id as person_id,
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
    happened_at as occurred_at,
    case
        when kind = 'meeting'
            then happened_at + coalesce(duration, 0) * interval 1 second
    end as ended_at,
    case when kind = 'meeting' then made_at end as booked_at,
    updated_at,
    coalesce(is_deleted, not is_active) as is_deleted
from happened
