with files as (

    select * from {{ source('run', 'row_accounting') }}

),

sources as (

    select * from {{ source('run', 'sources') }}

)

-- what an export shows for the first time happened after the one before
select
    sources.source,
    sources.feeds as object,
    files.as_of,
    lag(files.as_of) over (
        partition by sources.source, sources.feeds order by files.as_of
    ) as previous_as_of
from files
inner join sources
    on files.source = sources.source and files.object = sources.object
where files.state = 'applied' and sources.feeds is not null
group by sources.source, sources.feeds, files.as_of
