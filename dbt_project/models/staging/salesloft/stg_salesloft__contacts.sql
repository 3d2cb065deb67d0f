with lake as (

    select * from {{ source('lake', 'salesloft__people') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as contact_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as contact_id,
    coalesce(
        display_name,
        nullif(trim({{ dbt.concat([
            "coalesce(first_name, '')", "' '", "coalesce(last_name, '')"
        ]) }}), '')
    ) as contact_name,
    email,
    crm_id,
    cast(null as varchar) as account_id,
    owner_id,
    -- who is not to be contacted is told, since when is not
    cast(null as timestamp) as opted_out_at,
    created_at,
    cast(null as varchar) as merged_into_id,
    updated_at,
    cast(null as boolean) as is_deleted
from lake
