{% set batches = source('run', 'applied_batches') -%}
{% set leads = union_systems('leads') -%}
{% set contacts = union_systems('contacts') -%}
{# not by ref: the records themselves wait for this list -#}
{% set records_before = 'before.intermediate.int_person_records' -%}
{% if is_increment() -%}
with news as (

    select
        {{ dbt.concat(['leads._source', "':lead/'", 'leads.lead_id']) }} as record_key,
        leads.lead_key,
        cast(null as varchar) as contact_key,
        {{ mail_address('leads.email') }} as email
    from (
        {{ leads }}
    ) as leads
    where {{ is_new('leads._batch', batches) }}
    union all
    select
        {{ dbt.concat(['contacts._source', "':contact/'", 'contacts.contact_id']) }} as record_key,
        cast(null as varchar) as lead_key,
        contacts.contact_key,
        {{ mail_address('contacts.email') }} as email
    from (
        {{ contacts }}
    ) as contacts
    where {{ is_new('contacts._batch', batches) }}

),

addresses as (

    select email from news
    union all
    select records.email
    from {{ records_before }} as records
    where records.record_key in (select news.record_key from news)

)

-- what an export brings, and records that share an address with it, as it was or as it is: which of
-- them was there first may be another one now. A record's key is here as its own object has it, too
select
    record_key,
    lead_key,
    contact_key
from news
union
select
    records.record_key,
    case when records.record_kind = 'lead' then records.native_key end as lead_key,
    case when records.record_kind = 'contact' then records.native_key end as contact_key
from {{ records_before }} as records
where records.email in (select addresses.email from addresses)
{%- else -%}
select
    record_key,
    cast(null as varchar) as lead_key,
    cast(null as varchar) as contact_key
from (
    {{ no_keys('record_key') }}
) as no_keys
{%- endif %}
