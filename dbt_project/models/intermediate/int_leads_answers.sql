with leads as (

    select * from {{ ref('int_leads') }} where created_at is not null

),

touches as (

    select * from {{ ref('int_touches') }}

),

opt_outs as (

    select
        person_key,
        min(opted_out_at) as opted_out_at
    from {{ ref('int_people') }}
    where opted_out_at is not null
    group by person_key

),

first_touches as (

    select
        leads.lead_key,
        min(touches.touched_at) as first_touch_at
    from leads
    inner join touches
        on
            leads.person_key = touches.person_key
            and leads.created_at <= touches.touched_at
    group by leads.lead_key

)

select
    leads.lead_key,
    first_touches.first_touch_at,
    opt_outs.opted_out_at
from leads
left join first_touches
    on leads.lead_key = first_touches.lead_key
left join opt_outs
    on leads.person_key = opt_outs.person_key
