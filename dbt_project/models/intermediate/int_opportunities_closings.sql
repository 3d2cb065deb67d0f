with states as (

    select * from {{ ref('int_opportunities_states') }}

),

opportunities as (

    select * from {{ ref('int_opportunities') }}

),

described as (

    select
        opportunity_key,
        _source,
        state_number,
        valid_from_on,
        case when is_removed then 'removed' else coalesce(outcome, 'unmapped') end as situation,
        max(case when outcome = 'open' and not is_removed then stage_order end) over (
            partition by opportunity_key
            order by state_number
            rows between unbounded preceding and current row
        ) as furthest_open_stage_order
    from states

),

first_open as (

    select
        opportunity_key,
        min_by(stage_order, state_number) as first_open_stage_order
    from states
    where outcome = 'open' and not is_removed
    group by opportunity_key

),

compared as (

    select
        *,
        lag(situation) over (
            partition by opportunity_key order by state_number
        ) as situation_before
    from described

),

-- a spell begins with a state that differs from the one before, and ends where the next begins
spells as (

    select
        *,
        lead(valid_from_on) over (partition by opportunity_key order by state_number) as ended_on
    from compared
    where situation_before is null or situation <> situation_before

)

select
    spells.opportunity_key,
    spells._source,
    spells.state_number,
    spells.situation as outcome,
    case
        when spells.furthest_open_stage_order is not null then first_open.first_open_stage_order
    end as first_open_stage_order,
    spells.furthest_open_stage_order,
    -- of the present spell the day is known; an earlier one began when its state did
    case when spells.ended_on is null then opportunities.closed_on else spells.valid_from_on end
        as closed_on,
    coalesce(spells.ended_on, cast('9999-12-31' as date)) as ended_on
from spells
inner join opportunities
    on spells.opportunity_key = opportunities.opportunity_key
left join first_open
    on spells.opportunity_key = first_open.opportunity_key
where
    spells.situation in ('won', 'lost')
    and opportunities.exclusion is null
    and (spells.ended_on is not null or opportunities.closed_on is not null)
