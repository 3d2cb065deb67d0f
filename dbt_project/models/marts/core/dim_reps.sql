with reps as (

    select * from {{ ref('int_reps_referenced') }}

),

versions as (

    select * from {{ ref('int_users_versions') }}

),

-- whom no export describes is in no place, at all times
placed as (

    select
        reps.rep_key,
        reps._source,
        reps.rep_id,
        reps.rep_name,
        reps.rep_label,
        reps.is_delivered,
        coalesce(versions.team, '(none)') as team,
        coalesce(versions.manager_name, '(none)') as manager,
        coalesce(versions.region, '(none)') as region,
        coalesce(versions.role, '(none)') as role,
        versions.hired_on,
        versions.left_on,
        coalesce(versions.valid_from_on, cast('1900-01-01' as date)) as valid_from_on,
        coalesce(versions.valid_to_on, cast('9999-12-31' as date)) as valid_to_on,
        coalesce(versions.is_current, true) as is_current,
        coalesce(versions.is_inferred, false) as is_inferred,
        versions.known_from_on,
        coalesce(versions.is_removed, false) as is_deleted
    from reps
    left join versions
        on reps.rep_key = versions.rep_key

)

select
    {{ dbt.concat(['rep_key', "':'", 'cast(valid_from_on as varchar)']) }} as rep_version_key,
    rep_key,
    _source as source,
    rep_id,
    rep_name,
    rep_label as rep,
    team,
    manager,
    region,
    role,
    hired_on,
    left_on,
    valid_from_on,
    valid_to_on,
    known_from_on,
    is_current,
    is_inferred,
    is_delivered,
    is_deleted
from placed
