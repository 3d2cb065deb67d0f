with memberships as (

    select * from {{ source('lake', 'salesloft__cadence_memberships') }}

),

people as (

    select * from {{ source('lake', 'salesloft__people') }}

),

cadences as (

    {{ latest_records(source('lake', 'salesloft__cadences')) }}

),

-- a membership counts answers without a time, a person has that of the last one: the first such
-- time since the enrolment that any export has shown is the latest at which it can have come
replies as (

    select
        memberships._source,
        memberships._key,
        memberships._as_of,
        memberships._batch,
        min(people.last_replied_at) as replied_at
    from memberships
    inner join people
        on
            memberships._source = people._source
            and memberships.person_id = people.id
            and memberships.added_at <= people.last_replied_at
    where memberships.reply_count > 0
    group by memberships._source, memberships._key, memberships._as_of, memberships._batch

)

select
    {{ dbt.concat(['memberships._source', "':'", 'memberships._key']) }} as enrolment_key,
    memberships._source,
    memberships._as_of,
    memberships._batch,
    memberships._row,
    memberships._op,
    memberships._key as enrolment_id,
    cadences.name as sequence_name,
    memberships.person_id,
    memberships.user_id as owner_id,
    memberships.added_at as started_at,
    replies.replied_at,
    memberships.updated_at,
    memberships.is_person_deleted as is_deleted
from memberships
left join cadences
    on
        memberships._source = cadences._source
        and memberships.cadence_id = cadences.id
left join replies
    on
        memberships._source = replies._source
        and memberships._key = replies._key
        and memberships._as_of = replies._as_of
        and memberships._batch = replies._batch
