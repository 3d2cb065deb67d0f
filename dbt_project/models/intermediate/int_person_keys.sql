{{ config(
    materialized='incremental',
    pre_hook="{{ take_out('reference', ref('touched_person_keys')) }}"
) }}
with people as (

    select * from {{ ref('int_people') }}

),

excluded as (

    select * from {{ ref('int_people_excluded') }}

),

-- by id, where a lead and a contact of one source never share one (else the contact counts), and by
-- address, where a record that was taken out of it by hand comes last
keys as (

    select
        _source,
        'id' as reference_kind,
        record_id as reference,
        min_by(person_key, record_kind) as person_key
    from people
    where
        record_id is not null
        and {{ is_touched('record_id', ref('touched_person_keys'), name='reference') }}
    group by _source, record_id
    union all
    select
        cast(null as varchar) as _source,
        'email' as reference_kind,
        email as reference,
        coalesce(
            min(case when not is_apart then person_key end),
            min(person_key)
        ) as person_key
    from people
    where
        email is not null
        and {{ is_touched('email', ref('touched_person_keys'), name='reference') }}
    group by email

),

domains as (

    select
        person_key,
        min(mail_domain) as mail_domain
    from people
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
