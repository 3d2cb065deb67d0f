with opportunities as (

    select * from {{ ref('fct_opportunities') }} where is_counted_win

),

owners as (

    select
        opportunity_key,
        closed_by_rep_key
    from {{ ref('int_opportunities') }}

),

splits as (

    select
        *,
        sum(share) over (partition by opportunity_key, credit_type) as shares_total
    from {{ ref('int_deal_splits_resolved') }}

),

reps as (

    select * from {{ ref('int_reps_referenced') }}

),

places as (

    select * from {{ ref('int_team_shares') }} where not is_removed

),

-- a deal without splits is all its owner's
parts as (

    select
        opportunities.opportunity_key,
        opportunities.amount,
        opportunities.plan_amount,
        coalesce(
            splits.split_key,
            {{ dbt.concat(['opportunities.opportunity_key', "':owner'"]) }}
        ) as credit_key,
        case
            when splits.split_key is null then owners.closed_by_rep_key else splits.rep_key
        end as rep_key,
        case when splits.split_key is null then 1 else cast(splits.share as double) end as weight,
        coalesce(abs(splits.shares_total - 1) > 0.001, false) as is_share_scaled
    from opportunities
    inner join owners
        on opportunities.opportunity_key = owners.opportunity_key
    left join splits
        on
            opportunities.opportunity_key = splits.opportunity_key
            and splits.credit_type = 'revenue'

),

allocated as (

    {{ allocate_to_the_cent('parts', 'opportunity_key', 'credit_key', 'amount', 'weight') }}

),

-- overlay credit is beside the deal, and no part of it
credited as (

    select
        opportunity_key,
        credit_key,
        rep_key,
        'revenue' as credit_type,
        weight as given_share,
        coalesce(
            weight / nullif(sum(weight) over (partition by opportunity_key), 0),
            1.0 / count(*) over (partition by opportunity_key)
        ) as person_share,
        allocated_amount as person_amount,
        is_share_scaled
    from allocated
    union all
    select
        splits.opportunity_key,
        splits.split_key as credit_key,
        splits.rep_key,
        splits.credit_type,
        cast(splits.share as double) as given_share,
        cast(splits.share as double) as person_share,
        cast(round(opportunities.amount * splits.share, 2) as decimal(18, 2)) as person_amount,
        false as is_share_scaled
    from splits
    inner join opportunities
        on splits.opportunity_key = opportunities.opportunity_key
    where splits.credit_type = 'overlay'

),

-- a person of several teams brings to each its share
placed as (

    select
        credited.opportunity_key,
        credited.credit_key as person_credit_key,
        credited.rep_key as credited_rep_key,
        credited.credit_type,
        credited.given_share,
        credited.person_share,
        credited.person_amount,
        credited.is_share_scaled or coalesce(places.is_share_scaled, false) as is_share_scaled,
        places.rep_key,
        places.team,
        places.manager_name,
        places.region,
        places.role,
        coalesce(places.is_primary, true) as is_primary,
        coalesce(places.team, '') as team_order,
        coalesce(places.share, 1) as team_share
    from credited
    inner join opportunities
        on credited.opportunity_key = opportunities.opportunity_key
    left join places
        on
            credited.rep_key = places.rep_key
            and places.valid_from_on <= opportunities.closed_on
            and opportunities.closed_on < places.valid_to_on

),

shared as (

    {{ allocate_to_the_cent(
        'placed', 'person_credit_key', 'team_order', 'person_amount', 'team_share'
    ) }}

),

keyed as (

    select
        shared.*,
        case
            when shared.is_primary then shared.person_credit_key
            else {{ dbt.concat([
                'shared.person_credit_key', "':'", "coalesce(shared.team, '(none)')",
            ]) }}
        end as credit_key,
        cast(round(shared.person_share * shared.team_share, 9) as decimal(18, 9)) as rounded_share
    from shared

),

-- the parts of a deal are 1 in all: what rounding leaves goes to the first
whole as (

    select
        keyed.*,
        sum(keyed.rounded_share) over (
            partition by keyed.opportunity_key, keyed.credit_type
        ) as rounded_total,
        row_number() over (
            partition by keyed.opportunity_key, keyed.credit_type
            order by keyed.rounded_share desc, keyed.credit_key asc
        ) as share_place
    from keyed

),

valued as (

    select
        whole.credit_key,
        whole.opportunity_key,
        opportunities.source,
        whole.credited_rep_key as rep_key,
        {{ rep_scopes('reps', 'whole') }},
        whole.credit_type,
        whole.given_share,
        whole.team_share,
        cast(
            case
                when whole.credit_type = 'revenue' and whole.share_place = 1
                    then whole.rounded_share + 1 - whole.rounded_total
                else whole.rounded_share
            end as decimal(18, 9)
        ) as share,
        whole.allocated_amount as amount,
        opportunities.amount as deal_amount,
        opportunities.plan_amount as deal_plan_amount,
        opportunities.revenue_class,
        opportunities.closed_on,
        whole.is_share_scaled,
        whole.credit_type = 'overlay' as is_overlay,
        opportunities.is_counted_win,
        opportunities.is_counted_win and whole.credit_type = 'revenue' as is_credited_win
    from whole
    inner join opportunities
        on whole.opportunity_key = opportunities.opportunity_key
    left join reps
        on whole.credited_rep_key = reps.rep_key

),

planned as (

    select
        credit_key,
        opportunity_key,
        deal_plan_amount,
        cast(share as double) as weight
    from valued
    where not is_overlay and coalesce(deal_plan_amount, 0) <> coalesce(deal_amount, 0)

),

allocated_at_plan as (

    {{ allocate_to_the_cent(
        'planned', 'opportunity_key', 'credit_key', 'deal_plan_amount', 'weight'
    ) }}

)

select
    valued.credit_key,
    valued.opportunity_key,
    valued.source,
    valued.rep_key,
    valued.rep,
    valued.team,
    valued.manager,
    valued.region,
    valued.role,
    valued.credit_type,
    valued.given_share,
    valued.team_share,
    valued.share,
    valued.amount,
    coalesce(allocated_at_plan.allocated_amount, valued.amount) as plan_amount,
    valued.revenue_class,
    valued.closed_on,
    valued.is_share_scaled,
    valued.is_overlay,
    valued.is_counted_win,
    valued.is_credited_win
from valued
left join allocated_at_plan
    on valued.credit_key = allocated_at_plan.credit_key
