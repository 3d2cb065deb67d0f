with versions as (

    select * from {{ ref('int_opportunities_versions') }}

),

states as (

    select * from {{ ref('int_opportunities_states') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

described as (

    select
        *,
        row_number() over (
            partition by opportunity_key order by version_number desc
        ) as versions_back
    from versions
    where _op = 'upsert'

),

latest as (

    select * from described where versions_back = 1

),

removals as (

    select
        opportunity_key,
        is_removed,
        is_merged
    from versions where is_current

),

-- the version in which the present outcome began: all versions from it on share the outcome
outcome_begins as (

    select
        described.opportunity_key,
        coalesce(
            max(
                case
                    when coalesce(described.outcome, '') <> coalesce(latest.outcome, '')
                        then described.version_number
                end
            ),
            0
        ) as version_before
    from described
    inner join latest
        on described.opportunity_key = latest.opportunity_key
    group by described.opportunity_key

),

seen as (

    select
        described.opportunity_key,
        min(
            case
                when described.version_number > outcome_begins.version_before
                    then described._as_of
            end
        ) as seen_closed_at,
        min(
            case
                when described.version_number = outcome_begins.version_before
                    then described._as_of
            end
        ) as seen_before_at
    from described
    inner join outcome_begins
        on described.opportunity_key = outcome_begins.opportunity_key
    group by described.opportunity_key

),

-- the state in which the present outcome began, likewise
state_begins as (

    select
        states.opportunity_key,
        coalesce(
            max(
                case
                    when coalesce(states.outcome, '') <> coalesce(latest.outcome, '')
                        then states.state_number
                end
            ),
            0
        ) as number_before
    from states
    inner join latest
        on states.opportunity_key = latest.opportunity_key
    group by states.opportunity_key

),

closings as (

    select
        states.opportunity_key,
        states.rep_key,
        states.account_key,
        states.basis,
        states.happened_by
    from states
    inner join state_begins
        on
            states.opportunity_key = state_begins.opportunity_key
            and states.state_number = state_begins.number_before + 1

),

histories as (

    select
        opportunity_key,
        min_by(rep_key, state_number) as created_by_rep_key,
        min_by(account_key, state_number) as created_for_account_key,
        min_by(source_amount, state_number) filter (where source_amount > 0) as first_amount,
        min_by(currency, state_number) filter (where source_amount > 0) as first_currency,
        max_by(source_amount, state_number) filter (
            where source_amount > 0
        ) as last_positive_amount,
        max_by(currency, state_number) filter (where source_amount > 0) as last_positive_currency,
        min_by(stage_order, state_number) filter (
            where outcome = 'open'
        ) as first_open_stage_order,
        max(stage_order) filter (where outcome = 'open') as last_open_stage_order
    from states
    group by opportunity_key

)

select
    latest.opportunity_key,
    removals.is_removed as is_deleted,
    removals.is_merged,
    closings.rep_key as closed_by_rep_key,
    closings.account_key as closed_for_account_key,
    histories.created_by_rep_key,
    histories.created_for_account_key,
    histories.first_amount,
    histories.first_currency,
    histories.last_positive_amount,
    histories.last_positive_currency,
    histories.first_open_stage_order,
    histories.last_open_stage_order,
    case
        when closings.basis = 'native'
            then {{ local_date('closings.happened_by', 'context.timezone') }}
    end as marked_on,
    {{ covered_date('seen.seen_closed_at', 'context.timezone') }} as seen_closed_on,
    {{ covered_date('seen.seen_before_at', 'context.timezone') }} as seen_before_on
from latest
cross join context
inner join removals
    on latest.opportunity_key = removals.opportunity_key
inner join seen
    on latest.opportunity_key = seen.opportunity_key
inner join histories
    on latest.opportunity_key = histories.opportunity_key
left join closings
    on latest.opportunity_key = closings.opportunity_key
