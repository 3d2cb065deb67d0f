{% set touched = ref('touched_activities_compared') -%}
{% set activities = ref('int_activities') -%}
{{ config(
    materialized='incremental',
    pre_hook=[
        "{{ take_out('winner_key', ref('touched_activities_compared'), 'activity_key') }}",
        "{{ take_out('loser_key', ref('touched_activities_compared'), 'activity_key') }}",
    ]
) }}
with
{% if is_increment() %}
news as (

    select
        activity_id,
        person_key,
        rep_key,
        counterpart_id,
        {{ message_name('message_id') }} as message_name
    from {{ activities }}
    where {{ is_touched('activity_key', touched) }}

),

-- what those have in common with a touched record that can be a pair with it
news_by_person as (

    select distinct
        person_key,
        rep_key
    from news

),

news_by_message as (

    select distinct message_name from news

),

news_by_id as (

    select distinct activity_id from news

),

news_by_counterpart as (

    select distinct counterpart_id from news

),

candidates as (

    select
        activities.*,
        {{ message_name('activities.message_id') }} as message_name
    from {{ activities }} as activities
    left join {{ touched }} as touched
        on activities.activity_key = touched.activity_key
    left join news_by_person
        on
            activities.person_key = news_by_person.person_key
            and activities.rep_key = news_by_person.rep_key
    left join news_by_message
        on {{ message_name('activities.message_id') }} = news_by_message.message_name
    left join news_by_id
        on activities.counterpart_id = news_by_id.activity_id
    left join news_by_counterpart
        on activities.activity_id = news_by_counterpart.counterpart_id
    where
        touched.activity_key is not null
        or news_by_person.person_key is not null
        or news_by_message.message_name is not null
        or news_by_id.activity_id is not null
        or news_by_counterpart.counterpart_id is not null

),
{% else %}
candidates as (

    select
        *,
        {{ message_name('message_id') }} as message_name
    from {{ activities }}

),
{% endif %}
precedence as (

    select * from {{ source('run', 'touch_precedence') }}

),

delivered as (

    select distinct _source from {{ activities }}

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
    from candidates as activities
    inner join {{ activities }} as targets
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
    from candidates as activities
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
        message_name
    from touches
    where kind = 'email' and message_name is not null

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
            winners.message_name = losers.message_name
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

pairs as (

    select
        activity_key as loser_key,
        duplicate_of_key as winner_key,
        cast(null as bigint) as loser_place,
        cast(null as bigint) as winner_place,
        'link' as rule,
        0 as rule_order,
        occurred_at,
        counted_at
    from links
    union all
    select
        loser_key,
        winner_key,
        loser_place,
        winner_place,
        'counterpart_id' as rule,
        1 as rule_order,
        occurred_at,
        counted_at
    from by_counterpart
    union all
    select
        loser_key,
        winner_key,
        loser_place,
        winner_place,
        'message_id' as rule,
        2 as rule_order,
        occurred_at,
        counted_at
    from by_message
    union all
    select
        loser_key,
        winner_key,
        loser_place,
        winner_place,
        'window' as rule,
        3 as rule_order,
        occurred_at,
        counted_at
    from by_window

)

select
    loser_key,
    winner_key,
    loser_place,
    winner_place,
    rule,
    rule_order,
    abs({{ seconds_between('occurred_at', 'counted_at') }}) as seconds_apart
from pairs
where
    {{ is_touched('loser_key', touched, 'activity_key') }}
    or {{ is_touched('winner_key', touched, 'activity_key') }}
