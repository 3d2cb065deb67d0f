with lake as (

    select * from {{ source('lake', 'outreach__prospects') }}

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
        name,
        nullif(trim({{ dbt.concat([
            "coalesce(first_name, '')", "' '", "coalesce(last_name, '')"
        ]) }}), '')
    ) as contact_name,
    -- ["first@one.example","second@one.example"]
    trim(split_part(replace(replace(replace(emails, '[', ''), ']', ''), '"', ''), ',', 1)) as email,
    external_id as crm_id,
    cast(null as varchar) as account_id,
    owner_id,
    opted_out_at,
    created_at,
    cast(null as varchar) as merged_into_id,
    updated_at,
    trashed_at is not null or coalesce(lower(dml_type) = 'delete', false) as is_deleted
from lake
