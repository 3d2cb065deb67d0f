with quotas as (

    select * from {{ ref('int_quotas_resolved') }}

),

reps as (

    select * from {{ ref('int_reps_referenced') }}

),

places as (

    select * from {{ ref('int_team_shares') }}

),

-- a measure that is credited by shares has its quota shared alike; any other is the first team's
located as (

    select
        quotas.quota_key as given_key,
        quotas._source as source,
        quotas.measure,
        quotas.period_start,
        quotas.period_end,
        case
            when quotas.rep_key is not null then 'rep'
            when quotas.team is not null then 'team'
            else 'company'
        end as given_for,
        quotas.rep_key,
        case
            when places.is_removed then '(none)'
            else coalesce(reps.rep_label, '(none)')
        end as rep,
        -- a vacant territory keeps its quota with the team
        coalesce(places.team, quotas.team, '(none)') as team,
        coalesce(places.manager_name, '(none)') as manager,
        coalesce(places.region, '(none)') as region,
        quotas.source_amount,
        quotas.source_currency,
        quotas.is_converted,
        quotas.amount as whole_amount,
        case
            when quotas.measure in ({{ credited_measures() }}) then coalesce(places.share, 1)
            else 1
        end as team_share
    from quotas
    left join reps
        on quotas.rep_key = reps.rep_key
    left join places
        on
            quotas.rep_key = places.rep_key
            and places.valid_from_on <= quotas.period_start
            and quotas.period_start < places.valid_to_on
            and (places.is_primary or quotas.measure in ({{ credited_measures() }}))

),

shared as (

    {{ allocate_to_the_cent('located', 'given_key', 'team', 'whole_amount', 'team_share') }}

),

given as (

    select
        {{ dbt.hash(dbt.concat(['given_key', "':'", 'team'])) }} as quota_key,
        source,
        measure,
        period_start,
        period_end,
        given_for,
        rep_key,
        rep,
        team,
        manager,
        region,
        source_amount,
        source_currency,
        is_converted,
        allocated_amount as amount
    from shared

),

-- a team's own quota belongs to the region of its members, where they all share one
team_regions as (

    select
        given.quota_key,
        min(places.region) as region
    from given
    inner join places
        on
            given.team = places.team
            and places.valid_from_on <= given.period_start
            and given.period_start < places.valid_to_on
            and not places.is_removed
    where given.given_for = 'team' and places.region is not null
    group by given.quota_key
    having count(distinct places.region) = 1

),

placed as (

    select
        given.quota_key,
        given.source,
        given.measure,
        given.period_start,
        given.period_end,
        given.given_for,
        given.rep_key,
        given.rep,
        given.team,
        given.manager,
        case
            when given.given_for = 'team' then coalesce(team_regions.region, '(none)')
            else given.region
        end as region,
        given.source_amount,
        given.source_currency,
        given.is_converted,
        given.amount
    from given
    left join team_regions
        on given.quota_key = team_regions.quota_key

),

-- what a team's own quota is above (or below) the sum of its members' within its period
team_members as (

    select
        team_quotas.quota_key,
        sum(members.amount) as members_amount
    from placed as team_quotas
    inner join placed as members
        on
            members.given_for = 'rep'
            and team_quotas.measure = members.measure
            and team_quotas.team = members.team
            and team_quotas.period_start <= members.period_start
            and members.period_end <= team_quotas.period_end
    where team_quotas.given_for = 'team'
    group by team_quotas.quota_key

),

balanced_teams as (

    select
        placed.*,
        case
            when placed.given_for = 'rep' then placed.amount
            else placed.amount - coalesce(team_members.members_amount, 0)
        end as balance_amount
    from placed
    left join team_members
        on placed.quota_key = team_members.quota_key
    where placed.given_for in ('rep', 'team')

),

company_members as (

    select
        company_quotas.quota_key,
        sum(members.balance_amount) as members_amount
    from placed as company_quotas
    inner join balanced_teams as members
        on
            company_quotas.measure = members.measure
            and company_quotas.period_start <= members.period_start
            and members.period_end <= company_quotas.period_end
    where company_quotas.given_for = 'company'
    group by company_quotas.quota_key

),

balanced as (

    select * from balanced_teams
    union all
    select
        placed.*,
        placed.amount - coalesce(company_members.members_amount, 0) as balance_amount
    from placed
    left join company_members
        on placed.quota_key = company_members.quota_key
    where placed.given_for = 'company'

)

select
    quota_key,
    source,
    measure,
    period_start,
    period_end,
    given_for,
    rep_key,
    rep,
    team,
    manager,
    region,
    source_amount,
    source_currency,
    is_converted,
    amount as given_amount,
    cast(balance_amount as decimal(18, 2)) as amount
from balanced
