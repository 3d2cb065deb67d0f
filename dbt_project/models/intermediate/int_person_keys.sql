{{ config(
    materialized='incremental',
    pre_hook="{{ take_out('reference', ref('touched_person_keys')) }}"
) }}
with excluded as (

    select * from {{ ref('int_people_excluded') }}

),

-- the first record of an address
first_records as (

    select
        email,
        person_key
    from {{ ref('int_people') }}
    where
        record_key = address_key
        and not is_apart
        and email is not null
        and {{ is_touched('email', ref('touched_person_keys'), name='reference') }}

),

-- by id, where a lead and a contact of one source never share one (else the contact counts), and by
-- address, where a record that was taken out of it by hand comes last
keys as (

    select
        _source,
        'id' as reference_kind,
        record_id as reference,
        min_by(person_key, record_kind) as person_key
    from {{ ref('int_people') }}
    where
        record_id is not null
        and {{ is_touched('record_id', ref('touched_person_keys'), name='reference') }}
    group by _source, record_id
    union all
    select
        cast(null as varchar) as _source,
        'email' as reference_kind,
        email as reference,
        person_key
    from first_records
    union all
    select
        cast(null as varchar) as _source,
        'email' as reference_kind,
        people.email as reference,
        min(people.person_key) as person_key
    from {{ ref('int_people') }} as people
    left join first_records
        on people.email = first_records.email
    where
        people.is_apart
        and people.email is not null
        and first_records.email is null
        and {{ is_touched('people.email', ref('touched_person_keys'), name='reference') }}
    group by people.email

),

domains as (

    select
        person_key,
        min(mail_domain) as mail_domain
    from {{ ref('int_people') }}
    {% if is_increment() -%}
    where person_key in (select keys.person_key from keys)
    {% endif -%}
    group by person_key

)

select
    keys._source,
    keys.reference_kind,
    keys.reference,
    keys.person_key,
    domains.mail_domain,
    excluded.exclusion
from keys
left join domains
    on keys.person_key = domains.person_key
left join excluded
    on keys.person_key = excluded.person_key
