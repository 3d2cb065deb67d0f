with leads as (

    select * from {{ ref('int_leads') }}

),

opportunities as (

    select * from {{ ref('int_opportunities') }} where not is_left_out and created_on is not null

),

person_keys as (

    select * from {{ ref('int_person_keys') }} where reference_kind = 'id'

),

with_people as (

    select
        opportunities.opportunity_key,
        opportunities.created_on,
        person_keys.person_key
    from opportunities
    inner join person_keys
        on
            opportunities._source = person_keys._source
            and opportunities.contact_id = person_keys.reference

),

-- the opportunity that the lead was converted to, or one with the same person that came later
linked as (

    select
        leads.lead_key,
        opportunities.opportunity_key,
        'converted' as opportunity_link,
        1 as link_order,
        greatest(opportunities.created_on, leads.created_on) as opportunity_on
    from leads
    inner join opportunities
        on
            leads._source = opportunities._source
            and leads.converted_opportunity_id = opportunities.opportunity_id
    union all
    select
        leads.lead_key,
        with_people.opportunity_key,
        'person' as opportunity_link,
        2 as link_order,
        with_people.created_on as opportunity_on
    from leads
    inner join with_people
        on
            leads.person_key = with_people.person_key
            and leads.created_on <= with_people.created_on
    where leads.converted_opportunity_id is null

),

placed as (

    select
        *,
        row_number() over (
            partition by lead_key order by opportunity_on, link_order, opportunity_key
        ) as place
    from linked

)

select
    lead_key,
    opportunity_key,
    opportunity_link,
    opportunity_on
from placed
where place = 1
