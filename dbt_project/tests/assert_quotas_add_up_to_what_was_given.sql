-- the rows of a period add up to the company's own quota, where it was given one
select
    given.measure,
    given.period_start,
    given.period_end,
    given.given_amount,
    sum(parts.amount) as parts_amount
from {{ ref('fct_quotas') }} as given
inner join {{ ref('fct_quotas') }} as parts
    on
        given.measure = parts.measure
        and given.period_start <= parts.period_start
        and parts.period_end <= given.period_end
where given.given_for = 'company'
group by given.measure, given.period_start, given.period_end, given.given_amount
having sum(parts.amount) <> given.given_amount
