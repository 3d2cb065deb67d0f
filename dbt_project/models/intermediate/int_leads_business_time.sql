with leads as (

    select * from {{ ref('int_leads') }} where created_at is not null

),

answers as (

    select * from {{ ref('int_leads_answers') }}

),

rep_versions as (

    select * from {{ ref('int_users_versions') }} where not is_removed

),

business_calendars as (

    select * from {{ source('run', 'business_calendars') }}

),

business_days as (

    select * from {{ source('run', 'business_days') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

own_zones as (

    select * from business_calendars where is_own_zone

),

-- the region of the first owner who is a person, on the day the lead was created, where the config
-- or a file of holidays knows it; a queue's leads are the company's
owned as (

    select
        leads.lead_key,
        leads.created_at,
        rep_versions.timezone as rep_timezone,
        coalesce(own_zones.calendar, '(company)') as calendar
    from leads
    left join rep_versions
        on
            leads.rep_key = rep_versions.rep_key
            and rep_versions.valid_from_on <= leads.created_on
            and leads.created_on < rep_versions.valid_to_on
    left join own_zones
        on rep_versions.region = own_zones.calendar

),

-- in the person's own zone, else the region's
placed as (

    select
        owned.lead_key,
        owned.created_at,
        answers.first_touch_at,
        own_zones.calendar,
        coalesce(personal.timezone, own_zones.timezone) as timezone
    from owned
    inner join own_zones
        on owned.calendar = own_zones.calendar
    left join business_calendars as personal
        on
            owned.calendar = personal.calendar
            and owned.rep_timezone = personal.timezone
    left join answers
        on owned.lead_key = answers.lead_key

),

-- the business seconds of each calendar and zone up to the as-of
until_now as (

    select
        business_calendars.calendar,
        business_calendars.timezone,
        {{ business_seconds_until('business_days', 'context.as_of') }} as seconds_until
    from business_calendars
    cross join context
    inner join business_days
        on
            {{ on_business_day('business_days', 'business_calendars', 'context.as_of') }}

)

select
    placed.lead_key,
    placed.calendar,
    placed.timezone,
    {{ business_minutes(
        business_seconds_until('creation_days', 'placed.created_at'),
        business_seconds_until('touch_days', 'placed.first_touch_at')
    ) }} as response_business_minutes,
    {{ business_minutes(
        business_seconds_until('creation_days', 'placed.created_at'),
        'until_now.seconds_until'
    ) }} as elapsed_business_minutes
from placed
inner join business_days as creation_days
    on
        {{ on_business_day('creation_days', 'placed', 'placed.created_at') }}
inner join until_now
    on
        placed.calendar = until_now.calendar
        and placed.timezone = until_now.timezone
left join business_days as touch_days
    on
        {{ on_business_day('touch_days', 'placed', 'placed.first_touch_at') }}
