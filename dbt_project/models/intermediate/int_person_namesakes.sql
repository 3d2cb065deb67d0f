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

named as (

    select distinct
        records.company_domain,
        records.full_name,
        coalesce(connected.cluster_key, records.address_key) as cluster_key,
        records._source,
        records.record_kind
    from records
    left join connected
        on records.address_key = connected.node_key
    where
        records.company_domain is not null
        and records.full_name is not null
        and not records.is_apart
        and not records.is_merged

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
