-- one row in the fact per record that any export ever held
select
    lake.opportunity_count,
    fact.opportunity_count as fact_count
from (
    select count(distinct opportunity_key) as opportunity_count
    from {{ ref('int_opportunities_versions') }}
    where _op = 'upsert'
) as lake
cross join (
    select count(*) as opportunity_count from {{ ref('fct_opportunities') }}
) as fact
where lake.opportunity_count <> fact.opportunity_count
