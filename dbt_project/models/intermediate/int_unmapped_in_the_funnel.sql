with leads as (

    select * from {{ ref('fct_leads') }}

),

activities as (

    select * from {{ ref('fct_activities') }}

),

lead_statuses as (

    select
        source,
        'leads' as object,
        'status' as column_name,
        status as found_value,
        'without a meaning in the config: taken for neither qualified nor spam' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from leads
    where status_meaning is null and status <> '(none)'
    group by source, status

),

lead_sources as (

    select
        source,
        'leads' as object,
        'lead_source' as column_name,
        lead_source as found_value,
        'without a meaning in the config: taken to ask for an answer' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from leads
    where lead_source_meaning is null and lead_source <> '(none)'
    group by source, lead_source

),

dispositions as (

    select
        source,
        'activities' as object,
        'disposition' as column_name,
        disposition as found_value,
        'without a meaning: the dial is not in the connect rate' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from activities
    where is_call_made and not is_dial_with_disposition and disposition <> '(none)'
    group by source, disposition

),

meeting_outcomes as (

    select
        source,
        'activities' as object,
        'meeting_outcome' as column_name,
        meeting_outcome as found_value,
        'without a meaning: the meeting counts neither as held nor as missed' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from activities
    where
        kind = 'meeting'
        and exclusion is null
        and not is_duplicate
        and meeting_outcome_meaning is null
        and meeting_outcome <> '(none)'
    group by source, meeting_outcome

)

select * from lead_statuses
union all
select * from lead_sources
union all
select * from dispositions
union all
select * from meeting_outcomes
