with org_changes as (

    select * from {{ ref('int_org_changes_resolved') }}
    where rep_key is not null and effective_on is not null

),

teams as (

    select
        rep_key,
        effective_on,
        team,
        min(_source) as _source,
        max(manager_name) as manager_name,
        max(region) as region,
        max(role) as role,
        sum(case when share < 0 then 0 else cast(share as double) end) as given_share
    from org_changes
    group by rep_key, effective_on, team

),

-- the day before this one on which the file places the person
placements as (

    select
        rep_key,
        effective_on,
        lag(effective_on) over (partition by rep_key order by effective_on) as previous_on,
        lead(effective_on) over (partition by rep_key order by effective_on) as next_on
    from (
        select distinct
            teams.rep_key,
            teams.effective_on
        from teams
    ) as days

),

-- since when the person has been in the team without a break
followed as (

    select
        teams.*,
        placements.previous_on,
        placements.next_on,
        max(case when earlier.rep_key is null then teams.effective_on end) over (
            partition by teams.rep_key, teams.team order by teams.effective_on
        ) as team_since_on
    from teams
    inner join placements
        on
            teams.rep_key = placements.rep_key
            and teams.effective_on = placements.effective_on
    left join teams as earlier
        on
            placements.rep_key = earlier.rep_key
            and placements.previous_on = earlier.effective_on
            and coalesce(teams.team, '') = coalesce(earlier.team, '')

),

weighed as (

    select
        *,
        count(*) over (partition by rep_key, effective_on) as team_count,
        count(given_share) over (partition by rep_key, effective_on) as share_count,
        sum(coalesce(given_share, 1)) over (partition by rep_key, effective_on) as shares_total,
        row_number() over (
            partition by rep_key, effective_on
            order by coalesce(given_share, 1) desc, team_since_on desc, team asc nulls last
        ) as place
    from followed

),

-- several teams without shares: the one that began last has the person whole
shared as (

    select
        *,
        case
            when share_count > 0 and shares_total > 0
                then coalesce(given_share, 1) / shares_total
            when place = 1 then 1
            else 0
        end as share
    from weighed

)

select
    rep_key,
    _source,
    case
        when previous_on is null then cast('1900-01-01' as date)
        else effective_on
    end as valid_from_on,
    coalesce(next_on, cast('9999-12-31' as date)) as valid_to_on,
    effective_on as known_from_on,
    team,
    manager_name,
    region,
    role,
    share,
    team_count,
    place = 1 as is_primary,
    share_count > 0 and abs(shares_total - 1) > 0.001 as is_share_scaled,
    share_count = 0 and team_count > 1 as is_share_missing
from shared
where share > 0
