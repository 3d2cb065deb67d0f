-- every counted win has exactly one class, so the classes add up to revenue, in every cell
with classed as (

    select
        grain,
        period_start,
        scope,
        member,
        revenue,
        new_revenue
        + expansion_revenue
        + renewal_revenue
        + win_back_revenue
        + unclassified_revenue as classes_amount
    from {{ ref('kpi_revenue') }}

)

select * from classed
where abs(revenue - classes_amount) >= 0.005
