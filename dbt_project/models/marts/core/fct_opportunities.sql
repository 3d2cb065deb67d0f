with opportunities as (

    select * from {{ ref('int_opportunities') }}

),

classified as (

    select * from {{ ref('int_opportunities_classified') }}

),

attributes as (

    select * from {{ ref('int_opportunities_attributes') }}

),

stage_probabilities as (

    select * from {{ ref('int_stage_probabilities') }} where is_as_of

),

products as (

    select * from {{ ref('int_products_referenced') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

valued as (

    select
        opportunities.*,
        classified.revenue_class,
        coalesce(classified.is_first_win_of_customer, false) as is_first_win_of_customer,
        coalesce(classified.is_class_provisional, false) as is_class_provisional,
        products.product_label,
        products.product_family,
        context.win_window_days,
        {{ shrunk_probability('stage_probabilities', 'opportunities.given_probability') }}
            as probability,
        {{ dbt.datediff('opportunities.created_on', 'opportunities.closed_on', 'day') }}
            as cycle_days
    from opportunities
    cross join context
    left join classified
        on opportunities.opportunity_key = classified.opportunity_key
    left join stage_probabilities
        on
            opportunities._source = stage_probabilities.source
            and opportunities.stage = stage_probabilities.stage
    left join products
        on opportunities.product_key = products.product_key

),

flagged as (

    select
        *,
        is_won and not is_left_out and closed_on is not null as is_counted_win,
        is_lost and not is_left_out and closed_on is not null as is_counted_loss,
        is_open and not is_left_out as is_open_pipeline,
        outcome is not null and not is_left_out and not is_renewal as is_counted_creation
    from valued

)

select
    flagged.opportunity_key,
    flagged._source as source,
    flagged.opportunity_id,
    flagged.opportunity_name,
    flagged.account_key,
    flagged.rep_key,
    flagged.product_key,
    coalesce(flagged.product_label, '(none)') as product,
    coalesce(flagged.product_family, '(none)') as product_family,
    coalesce(flagged.stage, '(none)') as stage,
    coalesce(flagged.outcome, 'unmapped') as outcome,
    coalesce(flagged.pipeline, '(none)') as pipeline,
    coalesce(flagged.deal_type, '(none)') as deal_type,
    coalesce(flagged.lead_source, '(none)') as lead_source,
    coalesce(flagged.lost_reason, '(none)') as lost_reason,
    flagged.exclusion,
    flagged.created_on,
    flagged.created_at,
    flagged.closed_on,
    flagged.closed_on_source,
    flagged.entered_closed_on,
    flagged.expected_close_on,
    case when flagged.is_open_pipeline then flagged.as_of_on end as snapshot_on,
    flagged.source_amount,
    flagged.source_currency,
    flagged.exchange_rate,
    flagged.is_converted,
    flagged.is_creation_converted,
    flagged.amount,
    flagged.plan_amount,
    flagged.amount_source,
    flagged.created_amount,
    flagged.decided_amount,
    {{ weighted('flagged.amount', 'flagged.probability') }} as weighted_amount,
    case when flagged.is_open_pipeline then cast(flagged.probability as double) end as probability,
    case when flagged.is_counted_win then flagged.revenue_class end as revenue_class,
    flagged.is_deleted,
    flagged.is_merged,
    flagged.is_renewal,
    flagged.is_open_pipeline,
    flagged.is_counted_creation,
    flagged.is_counted_win,
    flagged.is_counted_loss,
    coalesce(flagged.is_counted_win and flagged.amount > 0, false) as is_priced_win,
    flagged.is_accepted
    and not flagged.is_renewal
    and (flagged.is_counted_win or flagged.is_counted_loss) as is_win_rate_eligible,
    flagged.is_counted_creation and flagged.is_accepted as is_cohort_eligible,
    coalesce(flagged.is_counted_win and flagged.cycle_days <= flagged.win_window_days, false)
        as is_won_within_window,
    coalesce(
        flagged.is_counted_win and not flagged.is_renewal and flagged.cycle_days >= 0,
        false
    ) as is_cycle_counted,
    flagged.is_counted_win and flagged.is_first_win_of_customer as is_first_win_of_customer,
    flagged.is_counted_win and flagged.is_class_provisional as is_class_provisional,
    cast(case when flagged.cycle_days >= 0 then flagged.cycle_days end as integer)
        as sales_cycle_days,
    coalesce(at_close.rep, '(none)') as rep_at_close,
    coalesce(at_close.team, '(none)') as team_at_close,
    coalesce(at_close.manager, '(none)') as manager_at_close,
    coalesce(at_close.region, '(none)') as region_at_close,
    coalesce(at_close.role, '(none)') as role_at_close,
    coalesce(at_close.segment, '(none)') as segment_at_close,
    coalesce(at_close.industry, '(none)') as industry_at_close,
    coalesce(at_close.country, '(none)') as country_at_close,
    coalesce(at_creation.rep, '(none)') as rep_at_creation,
    coalesce(at_creation.team, '(none)') as team_at_creation,
    coalesce(at_creation.manager, '(none)') as manager_at_creation,
    coalesce(at_creation.region, '(none)') as region_at_creation,
    coalesce(at_creation.role, '(none)') as role_at_creation,
    coalesce(at_creation.segment, '(none)') as segment_at_creation,
    coalesce(at_creation.industry, '(none)') as industry_at_creation,
    coalesce(at_creation.country, '(none)') as country_at_creation,
    coalesce(at_snapshot.rep, '(none)') as rep_at_snapshot,
    coalesce(at_snapshot.team, '(none)') as team_at_snapshot,
    coalesce(at_snapshot.manager, '(none)') as manager_at_snapshot,
    coalesce(at_snapshot.region, '(none)') as region_at_snapshot,
    coalesce(at_snapshot.role, '(none)') as role_at_snapshot,
    coalesce(at_snapshot.segment, '(none)') as segment_at_snapshot,
    coalesce(at_snapshot.industry, '(none)') as industry_at_snapshot,
    coalesce(at_snapshot.country, '(none)') as country_at_snapshot
from flagged
left join attributes as at_close
    on flagged.opportunity_key = at_close.opportunity_key and at_close.basis = 'close'
left join attributes as at_creation
    on flagged.opportunity_key = at_creation.opportunity_key and at_creation.basis = 'creation'
left join attributes as at_snapshot
    on flagged.opportunity_key = at_snapshot.opportunity_key and at_snapshot.basis = 'snapshot'
