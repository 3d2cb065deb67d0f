with opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

owners as (

    select
        opportunity_key,
        closed_by_rep_key
    from {{ ref('int_opportunities') }}

),

splits as (

    select * from {{ ref('int_deal_splits_resolved') }} where credit_type = 'revenue'

),

reps as (

    select * from {{ ref('int_reps_referenced') }}

),

rep_versions as (

    select * from {{ ref('int_users_versions') }} where not is_removed

),

-- a deal without splits is all its owner's
parts as (

    select
        opportunities.opportunity_key,
        opportunities.amount,
        coalesce(
            splits.split_key,
            {{ dbt.concat(['opportunities.opportunity_key', "':owner'"]) }}
        ) as credit_key,
        case
            when splits.split_key is null then owners.closed_by_rep_key else splits.rep_key
        end as rep_key,
        case when splits.split_key is null then 1 else cast(splits.share as double) end as weight
    from opportunities
    inner join owners
        on opportunities.opportunity_key = owners.opportunity_key
    left join splits
        on opportunities.opportunity_key = splits.opportunity_key
    where opportunities.is_counted_win

),

allocated as (

    {{ allocate_to_the_cent('parts', 'opportunity_key', 'credit_key', 'amount', 'weight') }}

)

select
    allocated.credit_key,
    allocated.opportunity_key,
    opportunities.source,
    allocated.rep_key,
    {{ rep_scopes('reps', 'rep_versions') }},
    allocated.weight as given_share,
    allocated.allocated_amount as amount,
    opportunities.revenue_class,
    opportunities.closed_on,
    opportunities.is_counted_win
from allocated
inner join opportunities
    on allocated.opportunity_key = opportunities.opportunity_key
left join reps
    on allocated.rep_key = reps.rep_key
left join rep_versions
    on
        allocated.rep_key = rep_versions.rep_key
        and rep_versions.valid_from_on <= opportunities.closed_on
        and opportunities.closed_on < rep_versions.valid_to_on
