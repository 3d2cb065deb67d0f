with leads as (

    select * from {{ ref('int_leads') }}

),

links as (

    select * from {{ ref('int_leads_opportunities') }}

),

answers as (

    select * from {{ ref('int_leads_answers') }}

),

business_time as (

    select * from {{ ref('int_leads_business_time') }}

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

joined as (

    select
        leads.*,
        links.opportunity_key,
        links.opportunity_link,
        links.opportunity_on,
        answers.first_touch_at,
        case
            when leads.exclusion is not null then 'excluded'
            when leads.lead_kind = 'duplicate' then 'duplicate'
            when leads.status_meaning = 'spam' then 'spam'
            when leads.lead_source_meaning in ('outbound', 'bought', 'other') then 'not inbound'
            when leads.is_bulk_import then 'bulk import'
            when leads.created_at is null then 'no moment of creation'
            when
                answers.opted_out_at <= coalesce(answers.first_touch_at, context.as_of)
                then 'opted out'
        end as response_exclusion,
        context.as_of,
        context.as_of_on,
        context.lead_window_days,
        context.unanswered_days,
        context.response_target_minutes,
        business_time.calendar as business_calendar,
        business_time.timezone as business_timezone,
        business_time.response_business_minutes,
        business_time.elapsed_business_minutes,
        {{ dbt.datediff('leads.created_on', 'links.opportunity_on', 'day') }}
            as opportunity_days,
        {{ seconds_between('leads.created_at', 'answers.first_touch_at') }} / 60.0
            as response_minutes,
        {{ seconds_between('leads.created_at', 'context.as_of') }} / 86400.0 as age_days
    from leads
    cross join context
    left join links
        on leads.lead_key = links.lead_key
    left join answers
        on leads.lead_key = answers.lead_key
    left join business_time
        on leads.lead_key = business_time.lead_key

)

select
    joined.lead_key,
    joined._source as source,
    joined.lead_id,
    joined.person_key,
    joined.rep_key,
    joined.account_key,
    joined.opportunity_key,
    coalesce(joined.status, '(none)') as status,
    joined.status_meaning,
    coalesce(joined.lead_source, '(none)') as lead_source,
    joined.lead_source_meaning,
    joined.lead_kind,
    joined.opportunity_link,
    joined.response_exclusion,
    joined.exclusion,
    coalesce(joined.industry, '(none)') as industry,
    coalesce(joined.country, '(none)') as country,
    {{ rep_scopes('reps', 'rep_versions') }},
    {{ rep_scopes('reps', 'versions_at_qualification', '_at_qualification') }},
    joined.business_calendar,
    joined.business_timezone,
    cast(joined.response_minutes as double) as response_minutes,
    cast(joined.response_business_minutes as double) as response_business_minutes,
    joined.is_merged,
    joined.lead_kind = 'new' and joined.exclusion is null as is_new_lead,
    joined.lead_kind = 're_inquiry' and joined.exclusion is null as is_re_inquiry,
    joined.lead_kind <> 'duplicate'
    and joined.exclusion is null
    and joined.qualified_on is not null as is_qualified_lead,
    coalesce(
        joined.lead_kind = 'new'
        and joined.exclusion is null
        and joined.opportunity_days <= joined.lead_window_days,
        false
    ) as is_opportunity_within_window,
    joined.response_exclusion is null as is_response_counted,
    coalesce(
        joined.response_exclusion is null
        and joined.elapsed_business_minutes >= joined.response_target_minutes,
        false
    ) as is_response_due,
    coalesce(
        joined.response_exclusion is null
        and joined.elapsed_business_minutes >= joined.response_target_minutes
        and joined.response_business_minutes <= joined.response_target_minutes,
        false
    ) as is_response_within_target,
    coalesce(
        joined.response_exclusion is null
        and joined.age_days >= joined.unanswered_days
        and (
            joined.response_minutes is null
            or joined.response_minutes > joined.unanswered_days * 1440
        ),
        false
    ) as is_unanswered,
    joined.created_on,
    joined.qualified_on,
    joined.converted_on,
    joined.opportunity_on,
    joined.created_at,
    joined.first_touch_at
from joined
left join reps
    on joined.rep_key = reps.rep_key
left join rep_versions
    on
        joined.rep_key = rep_versions.rep_key
        and rep_versions.valid_from_on <= joined.created_on
        and joined.created_on < rep_versions.valid_to_on
left join rep_versions as versions_at_qualification
    on
        joined.rep_key = versions_at_qualification.rep_key
        and versions_at_qualification.valid_from_on <= joined.qualified_on
        and joined.qualified_on < versions_at_qualification.valid_to_on
