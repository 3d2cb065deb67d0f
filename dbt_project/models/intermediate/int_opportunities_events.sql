with versions as (

    select * from {{ ref('int_opportunities_versions') }}

),

histories as (

    select * from {{ ref('int_opportunities_histories') }}

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
        is_removed
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

closings as (

    select
        described.opportunity_key,
        described.rep_key,
        described.account_key,
        described._as_of as seen_closed_at,
        row_number() over (
            partition by described.opportunity_key order by described.version_number
        ) as place
    from described
    inner join outcome_begins
        on
            described.opportunity_key = outcome_begins.opportunity_key
            and described.version_number > outcome_begins.version_before

),

before_closing as (

    select
        described.opportunity_key,
        described._as_of as seen_before_at
    from described
    inner join outcome_begins
        on
            described.opportunity_key = outcome_begins.opportunity_key
            and described.version_number = outcome_begins.version_before

),

first_seen as (

    select
        opportunity_key,
        min_by(rep_key, version_number) as created_by_rep_key,
        min_by(account_key, version_number) as created_for_account_key,
        min_by(amount, version_number) filter (where amount > 0) as first_amount,
        max_by(amount, version_number) filter (where amount > 0) as last_positive_amount,
        min(stage_order) filter (where outcome = 'open') as first_open_stage_order,
        max(stage_order) filter (where outcome = 'open') as last_open_stage_order
    from described
    group by opportunity_key

)

select
    latest.opportunity_key,
    removals.is_removed as is_deleted,
    closings.rep_key as closed_by_rep_key,
    closings.account_key as closed_for_account_key,
    first_seen.created_by_rep_key,
    first_seen.created_for_account_key,
    -- the tool's own history knows what happened before the first export, and between two
    coalesce(histories.first_amount, first_seen.first_amount) as first_amount,
    coalesce(histories.last_positive_amount, first_seen.last_positive_amount)
        as last_positive_amount,
    coalesce(histories.first_open_stage_order, first_seen.first_open_stage_order)
        as first_open_stage_order,
    coalesce(histories.last_open_stage_order, first_seen.last_open_stage_order)
        as last_open_stage_order,
    case
        when histories.outcome = latest.outcome
            then {{ local_date('histories.outcome_began_at', 'context.timezone') }}
    end as marked_on,
    {{ covered_date('closings.seen_closed_at', 'context.timezone') }} as seen_closed_on,
    {{ covered_date('before_closing.seen_before_at', 'context.timezone') }} as seen_before_on
from latest
cross join context
inner join removals
    on latest.opportunity_key = removals.opportunity_key
inner join first_seen
    on latest.opportunity_key = first_seen.opportunity_key
inner join closings
    on latest.opportunity_key = closings.opportunity_key and closings.place = 1
left join histories
    on latest.opportunity_key = histories.opportunity_key
left join before_closing
    on latest.opportunity_key = before_closing.opportunity_key
