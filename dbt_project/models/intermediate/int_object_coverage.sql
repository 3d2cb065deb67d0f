with sources as (

    select * from {{ source('run', 'sources') }}

),

context as (

    select * from {{ source('run', 'context') }}

)

select
    sources.feeds as object,
    min({{ local_date('sources.as_of', 'context.timezone') }}) as covered_until_on,
    coalesce(bool_or(sources.is_held), false) as is_held,
    max(case when sources.as_of is not null then 1 else 0 end) = 1 as is_delivered
from sources
cross join context
where sources.feeds is not null
group by sources.feeds
