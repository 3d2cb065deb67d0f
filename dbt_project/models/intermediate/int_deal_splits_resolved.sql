with splits as (

    select * from {{ ref('int_deal_splits_current') }}

),

rep_keys as (

    select * from {{ ref('int_rep_keys') }}

)

select
    splits.split_key,
    splits._source,
    {{ dbt.concat(['splits._source', "':'", 'splits.opportunity_id']) }} as opportunity_key,
    splits.owner_id,
    splits.owner_name,
    {{ resolved_key(
        'splits', 'owner_id', 'owner_name',
        'rep_by_id', 'rep_by_name', 'rep_key'
    ) }} as rep_key,
    coalesce(lower(splits.credit_type), 'revenue') as credit_type,
    splits.share
from splits
left join rep_keys as rep_by_id
    on
        splits._source = rep_by_id._source
        and rep_by_id.reference_kind = 'id'
        and splits.owner_id = rep_by_id.reference
left join rep_keys as rep_by_name
    on
        splits._source = rep_by_name._source
        and rep_by_name.reference_kind = 'name'
        and splits.owner_name = rep_by_name.reference
