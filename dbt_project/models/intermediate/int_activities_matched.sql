{% set rounds = [1, 2, 3, 4] -%}
with paired as (

    select * from {{ ref('int_activities_paired') }}

),

pairs_1 as (

    select * from paired where rule <> 'link'

),
{% for round in rounds %}
-- one to one between two sources, the stronger rule first, then the nearest in time: in each round
-- those pairs are settled of which either is the other's first choice
choices_{{ round }} as (

    select
        pairs.*,
        row_number() over (
            partition by pairs.winner_key, pairs.loser_place
            order by pairs.rule_order, pairs.seconds_apart nulls last, pairs.loser_key
        ) as winner_choice,
        row_number() over (
            partition by pairs.loser_key, pairs.winner_place
            order by pairs.rule_order, pairs.seconds_apart nulls last, pairs.winner_key
        ) as loser_choice
    from pairs_{{ round }} as pairs

),

settled_{{ round }} as (

    select * from choices_{{ round }} where winner_choice = 1 and loser_choice = 1

),
{% if not loop.last %}
pairs_{{ round + 1 }} as (

    select pairs.*
    from pairs_{{ round }} as pairs
    left join settled_{{ round }} as winners
        on
            pairs.winner_key = winners.winner_key
            and pairs.loser_place = winners.loser_place
    left join settled_{{ round }} as losers
        on
            pairs.loser_key = losers.loser_key
            and pairs.winner_place = losers.winner_place
    where winners.winner_key is null and losers.loser_key is null

),
{% endif %}
{% endfor %}
settled as (
    {% for round in rounds %}
    select
        winner_key,
        loser_key,
        winner_place,
        rule,
        seconds_apart
    from settled_{{ round }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

-- of records in several tools the one counts whose source comes first
duplicates_0 as (

    select
        loser_key as activity_key,
        min_by(winner_key, winner_place) as duplicate_of_key,
        min_by(rule, winner_place) as duplicate_rule,
        min_by(seconds_apart, winner_place) as seconds_apart
    from settled
    group by loser_key
    union all
    select
        loser_key as activity_key,
        winner_key as duplicate_of_key,
        rule as duplicate_rule,
        seconds_apart
    from paired
    where rule = 'link'

),

-- a dial leg's call may be the copy of another tool's: what counts is at the end of the chain
duplicates_1 as (

    select
        duplicates.activity_key,
        coalesce(ends.duplicate_of_key, duplicates.duplicate_of_key) as duplicate_of_key,
        duplicates.duplicate_rule,
        duplicates.seconds_apart
    from duplicates_0 as duplicates
    left join duplicates_0 as ends
        on duplicates.duplicate_of_key = ends.activity_key

)

select
    duplicates.activity_key,
    coalesce(ends.duplicate_of_key, duplicates.duplicate_of_key) as duplicate_of_key,
    duplicates.duplicate_rule,
    duplicates.seconds_apart
from duplicates_1 as duplicates
left join duplicates_1 as ends
    on duplicates.duplicate_of_key = ends.activity_key
