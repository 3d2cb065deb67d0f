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
        records.*,
        connected.cluster_key
    from records
    left join connected
        on records.address_key = connected.node_key

)

-- a person is named after the record that was there first
select
    record_key,
    record_kind,
    _source,
    record_id,
    native_key,
    case
        when cluster_key is null then address_key
        else first_value(record_key) over (
            partition by cluster_key order by created_at nulls last, record_key
            rows between unbounded preceding and unbounded following
        )
    end as person_key,
    email,
    mail_domain,
    company_domain,
    account_id,
    is_merged,
    is_apart,
    opted_out_at,
    created_at
from clustered
