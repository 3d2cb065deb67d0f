with leads as (

    select
        *,
        coalesce({{ dbt.hash('lower(trim(email))') }}, lead_id, {{ dbt.hash('_key') }})
            as person_name,
        coalesce(lead_id, {{ dbt.hash('_key') }}) as person_id
    from {{ source('lake', 'lemlist__leads') }}

),

touched as (

    {{ enrolments_touched(ref('stg_lemlist__activities')) }}

),

placed as (

    select distinct
        _source,
        person_name
    from touched

),

-- two records of one address in one campaign are one enrolment; a lead whose file does not name the
-- campaign is no enrolment of its own beside one that the activities tell of
named as (

    select
        leads.*,
        {{ dbt.concat(["coalesce(leads.campaign_id, '')", "'/'", 'leads.person_name']) }}
            as enrolment_id
    from leads
    left join placed
        on
            leads._source = placed._source
            and leads.person_name = placed.person_name
    where leads.campaign_id is not null or placed.person_name is null

),

enrolled as (

    select
        *,
        row_number() over (
            partition by _source, enrolment_id, _as_of, _batch order by _op desc, _key asc
        ) as place
    from named

),

campaigns as (

    {{ latest_records(source('lake', 'lemlist__campaigns')) }}

),

naming_rows as (

    select
        _source,
        campaign_id,
        campaign_name
    from {{ source('lake', 'lemlist__activities') }}
    union all
    select
        _source,
        campaign_id,
        campaign_name
    from {{ source('lake', 'lemlist__leads') }}

),

names_in_rows as (

    select
        _source,
        campaign_id,
        max(campaign_name) as name
    from naming_rows
    where campaign_id is not null
    group by _source, campaign_id

),

people as (

    select
        _source,
        person_name,
        min(person_id) as person_id
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
        coalesce(enrolled.campaign_id, '') as campaign_id,
        enrolled.person_id,
        touched.owner_id,
        touched.first_touch_at as started_at,
        touched.first_answer_at as replied_at
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
        coalesce(people.person_id, touched.person_id) as person_id,
        touched.owner_id,
        touched.first_touch_at as started_at,
        touched.first_answer_at as replied_at
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
    coalesce(campaigns.name, names_in_rows.name) as sequence_name,
    enrolments.person_id,
    enrolments.owner_id,
    enrolments.started_at,
    enrolments.replied_at,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from enrolments
left join campaigns
    on
        enrolments._source = campaigns._source
        and enrolments.campaign_id = campaigns.id
left join names_in_rows
    on
        enrolments._source = names_in_rows._source
        and enrolments.campaign_id = names_in_rows.campaign_id
