-- each waterfall balances to the cent, its end is the next one's start and the open pipeline of
-- that day, and members differ from the company by transfers alone
with waterfall as (

    select
        *,
        start_amount
        + created_amount
        + reopened_amount
        + included_amount
        + increased_amount
        + currency_amount
        - decreased_amount
        - won_amount
        - lost_amount
        - deleted_amount
        - merged_amount
        - excluded_amount as unmoved_amount,
        pulled_in_amount + transferred_in_amount - pushed_out_amount - transferred_out_amount
            as moved_amount
    from {{ ref('kpi_pipeline_waterfall') }}

),

snapshots as (

    select
        snapshot_on,
        sum(coalesce(amount, 0)) as amount
    from {{ ref('fct_pipeline_snapshots') }}
    group by snapshot_on

),

company as (

    select * from waterfall where scope = 'company'

),

members as (

    select
        grain,
        period_start,
        target,
        scope,
        sum(start_amount) as start_amount,
        sum(unmoved_amount) as unmoved_amount,
        sum(moved_amount) as moved_amount,
        sum(won_amount) as won_amount,
        sum(lost_amount) as lost_amount,
        sum(created_amount) as created_amount,
        sum(end_amount) as end_amount
    from waterfall
    where scope <> 'company'
    group by grain, period_start, target, scope

),

broken as (

    select
        'a row does not balance' as fault,
        grain,
        period_start,
        target,
        scope,
        member
    from waterfall
    where unmoved_amount + moved_amount <> end_amount
    union all
    select
        'the members do not add up' as fault,
        members.grain,
        members.period_start,
        members.target,
        members.scope,
        '(all)' as member
    from members
    inner join company
        on
            members.grain = company.grain
            and members.period_start = company.period_start
            and members.target = company.target
    where
        members.start_amount <> company.start_amount
        or members.unmoved_amount <> company.unmoved_amount
        or members.moved_amount <> company.moved_amount
        or members.won_amount <> company.won_amount
        or members.lost_amount <> company.lost_amount
        or members.created_amount <> company.created_amount
        or members.end_amount <> company.end_amount
    union all
    select
        'an end is not the next start' as fault,
        waterfall.grain,
        waterfall.period_start,
        waterfall.target,
        waterfall.scope,
        waterfall.member
    from waterfall
    inner join waterfall as next_one
        on
            waterfall.grain = next_one.grain
            and waterfall.period_end = next_one.period_start
            and waterfall.target = next_one.target
            and waterfall.scope = next_one.scope
            and waterfall.member = next_one.member
    where waterfall.target = 'all' and waterfall.end_amount <> next_one.start_amount
    union all
    select
        'the end is not the open pipeline' as fault,
        company.grain,
        company.period_start,
        company.target,
        company.scope,
        company.member
    from company
    left join snapshots
        on company.to_on = snapshots.snapshot_on
    where company.target = 'all' and company.end_amount <> coalesce(snapshots.amount, 0)

)

select * from broken
