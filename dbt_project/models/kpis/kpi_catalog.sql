{{ config(materialized='table') }}

with kpis as (

    {{ kpi_catalog_rows() }}

),

coverage as (

    select * from {{ ref('int_object_coverage') }}

),

-- a KPI needs every object that it reads
delivered as (

    select
        kpis.kpi,
        count(coverage.object) = min(kpis.needs_count) as is_available
    from kpis
    left join coverage
        on
            ',' || kpis.needs || ',' like '%,' || coverage.object || ',%'
            and coverage.is_delivered
    group by kpis.kpi

)

select
    kpis.kpi,
    kpis.label,
    kpis.definition,
    kpis.formula,
    kpis.unit,
    kpis.direction,
    kpis.time_basis,
    kpis.cadence,
    kpis.objective,
    kpis.owner,
    kpis.counter_metric,
    kpis.kind,
    kpis.rate_kind,
    kpis.statistics,
    kpis.grains,
    kpis.scopes,
    kpis.additive_scopes,
    delivered.is_available,
    case
        when not delivered.is_available
            then 'it needs ' || replace(kpis.needs, ',', ' and ') || ', which no source delivers'
    end as reason
from kpis
inner join delivered
    on kpis.kpi = delivered.kpi
