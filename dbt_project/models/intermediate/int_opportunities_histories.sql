with changes as (

    select * from {{ ref('int_stage_changes') }} where basis = 'native'

),

latest as (

    select
        opportunity_key,
        max_by(outcome, change_number) as outcome
    from changes
    group by opportunity_key

),

-- the change with which the present outcome began: all changes from it on share the outcome
outcome_begins as (

    select
        changes.opportunity_key,
        max(
            case
                when coalesce(changes.outcome, '') <> coalesce(latest.outcome, '')
                    then changes.change_number
                else 0
            end
        ) as number_before
    from changes
    inner join latest
        on changes.opportunity_key = latest.opportunity_key
    group by changes.opportunity_key

)

select
    changes.opportunity_key,
    min(latest.outcome) as outcome,
    min(changes.changed_at) filter (
        where changes.change_number > outcome_begins.number_before
    ) as outcome_began_at,
    min_by(changes.amount, changes.change_number) filter (
        where changes.amount > 0
    ) as first_amount,
    max_by(changes.amount, changes.change_number) filter (
        where changes.amount > 0
    ) as last_positive_amount,
    min_by(changes.stage_order, changes.change_number) filter (
        where changes.outcome = 'open'
    ) as first_open_stage_order,
    max(changes.stage_order) filter (where changes.outcome = 'open') as last_open_stage_order
from changes
inner join latest
    on changes.opportunity_key = latest.opportunity_key
inner join outcome_begins
    on changes.opportunity_key = outcome_begins.opportunity_key
group by changes.opportunity_key
