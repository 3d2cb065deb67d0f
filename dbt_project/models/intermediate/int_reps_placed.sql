with versions as (

    select * from {{ ref('int_users_versions') }} where not is_removed

),

points as (

    select
        rep_key,
        valid_from_on as point_on
    from versions
    union
    select
        rep_key,
        valid_to_on as point_on
    from versions
    union
    select
        rep_key,
        cast('1900-01-01' as date) as point_on
    from versions

),

spans as (

    select
        rep_key,
        point_on as valid_from_on,
        lead(point_on, 1, cast('9999-12-31' as date)) over (
            partition by rep_key order by point_on
        ) as valid_to_on
    from points

)

-- every day of a person lies in one span, also the days on which nobody knows their place
select
    spans.rep_key,
    spans.valid_from_on,
    spans.valid_to_on,
    versions.team,
    versions.manager_name,
    versions.region,
    versions.role
from spans
left join versions
    on
        spans.rep_key = versions.rep_key
        and versions.valid_from_on <= spans.valid_from_on
        and spans.valid_from_on < versions.valid_to_on
where spans.valid_from_on < spans.valid_to_on
