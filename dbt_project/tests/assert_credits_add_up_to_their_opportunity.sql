-- the people's and teams' parts of a counted win equal the deal, to the cent, and one win
select
    opportunities.opportunity_key,
    opportunities.amount,
    sum(credits.amount) as credits_amount
from {{ ref('fct_opportunities') }} as opportunities
left join {{ ref('fct_opportunity_credits') }} as credits
    on opportunities.opportunity_key = credits.opportunity_key and credits.is_credited_win
where opportunities.is_counted_win
group by opportunities.opportunity_key, opportunities.amount
having
    count(credits.credit_key) = 0
    or coalesce(sum(credits.amount), 0) <> coalesce(opportunities.amount, 0)
    or coalesce(sum(credits.share), 0) <> 1
