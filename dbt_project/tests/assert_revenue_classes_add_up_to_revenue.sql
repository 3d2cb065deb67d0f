-- every counted win has exactly one class, so the classes add up to revenue, in every cell
select
    grain,
    period_start,
    scope,
    member,
    revenue,
    new_revenue + expansion_revenue + unclassified_revenue as classes_amount
from {{ ref('kpi_revenue') }}
where abs(revenue - (new_revenue + expansion_revenue + unclassified_revenue)) >= 0.005
