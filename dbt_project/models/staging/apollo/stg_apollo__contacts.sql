with lake as (

    select * from {{ source('lake', 'apollo__contacts') }}

)

select
    {{ dbt.concat(['_source', "':'", '_key']) }} as contact_key,
    _source,
    _as_of,
    _batch,
    _row,
    _op,
    id as contact_id,
    nullif(trim({{ dbt.concat([
        "coalesce(first_name, '')", "' '", "coalesce(last_name, '')"
    ]) }}), '') as contact_name,
    coalesce(email, second_email, third_email) as email,
    cast(null as varchar) as crm_id,
    cast(null as varchar) as account_id,
    -- the file names the owner, and no list of users comes with it
    cast(null as varchar) as owner_id,
    cast(null as timestamp) as opted_out_at,
    cast(null as timestamp) as created_at,
    cast(null as varchar) as merged_into_id,
    cast(null as timestamp) as updated_at,
    cast(null as boolean) as is_deleted
from lake
