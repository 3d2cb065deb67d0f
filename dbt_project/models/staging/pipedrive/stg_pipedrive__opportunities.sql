with deals as (

    select * from {{ source('lake', 'pipedrive__deals') }}

),

stages as (

    {{ latest_records(source('lake', 'pipedrive__stages')) }}

),

pipelines as (

    {{ latest_records(source('lake', 'pipedrive__pipelines')) }}

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

)

select
    {{ dbt.concat(['deals._source', "':'", 'deals._key']) }} as opportunity_key,
    deals._source,
    deals._as_of,
    deals._batch,
    deals._row,
    deals._op,
    deals.id as opportunity_id,
    deals.title as opportunity_name,
    deals.org_id as account_id,
    deals.org_name as account_name,
    deals.owner_id,
    deals.owner_name,
    cast(null as varchar) as product_id,
    cast(null as varchar) as product_name,
    -- in Pipedrive a deal that is over stays in its last stage: here it leaves that
    case
        when lower(deals.status) = 'won' then 'Won'
        when lower(deals.status) = 'lost' then 'Lost'
        else coalesce(stages.name, deals.stage_name, deals.stage_id)
    end as stage,
    coalesce(pipelines.name, deals.pipeline_name, deals.pipeline_id) as pipeline,
    deals.deal_type,
    deals.lead_source,
    deals.lost_reason,
    deals.value as amount,
    deals.currency,
    cast(
        coalesce(
            deals.probability,
            case when pipelines.is_probability_used then stages.deal_probability end
        ) / 100 as decimal(28, 9)
    ) as probability,
    case
        when lower(deals.status) in ('won', 'lost') then true
        when lower(deals.status) = 'open' then false
    end as is_closed,
    case
        when lower(deals.status) = 'won' then true
        when lower(deals.status) in ('lost', 'open') then false
    end as is_won,
    coalesce(deals.person_id, named_contacts.contact_id) as contact_id,
    deals.added_on as created_on,
    deals.add_time as created_at,
    case
        when lower(deals.status) = 'won'
            then coalesce(
                {{ local_date('coalesce(deals.won_time, deals.close_time)', 'context.timezone') }},
                deals.won_on,
                deals.closed_on
            )
        when lower(deals.status) = 'lost'
            then coalesce(
                {{ local_date('coalesce(deals.lost_time, deals.close_time)', 'context.timezone') }},
                deals.lost_on,
                deals.closed_on
            )
    end as closed_on,
    case when lower(deals.status) = 'open' then deals.expected_close_date end as expected_close_on,
    cast(null as varchar) as merged_into_id,
    deals.updated_at,
    coalesce(deals.is_deleted, false) or coalesce(lower(deals.status) = 'deleted', false)
        as is_deleted
from deals
cross join context
left join stages
    on
        deals._source = stages._source
        and deals.stage_id = stages.id
left join pipelines
    on
        deals._source = pipelines._source
        and deals.pipeline_id = pipelines.id
left join named_contacts
    on
        deals._source = named_contacts._source
        and deals.person_name = named_contacts.contact_name
