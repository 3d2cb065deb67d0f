with quotas as (

    select * from {{ ref('int_quotas_current') }}

),

rep_keys as (

    select * from {{ ref('int_rep_keys') }}

)

-- quotas come from elsewhere than users: an address or a name is looked for in every source
select
    quotas.quota_key,
    quotas._source,
    lower(quotas.measure) as measure,
    quotas.owner_id,
    quotas.owner_name,
    coalesce(
        rep_by_email.rep_key,
        rep_by_id.rep_key,
        rep_by_name.rep_key,
        rep_by_name_anywhere.rep_key,
        case
            when coalesce(quotas.owner_id, quotas.owner_email, quotas.owner_name) is not null
                then {{ dbt.concat([
                    'quotas._source', "':'",
                    'coalesce(quotas.owner_id, quotas.owner_name, ' ~ dbt.hash('quotas.owner_email') ~ ')',
                ]) }}
        end
    ) as rep_key,
    quotas.team,
    quotas.period_start,
    quotas.period_end,
    quotas.amount
from quotas
left join rep_keys as rep_by_email
    on
        rep_by_email.reference_kind = 'email'
        and lower(trim(quotas.owner_email)) = rep_by_email.reference
left join rep_keys as rep_by_id
    on
        quotas._source = rep_by_id._source
        and rep_by_id.reference_kind = 'id'
        and quotas.owner_id = rep_by_id.reference
left join rep_keys as rep_by_name
    on
        quotas._source = rep_by_name._source
        and rep_by_name.reference_kind = 'name'
        and quotas.owner_name = rep_by_name.reference
left join rep_keys as rep_by_name_anywhere
    on
        rep_by_name_anywhere.reference_kind = 'name anywhere'
        and quotas.owner_name = rep_by_name_anywhere.reference
where quotas.period_end > quotas.period_start
