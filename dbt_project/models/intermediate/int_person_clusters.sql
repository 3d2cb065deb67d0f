with records as (

    select * from {{ ref('int_person_records') }}

),

edges as (

    select
        left_key,
        right_key
    from {{ ref('int_person_links') }}
    where left_key <> right_key
    union
    select
        cluster_key as left_key,
        first_cluster_key as right_key
    from {{ ref('int_person_namesakes') }}
    where is_matched and cluster_key <> first_cluster_key

),

{{ connected('edges') }},

clustered as (

    select
        records.address_key,
        first_value(records.record_key) over (
            partition by connected.cluster_key
            order by records.created_at nulls last, records.record_key
            rows between unbounded preceding and unbounded following
        ) as person_key
    from records
    inner join connected
        on records.address_key = connected.node_key

)

-- addresses that are not alone, each with the person behind it, who is named after the record that
-- was there first
select distinct
    address_key,
    person_key
from clustered
