with stage_changes as (

    select * from {{ ref('int_stage_changes_current') }}

),

told as (

    select
        _source,
        bool_or(amount is not null) as has_amounts,
        bool_or(expected_close_on is not null) as has_close_dates,
        min(case when not is_vanished then changed_at end) as begins_at
    from stage_changes
    group by _source

),

reaches as (

    select
        source,
        min(as_of) as reaches_until
    from {{ source('run', 'sources') }}
    where feeds in ('stage_changes', 'field_changes') and as_of is not null
    group by source

)

-- what a source's history tells, since when it goes back, and until when it was delivered
select
    reaches.source as _source,
    told.has_amounts,
    told.has_close_dates,
    told.begins_at,
    reaches.reaches_until
from reaches
left join told
    on reaches.source = told._source
