with listed as (

    select * from {{ ref('int_unmapped_in_deals') }}
    union all
    select * from {{ ref('int_unmapped_in_the_funnel') }}
    union all
    select * from {{ ref('int_unmapped_in_the_organisation') }}
    union all
    select * from {{ ref('int_unmapped_in_money') }}
    union all
    select * from {{ ref('int_unmapped_in_company_files') }}

)

select
    source,
    object,
    column_name,
    found_value,
    treatment,
    row_count,
    amount
from listed
