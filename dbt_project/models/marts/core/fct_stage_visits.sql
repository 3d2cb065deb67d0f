with visits as (

    select * from {{ ref('int_stage_visits') }}

),

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

account_versions as (

    select * from {{ ref('int_accounts_versions') }} where not is_removed

),

reps as (

    select * from {{ ref('int_reps_referenced') }}

),

rep_versions as (

    select * from {{ ref('int_users_versions') }} where not is_removed

),

context as (

    select * from {{ source('run', 'context') }}

),

dated as (

    select
        visits.*,
        opportunities.is_deleted or opportunities.exclusion is not null as is_left_out,
        opportunities.is_counted_loss,
        opportunities.closed_on,
        opportunities.pipeline,
        opportunities.deal_type,
        opportunities.lead_source,
        context.stage_window_days,
        context.as_of_on,
        {{ local_date('visits.entered_at', 'context.timezone') }} as entered_on,
        {{ local_date('visits.left_at', 'context.timezone') }} as left_on,
        {{ local_date('visits.passed_at', 'context.timezone') }} as passed_on
    from visits
    cross join context
    inner join opportunities
        on visits.opportunity_key = opportunities.opportunity_key

),

counted as (

    select
        *,
        coalesce(
            is_first_entry and not is_left_out and entered_on is not null,
            false
        ) as is_counted_entry,
        exit = 'open' and not is_left_out as is_open_visit,
        {{ dbt.datediff('entered_on', 'passed_on', 'day') }} as passed_days,
        {{ dbt.datediff('entered_on', 'closed_on', 'day') }} as closed_days
    from dated

)

select
    {{ dbt.concat([
        'counted.opportunity_key', "':'",
        'cast(counted.change_number as varchar)', "':'", 'counted.stage',
    ]) }} as visit_key,
    counted.opportunity_key,
    counted._source as source,
    counted.pipeline,
    counted.stage,
    counted.stage_class,
    counted.exit,
    counted.basis,
    counted.deal_type,
    counted.lead_source,
    {{ rep_scopes('reps', 'rep_versions') }},
    coalesce(account_versions.segment, '(none)') as segment,
    coalesce(account_versions.industry, '(none)') as industry,
    coalesce(account_versions.country, '(none)') as country,
    cast(counted.stage_order as integer) as stage_order,
    cast(counted.change_number as integer) as change_number,
    cast(
        case
            when not counted.is_jumped_over
                then {{ dbt.datediff('counted.entered_on', 'counted.left_on', 'day') }}
        end as integer
    ) as visit_days,
    cast(
        case
            when counted.is_open_visit
                then {{ dbt.datediff('counted.entered_on', 'counted.as_of_on', 'day') }}
            when not counted.is_jumped_over
                then {{ dbt.datediff('counted.entered_on', 'counted.left_on', 'day') }}
        end as integer
    ) as duration_days,
    counted.is_first_entry,
    counted.is_jumped_over,
    counted.is_counted_entry,
    counted.is_open_visit,
    coalesce(
        counted.is_counted_entry and counted.passed_days <= counted.stage_window_days,
        false
    ) as is_passed_within_window,
    coalesce(
        counted.is_counted_entry
        and counted.is_counted_loss
        and counted.closed_days <= counted.stage_window_days
        and (counted.passed_days is null or counted.passed_days > counted.stage_window_days),
        false
    ) as is_lost_within_window,
    counted.entered_on,
    counted.left_on,
    counted.passed_on,
    counted.entered_after as entered_after_at,
    counted.entered_by as entered_by_at,
    counted.entered_at,
    counted.left_at,
    counted.passed_at
from counted
left join reps
    on counted.rep_key = reps.rep_key
left join rep_versions
    on
        counted.rep_key = rep_versions.rep_key
        and rep_versions.valid_from_on <= counted.entered_on
        and counted.entered_on < rep_versions.valid_to_on
left join account_versions
    on
        counted.account_key = account_versions.account_key
        and account_versions.valid_from_on <= counted.entered_on
        and counted.entered_on < account_versions.valid_to_on
