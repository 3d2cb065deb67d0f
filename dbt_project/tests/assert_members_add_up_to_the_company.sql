-- the members of an additive scope, (none) included, add up to the company
with members as (

    select
        kpi_values.kpi,
        kpi_values.grain,
        kpi_values.period_start,
        kpi_values.scope,
        sum(kpi_values.value) as members_value
    from {{ ref('kpi_values') }} as kpi_values
    inner join {{ ref('kpi_catalog') }} as kpi_catalog
        on
            kpi_values.kpi = kpi_catalog.kpi
            and ',' || kpi_catalog.additive_scopes || ',' like '%,' || kpi_values.scope || ',%'
    group by kpi_values.kpi, kpi_values.grain, kpi_values.period_start, kpi_values.scope

)

select
    members.kpi,
    members.grain,
    members.period_start,
    members.scope,
    members.members_value,
    company.value as company_value
from members
inner join {{ ref('kpi_values') }} as company
    on
        members.kpi = company.kpi
        and members.grain = company.grain
        and members.period_start = company.period_start
        and company.scope = 'company'
where abs(members.members_value - company.value) >= 0.005
