with records as (

    select * from {{ ref('int_person_records') }}

),

crms as (

    select * from {{ source('run', 'touch_precedence') }} where role = 'crm'

),

crm_candidates as (

    select
        records.record_key,
        records.address_key,
        targets._source as target_source,
        min(targets.record_key) as matched_key,
        min(targets.address_key) as target_address_key,
        count(distinct targets.address_key) as target_count
    from records
    inner join records as targets
        on
            records.crm_id = targets.record_id
            and records._source <> targets._source
    inner join crms
        on targets._source = crms.source
    where not records.is_apart and not targets.is_apart
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

),

linked as (

    select
        records.record_key,
        records.set_key as matched_key,
        'override' as rule,
        'override file: same' as evidence,
        1 as candidate_count,
        'overridden' as status
    from records
    where records.record_key <> records.set_key
    union all
    select
        records.record_key,
        survivors.record_key as matched_key,
        'merge' as rule,
        {{ dbt.concat(["'merged in '", 'records._source']) }} as evidence,
        1 as candidate_count,
        'matched' as status
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
        candidate_count,
        case when candidate_count = 1 then 'matched' else 'ambiguous' end as status
    from crm_links
    where is_news

)

-- left and right are the groups of records with one address that a match brings together
select
    linked.record_key,
    linked.matched_key,
    linked.rule,
    linked.evidence,
    cast(linked.candidate_count as bigint) as candidate_count,
    linked.status,
    lefts.address_key as left_key,
    coalesce(rights.address_key, linked.matched_key) as right_key
from linked
inner join records as lefts
    on linked.record_key = lefts.record_key
left join records as rights
    on linked.matched_key = rights.record_key
