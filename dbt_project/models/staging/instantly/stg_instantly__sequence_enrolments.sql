with leads as (

    select
        *,
        {{ dbt.concat(['campaign_id', "'/'", dbt.hash('lower(trim(email))')]) }} as enrolment_id,
        {{ dbt.hash('lower(trim(email))') }} as person_name,
        -- a lead tells of its last answer alone: the first one is the earliest that an export told
        min(
            case when coalesce(interest, '') <> 'out of office' then last_reply_at end
        ) over (
            partition by _source, _key
            order by _as_of, _batch
            rows between unbounded preceding and current row
        ) as first_reply_at
    from {{ source('lake', 'instantly__leads') }}

),

-- a person who was taken out of a campaign and put in again is a lead twice, and enrolled once
enrolled as (

    select
        *,
        row_number() over (
            partition by _source, enrolment_id, _as_of, _batch order by _op desc, _key asc
        ) as place
    from leads
    where enrolment_id is not null

),

touched as (

    {{ enrolments_touched(ref('stg_instantly__activities')) }}

),

campaigns as (

    {{ latest_records(source('lake', 'instantly__campaigns')) }}

),

names_in_events as (

    select
        _source,
        campaign_id,
        max_by(campaign_name, occurred_at) as name
    from {{ source('lake', 'instantly__webhook_events') }}
    where campaign_name is not null
    group by _source, campaign_id

),

people as (

    select
        _source,
        person_name,
        min(id) as person_id
    from leads
    group by _source, person_name

),

known as (

    select distinct
        _source,
        enrolment_id
    from enrolled

),

enrolments as (

    select
        enrolled._source,
        enrolled._as_of,
        enrolled._batch,
        enrolled._row,
        enrolled._op,
        enrolled.enrolment_id,
        enrolled.campaign_id,
        enrolled.id as person_id,
        touched.owner_id,
        enrolled.created_at as started_at,
        case
            when touched.answer_count > 0 then touched.first_answer_at else enrolled.first_reply_at
        end as replied_at,
        enrolled.updated_at
    from enrolled
    left join touched
        on
            enrolled._source = touched._source
            and enrolled.enrolment_id = touched.enrolment_id
    where enrolled.place = 1
    union all
    -- whoever was written to has been enrolled, also when no export of leads names the person
    select
        touched._source,
        touched._as_of,
        touched._batch,
        touched._row,
        'upsert' as _op,
        touched.enrolment_id,
        touched.campaign_id,
        people.person_id,
        touched.owner_id,
        touched.first_touch_at as started_at,
        touched.first_answer_at as replied_at,
        cast(null as timestamp) as updated_at
    from touched
    left join known
        on
            touched._source = known._source
            and touched.enrolment_id = known.enrolment_id
    left join people
        on
            touched._source = people._source
            and touched.person_name = people.person_name
    where known.enrolment_id is null and touched.first_touch_at is not null

)

select
    {{ dbt.concat(['enrolments._source', "':'", 'enrolments.enrolment_id']) }} as enrolment_key,
    enrolments._source,
    enrolments._as_of,
    enrolments._batch,
    enrolments._row,
    enrolments._op,
    enrolments.enrolment_id,
    coalesce(campaigns.name, names_in_events.name) as sequence_name,
    enrolments.person_id,
    enrolments.owner_id,
    enrolments.started_at,
    enrolments.replied_at,
    enrolments.updated_at,
    cast(null as boolean) as is_deleted
from enrolments
left join campaigns
    on
        enrolments._source = campaigns._source
        and enrolments.campaign_id = campaigns.id
left join names_in_events
    on
        enrolments._source = names_in_events._source
        and enrolments.campaign_id = names_in_events.campaign_id
