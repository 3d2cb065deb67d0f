with places as (

    select * from {{ ref('int_rep_places') }}

),

-- a name that two people bear leads no team
names as (

    select
        reference as user_name,
        rep_key
    from {{ ref('int_rep_keys') }}
    where reference_kind = 'name anywhere'

),

-- who is led by somebody whose own place names no team, and when
led as (

    select
        leaders.rep_key,
        leaders.valid_from_on as place_from_on,
        leaders.valid_to_on as place_to_on,
        members.team,
        members.region,
        greatest(leaders.valid_from_on, members.valid_from_on) as led_from_on,
        least(leaders.valid_to_on, members.valid_to_on) as led_to_on
    from places as leaders
    inner join names
        on leaders.rep_key = names.rep_key
    inner join places as members
        on
            names.user_name = members.manager_name
            and leaders.rep_key <> members.rep_key
            and leaders.valid_from_on < members.valid_to_on
            and members.valid_from_on < leaders.valid_to_on
    where leaders.team is null and members.team is not null and not members.is_removed

),

cuts as (

    select
        rep_key,
        place_from_on,
        place_to_on,
        place_from_on as cut_on
    from led
    union distinct
    select
        rep_key,
        place_from_on,
        place_to_on,
        led_from_on as cut_on
    from led
    union distinct
    select
        rep_key,
        place_from_on,
        place_to_on,
        led_to_on as cut_on
    from led
    where led_to_on < place_to_on

),

spans as (

    select
        rep_key,
        place_from_on,
        cut_on as span_from_on,
        lead(cut_on, 1, place_to_on) over (
            partition by rep_key, place_from_on, place_to_on order by cut_on
        ) as span_to_on
    from cuts

),

-- who leads one team is in it
led_teams as (

    select
        spans.rep_key,
        spans.place_from_on,
        spans.span_from_on,
        spans.span_to_on,
        case when count(distinct led.team) = 1 then min(led.team) end as team,
        case when count(distinct led.region) = 1 then min(led.region) end as region
    from spans
    left join led
        on
            spans.rep_key = led.rep_key
            and spans.place_from_on = led.place_from_on
            and led.led_from_on <= spans.span_from_on
            and spans.span_from_on < led.led_to_on
    group by spans.rep_key, spans.place_from_on, spans.span_from_on, spans.span_to_on

)

select
    places.rep_key,
    coalesce(led_teams.span_from_on, places.valid_from_on) as valid_from_on,
    coalesce(led_teams.span_to_on, places.valid_to_on) as valid_to_on,
    case
        when led_teams.span_from_on > places.valid_from_on
            then greatest(places.known_from_on, led_teams.span_from_on)
        else places.known_from_on
    end as known_from_on,
    coalesce(places.team, led_teams.team) as team,
    places.manager_name,
    coalesce(places.region, led_teams.region) as region,
    places.role,
    cast(places.share as double) as share,
    places.is_primary,
    places.is_share_scaled,
    places.is_removed
from places
left join led_teams
    on
        places.rep_key = led_teams.rep_key
        and places.valid_from_on = led_teams.place_from_on
        and places.team is null
