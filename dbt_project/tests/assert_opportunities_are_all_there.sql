-- one row in the fact per record that any export ever held
with lake as (

    select count(distinct opportunity_key) as opportunity_count
    from {{ ref('int_opportunities_versions') }}
    where _op = 'upsert'

),

fact as (

    select count(*) as opportunity_count
    from {{ ref('fct_opportunities') }}

)

select
    lake.opportunity_count,
    fact.opportunity_count as fact_count
from lake
cross join fact
where lake.opportunity_count <> fact.opportunity_count
