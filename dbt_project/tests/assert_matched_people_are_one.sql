-- two records that a rule or the override file matches are records of one person
with links as (

    select * from {{ ref('int_person_links') }} where status <> 'ambiguous'

),

people as (

    select * from {{ ref('int_people') }}

)

select
    links.record_key,
    links.matched_key,
    links.rule
from links
inner join people as lefts
    on links.record_key = lefts.record_key
inner join people as rights
    on links.matched_key = rights.record_key
where lefts.person_key <> rights.person_key
