with org_changes as (

    select * from {{ ref('int_org_changes_current') }}

),

rep_keys as (

    select * from {{ ref('int_rep_keys') }}

)

-- an org file comes from elsewhere than users: an address or a name is looked for in every source
select
    org_changes.org_change_key,
    org_changes._source,
    coalesce(
        rep_by_email.rep_key,
        rep_by_id.rep_key,
        rep_by_name.rep_key,
        rep_by_name_anywhere.rep_key
    ) is not null as is_user,
    coalesce(
        rep_by_email.rep_key,
        rep_by_id.rep_key,
        rep_by_name.rep_key,
        rep_by_name_anywhere.rep_key,
        case
            when coalesce(org_changes.user_id, org_changes.user_name) is not null
                then {{ dbt.concat([
                    'org_changes._source', "':'",
                    'coalesce(org_changes.user_id, org_changes.user_name)',
                ]) }}
        end
    ) as rep_key,
    org_changes.user_id,
    org_changes.user_name,
    org_changes.effective_on,
    org_changes.team,
    org_changes.manager_name,
    org_changes.region,
    org_changes.role,
    org_changes.share,
    org_changes.left_on
from org_changes
left join rep_keys as rep_by_email
    on
        rep_by_email.reference_kind = 'email'
        and lower(trim(org_changes.user_email)) = rep_by_email.reference
left join rep_keys as rep_by_id
    on
        org_changes._source = rep_by_id._source
        and rep_by_id.reference_kind = 'id'
        and org_changes.user_id = rep_by_id.reference
left join rep_keys as rep_by_name
    on
        org_changes._source = rep_by_name._source
        and rep_by_name.reference_kind = 'name'
        and org_changes.user_name = rep_by_name.reference
left join rep_keys as rep_by_name_anywhere
    on
        rep_by_name_anywhere.reference_kind = 'name anywhere'
        and org_changes.user_name = rep_by_name_anywhere.reference
