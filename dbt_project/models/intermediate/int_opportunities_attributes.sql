with opportunities as (

    select * from {{ ref('int_opportunities') }}

),

rep_versions as (

    select * from {{ ref('int_users_versions') }} where not is_removed

),

account_versions as (

    select * from {{ ref('int_accounts_versions') }} where not is_removed

),

reps as (

    select * from {{ ref('int_reps_referenced') }}

),

bases as (

    select
        opportunity_key,
        'close' as basis,
        closed_on as basis_on,
        closed_by_rep_key as rep_key,
        closed_for_account_key as account_key
    from opportunities
    where closed_on is not null
    union all
    select
        opportunity_key,
        'creation' as basis,
        created_on as basis_on,
        created_by_rep_key as rep_key,
        created_for_account_key as account_key
    from opportunities
    where created_on is not null
    union all
    select
        opportunity_key,
        'snapshot' as basis,
        as_of_on as basis_on,
        rep_key,
        account_key
    from opportunities
    where is_open

)

select
    bases.opportunity_key,
    bases.basis,
    {{ rep_scopes('reps', 'rep_versions') }},
    coalesce(account_versions.segment, '(none)') as segment,
    coalesce(account_versions.industry, '(none)') as industry,
    coalesce(account_versions.country, '(none)') as country
from bases
left join reps
    on bases.rep_key = reps.rep_key
left join rep_versions
    on
        bases.rep_key = rep_versions.rep_key
        and rep_versions.valid_from_on <= bases.basis_on
        and bases.basis_on < rep_versions.valid_to_on
left join account_versions
    on
        bases.account_key = account_versions.account_key
        and account_versions.valid_from_on <= bases.basis_on
        and bases.basis_on < account_versions.valid_to_on
