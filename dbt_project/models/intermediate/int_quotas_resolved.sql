with quotas as (

    select * from {{ ref('int_quotas_current') }}

),

rep_keys as (

    select * from {{ ref('int_rep_keys') }}

)

select
    quotas.quota_key,
    quotas._source,
    lower(quotas.measure) as measure,
    quotas.owner_id,
    quotas.owner_name,
    {{ resolved_key(
        'quotas', 'owner_id', 'owner_name',
        'rep_by_id', 'rep_by_name', 'rep_key'
    ) }} as rep_key,
    quotas.team,
    quotas.period_start,
    quotas.period_end,
    quotas.amount
from quotas
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
where quotas.period_end > quotas.period_start
