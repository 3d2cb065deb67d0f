with flow as (

    select
        _source,
        _key,
        _as_of,
        _batch,
        _row,
        _op,
        coalesce(change_id, _key) as change_id,
        item_id,
        field_key,
        old_value,
        new_value,
        log_time
    from {{ source('lake', 'pipedrive__deal_flow') }}
    where item_id is not null and field_key is not null

),

stages as (

    {{ latest_records(source('lake', 'pipedrive__stages')) }}

),

deals as (

    select
        *,
        row_number() over (partition by _source, _key order by _as_of, _batch) as version_number
    from {{ source('lake', 'pipedrive__deals') }}

),

-- a field that the log does not name has always been as the first export shows it
first_shown as (

    select
        deals._source,
        deals.id,
        coalesce(stages.name, deals.stage_name, deals.stage_id) as stage,
        deals.value,
        deals.expected_close_date,
        deals.add_time
    from deals
    left join stages
        on
            deals._source = stages._source
            and deals.stage_id = stages.id
    where deals.version_number = 1

),

read as (

    select
        flow.*,
        case
            when flow.field_key = 'stage_id' then coalesce(old_stages.name, flow.old_value)
        end as old_stage,
        case
            when flow.field_key = 'stage_id' then coalesce(new_stages.name, flow.new_value)
        end as new_stage,
        row_number() over (
            partition by flow._source, flow.item_id
            order by flow.log_time, length(flow.change_id), flow.change_id
        ) as place
    from flow
    left join stages as old_stages
        on
            flow._source = old_stages._source
            and flow.old_value = old_stages.id
    left join stages as new_stages
        on
            flow._source = new_stages._source
            and flow.new_value = new_stages.id

),

-- of each field, what the deal began with and what the last change made of it; '' is NULL, for that
-- is something that a field can hold
followed as (

    select
        *,
        min_by(
            coalesce(old_stage, ''), case when field_key = 'stage_id' then place end
        ) over (partition by _source, item_id) as first_stage,
        max_by(
            coalesce(new_stage, ''), case when field_key = 'stage_id' then place end
        ) over (
            partition by _source, item_id order by place rows unbounded preceding
        ) as last_stage,
        min_by(
            coalesce(old_value, ''), case when field_key = 'value' then place end
        ) over (partition by _source, item_id) as first_value,
        max_by(
            coalesce(new_value, ''), case when field_key = 'value' then place end
        ) over (
            partition by _source, item_id order by place rows unbounded preceding
        ) as last_value,
        min_by(
            coalesce(old_value, ''), case when field_key = 'expected_close_date' then place end
        ) over (partition by _source, item_id) as first_close_date,
        max_by(
            coalesce(new_value, ''), case when field_key = 'expected_close_date' then place end
        ) over (
            partition by _source, item_id order by place rows unbounded preceding
        ) as last_close_date
    from read

),

known as (

    select
        followed.*,
        first_shown.add_time,
        coalesce(followed.first_stage, first_shown.stage) as stage_at_first,
        coalesce(followed.last_stage, followed.first_stage, first_shown.stage) as stage_by_then,
        case
            when followed.first_value is null then first_shown.value
            else {{ cast_or_null('followed.first_value', 'decimal(18, 2)') }}
        end as value_at_first,
        case
            when coalesce(followed.last_value, followed.first_value) is null then first_shown.value
            else {{ cast_or_null(
                'coalesce(followed.last_value, followed.first_value)', 'decimal(18, 2)'
            ) }}
        end as value_by_then,
        case
            when followed.first_close_date is null then first_shown.expected_close_date
            else {{ cast_or_null('followed.first_close_date', 'date') }}
        end as close_date_at_first,
        case
            when
                coalesce(followed.last_close_date, followed.first_close_date)
                is null
                then first_shown.expected_close_date
            else {{ cast_or_null(
                'coalesce(followed.last_close_date, followed.first_close_date)',
                'date'
            ) }}
        end as close_date_by_then
    from followed
    left join first_shown
        on
            followed._source = first_shown._source
            and followed.item_id = first_shown.id

)

-- the log begins with the first change: what was before it, has been since the deal was created
select
    {{ dbt.concat(['_source', "':created/'", 'item_id']) }} as stage_change_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    '' as stage_change_id,
    item_id as opportunity_id,
    stage_at_first as stage,
    value_at_first as amount,
    close_date_at_first as expected_close_on,
    cast(null as varchar) as currency,
    least(add_time, log_time) as changed_at,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from known
where place = 1 and add_time is not null and stage_at_first is not null
union all
-- a change of the status is one of the stage, because a deal that is over is in stage Won or Lost
select
    {{ dbt.concat(['_source', "':'", '_key']) }} as stage_change_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    change_id as stage_change_id,
    item_id as opportunity_id,
    case
        when field_key = 'status' and new_value = 'won' then 'Won'
        when field_key = 'status' and new_value = 'lost' then 'Lost'
        else stage_by_then
    end as stage,
    value_by_then as amount,
    close_date_by_then as expected_close_on,
    cast(null as varchar) as currency,
    log_time as changed_at,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from known
where
    field_key = 'stage_id'
    or (field_key = 'status' and new_value in ('open', 'won', 'lost'))
