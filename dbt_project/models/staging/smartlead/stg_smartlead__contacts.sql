with lake as (

    select * from {{ source('lake', 'smartlead__leads') }}

),

-- the first export that shows it tells since when a person is opted out at the latest
known as (

    select
        *,
        min(case when is_unsubscribed then _as_of end) over (
            partition by _source, _key
            order by _as_of, _batch
            rows between unbounded preceding and current row
        ) as first_opted_out_at
    from lake

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as contact_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as contact_id,
    nullif(
        trim({{ dbt.concat(["coalesce(first_name, '')", "' '", "coalesce(last_name, '')"]) }}), ''
    ) as contact_name,
    email,
    cast(null as varchar) as crm_id,
    cast(null as varchar) as account_id,
    cast(null as varchar) as owner_id,
    case when is_unsubscribed then first_opted_out_at end as opted_out_at,
    created_at,
    cast(null as varchar) as merged_into_id,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from known
