with records as (

    select * from {{ ref('int_person_records') }}

),

crms as (

    select * from {{ source('run', 'touch_precedence') }} where role = 'crm'

),

crm_records as (

    select records.*
    from records
    inner join crms
        on records._source = crms.source
    where not records.is_apart

),

-- most ids of a CRM point to a record with the same address: those say nothing new
pointing_elsewhere as (

    select distinct
        records.record_key,
        records._source,
        records.crm_id,
        records.address_key
    from records
    inner join crm_records as targets
        on
            records.crm_id = targets.record_id
            and records._source <> targets._source
            and records.address_key <> targets.address_key
    where not records.is_apart

),

crm_candidates as (

    select
        records.record_key,
        records.address_key,
        targets._source as target_source,
        min(targets.record_key) as matched_key,
        min(targets.address_key) as target_address_key,
        count(distinct targets.address_key) as target_count
    from pointing_elsewhere as records
    inner join crm_records as targets
        on
            records.crm_id = targets.record_id
            and records._source <> targets._source
    group by records.record_key, records.address_key, targets._source

),

-- an address that a source knows: where it does, an id that points elsewhere contradicts it
addresses as (

    select distinct
        records.address_key,
        records._source
    from records
    inner join crm_candidates as candidates
        on records.address_key = candidates.address_key
    where records.email is not null

),

crm_links as (

    select
        candidates.record_key,
        min(candidates.matched_key) as matched_key,
        min(candidates.target_source) as target_source,
        min(candidates.address_key) as left_key,
        min(candidates.target_address_key) as right_key,
        count(distinct candidates.target_address_key)
        + max(candidates.target_count) - 1
        + max(case when addresses.address_key is null then 0 else 1 end) as candidate_count,
        bool_and(candidates.target_address_key <> candidates.address_key) as is_news
    from crm_candidates as candidates
    left join addresses
        on
            candidates.address_key = addresses.address_key
            and candidates.target_source = addresses._source
            and candidates.target_address_key <> candidates.address_key
    group by candidates.record_key

)

-- left and right are the groups of records with one address that a match brings together
select
    records.record_key,
    records.set_key as matched_key,
    'override' as rule,
    'override file: same' as evidence,
    cast(1 as bigint) as candidate_count,
    'overridden' as status,
    records.address_key as left_key,
    coalesce(others.address_key, records.set_key) as right_key
from records
left join records as others
    on records.set_key = others.record_key
where records.record_key <> records.set_key
union all
select
    records.record_key,
    survivors.record_key as matched_key,
    'merge' as rule,
    {{ dbt.concat(["'merged in '", 'records._source']) }} as evidence,
    cast(1 as bigint) as candidate_count,
    'matched' as status,
    records.address_key as left_key,
    survivors.address_key as right_key
from records
inner join records as survivors
    on
        records._source = survivors._source
        and records.record_kind = survivors.record_kind
        and records.merged_into_id = survivors.record_id
where
    records.record_key <> survivors.record_key
    and not records.is_apart
    and not survivors.is_apart
union all
select
    record_key,
    case when candidate_count = 1 then matched_key end as matched_key,
    'crm_id' as rule,
    {{ dbt.concat(["'id of a record in '", 'target_source']) }} as evidence,
    cast(candidate_count as bigint) as candidate_count,
    case when candidate_count = 1 then 'matched' else 'ambiguous' end as status,
    left_key,
    case when candidate_count = 1 then right_key end as right_key
from crm_links
where is_news
