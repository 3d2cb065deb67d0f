with deals as (

    select * from {{ source('lake', 'hubspot__deals') }} where stage_entered is not null

),

history as (

    select * from {{ source('lake', 'hubspot__deal_history') }} where property = 'dealstage'

),

stages as (

    {{ latest_records(source('lake', 'hubspot__deal_stages')) }}

),

told_deals as (

    select
        _source,
        deal_id
    from history
    group by _source, deal_id

),

-- a deal says of each stage when it was entered last; its history says it of every time
entries as (

    select
        entered._source,
        entered._as_of,
        entered._batch,
        entered._row,
        entered._op,
        entered.id as deal_id,
        entered.name as stage,
        cast(entered.value as timestamp) as changed_at
    from {{ json_entries(
        'deals', 'stage_entered', ['_source', '_as_of', '_batch', '_row', '_op', 'id']
    ) }} as entered
    left join told_deals
        on entered._source = told_deals._source and entered.id = told_deals.deal_id
    where told_deals.deal_id is null
    union all
    select
        _source,
        _as_of,
        _batch,
        _row,
        _op,
        deal_id,
        value as stage,
        changed_at
    from history

)

select
    {{ dbt.concat([
        'entries._source', "':'", 'entries.deal_id', "'|'", 'entries.stage', "'|'",
        'cast(entries.changed_at as varchar)'
    ]) }} as stage_change_key,
    entries._source,
    entries._as_of,
    entries._batch,
    entries._row,
    entries._op,
    {{ dbt.concat([
        'entries.deal_id', "'|'", 'cast(entries.changed_at as varchar)', "'|'", 'entries.stage'
    ]) }} as stage_change_id,
    entries.deal_id as opportunity_id,
    coalesce(stages.label, entries.stage) as stage,
    cast(null as decimal(18, 2)) as amount,
    cast(null as date) as expected_close_on,
    cast(null as varchar) as currency,
    entries.changed_at,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from entries
left join stages
    on
        entries._source = stages._source
        and entries.stage = stages.stage_id
