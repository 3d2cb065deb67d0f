-- the products' parts of a deal equal the deal, to the cent
select
    opportunities.opportunity_key,
    opportunities.amount,
    sum(lines.amount) as lines_amount
from {{ ref('fct_opportunities') }} as opportunities
left join {{ ref('fct_opportunity_lines') }} as lines
    on opportunities.opportunity_key = lines.opportunity_key
group by opportunities.opportunity_key, opportunities.amount
having
    count(lines.line_key) = 0
    or coalesce(sum(lines.amount), 0) <> coalesce(opportunities.amount, 0)
