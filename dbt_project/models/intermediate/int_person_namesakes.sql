with records as (

    select * from {{ ref('int_person_records') }}

),

edges as (

    select distinct
        left_key,
        right_key
    from {{ ref('int_person_links') }}
    where left_key <> right_key

),

{{ connected('edges') }},

placed as (

    select
        records.company_domain,
        {{ full_name('records.person_name') }} as full_name,
        coalesce(connected.cluster_key, records.address_key) as cluster_key,
        records._source,
        records.record_kind
    from records
    left join connected
        on records.address_key = connected.node_key
    where
        records.company_domain is not null
        and not records.is_apart
        and not records.is_merged

),

-- names that one person alone bears at a domain are most of them
borne_by_several as (

    select
        company_domain,
        full_name
    from placed
    where full_name is not null
    group by company_domain, full_name
    having min(cluster_key) <> max(cluster_key)

),

named as (

    select distinct
        placed.company_domain,
        placed.full_name,
        placed.cluster_key,
        placed._source,
        placed.record_kind
    from placed
    inner join borne_by_several as several
        on
            placed.company_domain = several.company_domain
            and placed.full_name = several.full_name

),

-- a tool's leads are one side, its contacts another: two persons on one side are two persons
sides as (

    select
        company_domain,
        full_name,
        _source,
        record_kind,
        count(*) as candidate_count,
        min(cluster_key) as first_cluster_key,
        max(cluster_key) as last_cluster_key
    from named
    group by company_domain, full_name, _source, record_kind

),

shared as (

    select
        company_domain,
        full_name,
        min(first_cluster_key) as first_cluster_key,
        max(candidate_count) as largest_side
    from sides
    group by company_domain, full_name
    having min(first_cluster_key) <> max(last_cluster_key) and count(*) > 1

),

members as (

    select distinct
        named.company_domain,
        named.full_name,
        named.cluster_key,
        shared.first_cluster_key,
        shared.largest_side
    from named
    inner join shared
        on
            named.company_domain = shared.company_domain
            and named.full_name = shared.full_name

)

select
    cluster_key,
    first_cluster_key,
    company_domain,
    count(*) over (partition by company_domain, full_name) as candidate_count,
    largest_side = 1 as is_matched
from members
