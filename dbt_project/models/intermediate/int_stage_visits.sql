{{ config(
    materialized='incremental',
    pre_hook="{{ take_out('opportunity_key', ref('touched_opportunities')) }}"
) }}
{% set touched = ref('touched_opportunities') -%}
with states as (

    select * from {{ ref('int_opportunities_states') }}
    where {{ is_touched('opportunity_key', touched) }}

),

stage_map as (

    select * from {{ source('run', 'stage_map') }} where outcome = 'open'

),

-- a change of amount, owner or close date is no move; won lies behind every open stage, and lost
-- nowhere. Of what the very first export showed nobody knows since when
moves as (

    select
        opportunity_key,
        _source,
        state_number as change_number,
        stage,
        outcome,
        stage_order,
        stage_class,
        rep_key,
        account_key,
        basis,
        happened_after as changed_after,
        happened_by as changed_by,
        case
            when basis = 'native' or happened_after is not null then state_from_at
        end as changed_at,
        case
            when outcome = 'open' then stage_order
            when outcome = 'won' then 1000000
        end as place
    from states
    where is_stage_change

),

followed as (

    select
        *,
        lead(changed_at) over (
            partition by opportunity_key order by change_number
        ) as next_changed_at,
        lead(outcome) over (
            partition by opportunity_key order by change_number
        ) as next_outcome,
        lead(place) over (
            partition by opportunity_key order by change_number
        ) as next_place,
        max(place) over (
            partition by opportunity_key
            order by change_number
            rows between unbounded preceding and 1 preceding
        ) as furthest_before
    from moves

),

marked as (

    select
        *,
        coalesce(place > furthest_before or furthest_before is null, false)
        and place is not null as is_further
    from followed

),

-- the moves that got further than any before: a stage is passed by the next of them
passed as (

    select
        opportunity_key,
        change_number,
        lead(changed_at) over (
            partition by opportunity_key order by change_number
        ) as passed_at
    from marked
    where is_further

),

visits as (

    select
        marked.opportunity_key,
        marked._source,
        marked.change_number,
        marked.stage,
        marked.stage_order,
        marked.stage_class,
        marked.rep_key,
        marked.account_key,
        marked.basis,
        marked.changed_after as entered_after,
        marked.changed_by as entered_by,
        marked.changed_at as entered_at,
        marked.next_changed_at as left_at,
        case
            when marked.next_outcome is null and marked.next_changed_at is null then 'open'
            when marked.next_outcome in ('won', 'lost') then marked.next_outcome
            when marked.next_place < marked.place then 'back'
            else 'forward'
        end as exit,
        passed.passed_at,
        marked.is_further as is_first_entry,
        false as is_jumped_over
    from marked
    left join passed
        on
            marked.opportunity_key = passed.opportunity_key
            and marked.change_number = passed.change_number
    where marked.outcome = 'open'

),

-- a stage that was jumped over was entered and passed at the moment of the jump
jumped_over as (

    select
        marked.opportunity_key,
        marked._source,
        marked.change_number,
        stage_map.stage,
        stage_map.stage_order,
        stage_map.stage_class,
        marked.rep_key,
        marked.account_key,
        marked.basis,
        marked.changed_after as entered_after,
        marked.changed_by as entered_by,
        marked.changed_at as entered_at,
        marked.changed_at as left_at,
        'forward' as exit,
        marked.changed_at as passed_at,
        true as is_first_entry,
        true as is_jumped_over
    from marked
    inner join stage_map
        on
            marked._source = stage_map.source
            and marked.furthest_before < stage_map.stage_order
            and stage_map.stage_order < marked.place
    where marked.is_further

)

select * from visits
union all
select * from jumped_over
