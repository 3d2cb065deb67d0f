with reps as (

    select * from {{ ref('int_reps_referenced') }}

)

select
    rep_key,
    _source as source,
    rep_id,
    rep_name,
    rep_label as rep,
    coalesce(team, '(none)') as team,
    coalesce(manager_name, '(none)') as manager,
    coalesce(region, '(none)') as region,
    coalesce(role, '(none)') as role,
    hired_on,
    left_on,
    is_delivered,
    is_deleted
from reps
