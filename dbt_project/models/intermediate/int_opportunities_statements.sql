{{ config(
    materialized='incremental',
    pre_hook="{{ take_out('opportunity_key', ref('touched_opportunities')) }}"
) }}
{% set touched = ref('touched_opportunities') -%}
-- statements of one moment in the order of their ids, which may be numbers; what a field held
-- before comes before what it became, and what an export shows of the moment comes last
{% set order = 'stated_at, origin, length(origin_id), origin_id' -%}
with versions as (

    select * from {{ ref('int_opportunities_versions') }}
    where {{ is_touched('opportunity_key', touched) }}

),

deals as (

    select
        opportunity_key,
        _source,
        min(created_at) as created_at,
        max(case when _op = 'upsert' then version_number end) as last_version_number,
        max(case when is_current and is_removed then 1 else 0 end) = 1 as is_removed
    from versions
    group by opportunity_key, _source

),

stage_changes as (

    select
        *,
        {{ dbt.concat(['_source', "':'", 'opportunity_id']) }} as opportunity_key
    from {{ ref('int_stage_changes_current') }}

),

field_changes as (

    select * from {{ ref('int_field_changes_resolved') }}
    where {{ is_touched('opportunity_key', touched) }}

),

stage_map as (

    select * from {{ source('run', 'stage_map') }}

),

export_moments as (

    select * from {{ ref('int_export_moments') }} where object = 'opportunities'

),

histories as (

    select * from {{ ref('int_opportunity_histories') }}

),

-- history that vanished has happened all the same if its deal vanished too, or if it only got old;
-- else the tool took it back
happened as (

    select
        stage_changes.opportunity_key,
        stage_changes._source,
        stage_changes.stage_change_id,
        stage_changes.stage,
        stage_changes.amount,
        stage_changes.currency,
        stage_changes.expected_close_on,
        stage_changes.changed_at,
        histories.has_amounts,
        histories.has_close_dates
    from stage_changes
    inner join deals
        on stage_changes.opportunity_key = deals.opportunity_key
    inner join histories
        on stage_changes._source = histories._source
    where
        not stage_changes.is_vanished
        or deals.is_removed
        or stage_changes.changed_at < histories.begins_at

),

counted_fields as (

    select
        field_changes.*,
        deals.created_at,
        row_number() over (
            partition by field_changes.opportunity_key, field_changes.field
            order by field_changes.place
        ) = 1 as is_first
    from field_changes
    inner join deals
        on field_changes.opportunity_key = deals.opportunity_key
    where not field_changes.is_taken_back or deals.is_removed

),

stories as (

    select
        opportunity_key,
        field
    from counted_fields
    {%- for field, condition in [
        ('stage', 'true'), ('amount', 'has_amounts'), ('expected_close_on', 'has_close_dates'),
    ] %}
    union all
    select
        opportunity_key,
        '{{ field }}' as field
    from happened
    where {{ condition }}
    {%- endfor %}

),

-- of what a deal's own history tells, its exports say nothing, but where the history ends
told as (

    select
        opportunity_key,
        max(case when field = 'stage' then 1 else 0 end) as tells_stage,
        max(case when field = 'amount' then 1 else 0 end) as tells_amount,
        max(case when field = 'expected_close_on' then 1 else 0 end) as tells_close,
        max(case when field = 'owner' then 1 else 0 end) as tells_owner,
        max(case when field = 'account' then 1 else 0 end) as tells_account
    from stories
    group by opportunity_key

),

from_exports as (

    select
        versions.*,
        versions._op = 'upsert'
        and (
            versions.version_number = deals.last_version_number
            or versions._as_of > histories.reaches_until
        ) as is_counted_anyway,
        export_moments.previous_as_of,
        coalesce(told.tells_stage, 0) = 1 as is_stage_told,
        coalesce(told.tells_amount, 0) = 1 as is_amount_told,
        coalesce(told.tells_close, 0) = 1 as is_close_told,
        coalesce(told.tells_owner, 0) = 1 as is_owner_told,
        coalesce(told.tells_account, 0) = 1 as is_account_told,
        told.opportunity_key is not null as is_anything_told,
        -- a deal that came after the first export began when it was created
        case
            when versions.version_number = 1 and export_moments.previous_as_of is not null
                then least(versions.created_at, versions._as_of)
        end as began_at
    from versions
    inner join deals
        on versions.opportunity_key = deals.opportunity_key
    left join told
        on versions.opportunity_key = told.opportunity_key
    left join histories
        on versions._source = histories._source
    left join export_moments
        on
            versions._source = export_moments.source
            and versions._as_of = export_moments.as_of

),

context as (

    select * from {{ source('run', 'context') }}

),

