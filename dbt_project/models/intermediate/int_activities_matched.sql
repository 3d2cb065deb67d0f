{% set rounds = [1, 2, 3, 4] -%}
with activities as (

    select
        activity_key,
        _source,
        activity_id,
        kind,
        direction,
        rep_key,
        person_key,
        message_id,
        counterpart_id,
        linked_activity_id,
        occurred_at
    from {{ ref('int_activities') }}

),

precedence as (

    select * from {{ source('run', 'touch_precedence') }}

),

delivered as (

    select distinct _source from activities

),

-- the sources that deliver activities: where it is one, nothing is compared
delivering as (

    select
        precedence.source,
        precedence.place,
        min(precedence.place) over () as first_place,
        max(precedence.place) over () as last_place
    from precedence
    inner join delivered
        on precedence.source = delivered._source

),

context as (

    select * from {{ source('run', 'context') }}

),

-- a record that names another of its tool is that touch; of two that name each other one stays
links as (

    select
        activities.activity_key,
        targets.activity_key as duplicate_of_key,
        activities.occurred_at,
        targets.occurred_at as counted_at
    from activities
    inner join activities as targets
        on
            {{ dbt.concat(['activities._source', "':'", 'activities.linked_activity_id']) }}
            = targets.activity_key
    where
        activities.activity_key <> targets.activity_key
        and (
            targets.linked_activity_id is null
            or {{ dbt.concat(['targets._source', "':'", 'targets.linked_activity_id']) }}
            <> activities.activity_key
            or targets.activity_key < activities.activity_key
        )

),

touches as (

    select
        activities.*,
        delivering.place,
        delivering.place < delivering.last_place as may_win,
        delivering.place > delivering.first_place as may_lose
    from activities
    inner join delivering
        on activities._source = delivering.source
    left join links
        on activities.activity_key = links.activity_key
    where
        activities.kind in ('call', 'email', 'meeting', 'message')
        and delivering.first_place < delivering.last_place
        and links.activity_key is null

),

named as (

    select * from touches where counterpart_id is not null

),

-- one of the two names the other by its id
by_counterpart as (

    select
        winners.activity_key as winner_key,
        losers.activity_key as loser_key,
        winners.place as winner_place,
        losers.place as loser_place,
        winners.occurred_at as counted_at,
        losers.occurred_at
    from named as losers
    inner join touches as winners
        on
            losers.counterpart_id = winners.activity_id
            and losers.kind = winners.kind
            and losers.place > winners.place
    union all
    select
        winners.activity_key as winner_key,
        losers.activity_key as loser_key,
        winners.place as winner_place,
        losers.place as loser_place,
        winners.occurred_at as counted_at,
        losers.occurred_at
    from named as winners
    inner join touches as losers
        on
            winners.counterpart_id = losers.activity_id
            and winners.kind = losers.kind
            and winners.place < losers.place

),

mails as (

    select
        activity_key,
        person_key,
        place,
        occurred_at,
        may_win,
        may_lose,
        lower(replace(replace(trim(message_id), '<', ''), '>', '')) as message_id
    from touches
    where kind = 'email' and message_id is not null

),

by_message as (

    select
        winners.activity_key as winner_key,
        losers.activity_key as loser_key,
        winners.place as winner_place,
        losers.place as loser_place,
        winners.occurred_at as counted_at,
        losers.occurred_at
    from mails as winners
    inner join mails as losers
        on
            winners.message_id = losers.message_id
            and winners.place < losers.place
    where
        winners.may_win
        and losers.may_lose
        and coalesce(winners.person_key = losers.person_key, true)

),

-- a moment is compared with those in its own span of two windows; one that may lose is in both
-- spans that its window reaches into
winning_moments as (

    select
        touches.activity_key,
        touches.kind,
        touches.direction,
        touches.rep_key,
        touches.person_key,
        touches.place,
        touches.occurred_at,
        {{ time_bucket('touches.occurred_at', '2 * context.touch_window_seconds') }} as bucket
    from touches
    cross join context
    where touches.may_win

),

losing_moments as (

    select
        touches.activity_key,
        touches.kind,
        touches.direction,
        touches.rep_key,
        touches.person_key,
        touches.place,
        touches.occurred_at,
        {{ time_bucket(
            'touches.occurred_at', '2 * context.touch_window_seconds',
            '-1 * context.touch_window_seconds'
        ) }} as first_bucket,
        {{ time_bucket(
            'touches.occurred_at', '2 * context.touch_window_seconds',
            'context.touch_window_seconds'
        ) }} as last_bucket,
        context.touch_window_seconds
    from touches
    cross join context
    where touches.may_lose

),

losing_spans as (

    select
        losing_moments.*,
        losing_moments.first_bucket as bucket
    from losing_moments
    union all
    select
        losing_moments.*,
        losing_moments.last_bucket as bucket
    from losing_moments
    where losing_moments.first_bucket <> losing_moments.last_bucket

),

by_window as (

    select
        winners.activity_key as winner_key,
        losers.activity_key as loser_key,
        winners.place as winner_place,
        losers.place as loser_place,
        winners.occurred_at as counted_at,
        losers.occurred_at
    from winning_moments as winners
    inner join losing_spans as losers
        on
            winners.rep_key = losers.rep_key
            and winners.person_key = losers.person_key
            and winners.kind = losers.kind
            and winners.direction = losers.direction
            and winners.bucket = losers.bucket
            and winners.place < losers.place
    where
        abs({{ seconds_between('winners.occurred_at', 'losers.occurred_at') }})
        <= losers.touch_window_seconds

),

pairs_1 as (

    select
        pairs.*,
        abs({{ seconds_between('pairs.occurred_at', 'pairs.counted_at') }}) as seconds_apart
    from (
        select
            by_counterpart.*,
            'counterpart_id' as rule,
            1 as rule_order
        from by_counterpart
        union all
        select
            by_message.*,
            'message_id' as rule,
            2 as rule_order
        from by_message
        union all
        select
            by_window.*,
            'window' as rule,
            3 as rule_order
        from by_window
    ) as pairs

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
        activity_key,
        duplicate_of_key,
        'link' as duplicate_rule,
        abs({{ seconds_between('counted_at', 'occurred_at') }}) as seconds_apart
    from links

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
