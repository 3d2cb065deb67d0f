with lake as (

    select * from {{ source('lake', 'salesforce__opportunity') }}

),

stages as (

    {{ latest_records(source('lake', 'salesforce__opportunity_stage')) }}

),

-- a report has the label of a stage, where that is not its name; several may share a label
stage_names as (

    {{ by_name_or_label('stages', ['default_probability', 'is_closed', 'is_won']) }}

),

contact_roles as (

    {{ latest_records(source('lake', 'salesforce__opportunity_contact_role')) }}

),

-- whom a deal is with: the primary person, the first by id where there are several
primary_contacts as (

    select
        _source,
        opportunity_id,
        min(contact_id) as contact_id
    from contact_roles
    where _op = 'upsert' and is_primary and not coalesce(is_deleted, false)
    group by _source, opportunity_id

)

select
    {{ dbt.concat(['lake._source', "':'", 'lake._key']) }} as opportunity_key,
    lake._source,
    lake._as_of,
    lake._batch,
    lake._row,
    lake._op,
    lake.id as opportunity_id,
    lake.name as opportunity_name,
    lake.account_id,
    lake.account_name,
    lake.owner_id,
    lake.owner_name,
    cast(null as varchar) as product_id,
    cast(null as varchar) as product_name,
    lake.stage_name as stage,
    cast(null as varchar) as pipeline,
    lake.type as deal_type,
    lake.lead_source,
    cast(null as varchar) as lost_reason,
    lake.amount,
    lake.currency_iso_code as currency,
    cast(
        coalesce(lake.probability, stage_names.default_probability) / 100 as decimal(28, 9)
    ) as probability,
    coalesce(lake.is_closed, stage_names.is_closed) as is_closed,
    coalesce(lake.is_won, stage_names.is_won) as is_won,
    coalesce(lake.contact_id, primary_contacts.contact_id) as contact_id,
    lake.created_on,
    lake.created_date as created_at,
    -- one field holds the expected close date of an open deal and the close date of a closed one
    case
        when coalesce(lake.is_closed, stage_names.is_closed) then lake.close_date
    end as closed_on,
    case
        when not coalesce(lake.is_closed, stage_names.is_closed, false) then lake.close_date
    end as expected_close_on,
    cast(null as varchar) as merged_into_id,
    lake.updated_at,
    lake.is_deleted
from lake
left join stage_names
    on
        lake._source = stage_names._source
        and lake.stage_name = stage_names.name
left join primary_contacts
    on
        lake._source = primary_contacts._source
        and lake.id = primary_contacts.opportunity_id