statements as (

    select
        opportunity_key,
        _source,
        changed_at as stated_at,
        1 as origin,
        stage_change_id as origin_id,
        cast(null as bigint) as version_number,
        true as is_stage_stated,
        has_amounts as is_amount_stated,
        has_close_dates as is_close_stated,
        false as is_owner_stated,
        false as is_account_stated,
        stage,
        cast(null as varchar) as told_outcome,
        amount,
        currency,
        expected_close_on,
        cast(null as varchar) as rep_key,
        cast(null as varchar) as account_key,
        changed_at as happened_after,
        changed_at as happened_by
    from happened
    union all
    {% for side, origin, at, condition in [
        ('old', 2, 'least(created_at, changed_at)', 'is_first and created_at is not null'),
        ('new', 3, 'changed_at', 'true'),
    ] %}
    select
        opportunity_key,
        _source,
        {{ at }} as stated_at,
        {{ origin }} as origin,
        field_change_id as origin_id,
        cast(null as bigint) as version_number,
        field = 'stage' as is_stage_stated,
        field = 'amount' as is_amount_stated,
        field = 'expected_close_on' as is_close_stated,
        field = 'owner' as is_owner_stated,
        field = 'account' as is_account_stated,
        case when field = 'stage' then {{ side }}_value end as stage,
        cast(null as varchar) as told_outcome,
        case
            when field = 'amount' then {{ cast_or_null(side ~ '_value', 'decimal(18, 2)') }}
        end as amount,
        cast(null as varchar) as currency,
        case
            when field = 'expected_close_on' then {{ cast_or_null(side ~ '_value', 'date') }}
        end as expected_close_on,
        case when field = 'owner' then {{ side }}_named_key end as rep_key,
        case when field = 'account' then {{ side }}_named_key end as account_key,
        {{ at }} as happened_after,
        {{ at }} as happened_by
    from counted_fields
    where {{ condition }}
    union all
    {% endfor %}
    {% for begins in [true, false] %}
    select
        opportunity_key,
        _source,
        {{ 'began_at' if begins else '_as_of' }} as stated_at,
        {{ 0 if begins else 4 }} as origin,
        cast(version_number as varchar) as origin_id,
        version_number,
        {%- for part in ['stage', 'amount', 'close', 'owner', 'account'] %}
        _op = 'upsert'
        and {{
            'not is_' ~ part ~ '_told' if begins
            else 'case when is_' ~ part ~ '_told then is_counted_anyway else began_at is null end'
        }} as is_{{ part }}_stated,
        {%- endfor %}
        stage,
        outcome as told_outcome,
        amount,
        currency,
        expected_close_on,
        rep_key,
        account_key,
        case
            when created_at is null then previous_as_of
            else greatest(previous_as_of, began_at)
        end as happened_after,
        _as_of as happened_by
    from from_exports
    where {{
        'began_at is not null' if begins
        else 'began_at is null or (is_counted_anyway and is_anything_told)'
    }}
    {%- if begins %}
    union all
    {%- endif %}
    {% endfor %}
),

meant as (

    select
        statements.*,
        coalesce(statements.told_outcome, stage_map.outcome) as outcome,
        case
            when
                statements.origin = 4
                or (statements.origin = 0 and statements.stated_at = statements.happened_by)
                then {{ covered_date('statements.stated_at', 'context.timezone') }}
            else {{ local_date('statements.stated_at', 'context.timezone') }}
        end as stated_on
    from statements
    cross join context
    left join stage_map
        on
            statements._source = stage_map.source
            and statements.stage = stage_map.stage

)

-- each statement with all that is known by then; what is not stated is as the last statement of it
-- said. All windows are the same: one sort serves them
select
    opportunity_key,
    _source,
    row_number() over (partition by opportunity_key order by {{ order }}) as place,
    stated_at,
    stated_on,
    case when origin in (1, 2, 3) then 'native' else 'inferred' end as basis,
    happened_after,
    happened_by,
    {%- for column, part, unset in [
        ('stage', 'stage', "''"),
        ('outcome', 'stage', "''"),
        ('amount', 'amount', 'cast(-9999999999999999.99 as decimal(18, 2))'),
        ('currency', 'amount', "''"),
        ('expected_close_on', 'close', "cast('0001-01-01' as date)"),
        ('rep_key', 'owner', "''"),
        ('account_key', 'account', "''"),
    ] %}
    {{ last_stated(
        column, 'is_' ~ part ~ '_stated', unset, 'opportunity_key', order
    ) }} as {{ column }},
    {%- endfor %}
    {%- for column, part in [('rep_key', 'owner'), ('account_key', 'account')] %}
    {{ first_known(
        'case when is_' ~ part ~ '_stated then ' ~ column ~ ' end', 'opportunity_key', order
    ) }} as first_{{ column }},
    {%- endfor %}
    {%- for part in ['stage', 'owner', 'account'] %}
    bool_or(is_{{ part }}_stated) over (
        partition by opportunity_key order by {{ order }} rows unbounded preceding
    ) as is_{{ part }}_known,
    {%- endfor %}
    max(version_number) over (
        partition by opportunity_key order by {{ order }} rows unbounded preceding
    ) as shown_version_number
from meant
