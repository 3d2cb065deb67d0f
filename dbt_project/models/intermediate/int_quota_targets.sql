with quotas as (

    select * from {{ ref('fct_quotas') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

scoped as (
    {% for scope in ['company', 'team', 'rep', 'manager', 'region'] %}
    select
        '{{ scope }}' as scope,
        {{ "'(all)'" if scope == 'company' else scope }} as member,
        measure,
        period_start,
        period_end,
        given_for,
        amount
    from quotas
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

-- a quota counts in the periods that contain all of its own
contained as (

    select
        periods.grain,
        periods.period_start,
        periods.period_end,
        scoped.scope,
        scoped.member,
        scoped.measure,
        scoped.period_start as part_start,
        scoped.period_end as part_end,
        sum(scoped.amount) as amount,
        coalesce(bool_or(scoped.given_for = scoped.scope), false) as is_given
    from scoped
    inner join periods
        on
            periods.period_start <= scoped.period_start
            and scoped.period_end <= periods.period_end
    group by
        periods.grain,
        periods.period_start,
        periods.period_end,
        scoped.scope,
        scoped.member,
        scoped.measure,
        scoped.period_start,
        scoped.period_end

)

select
    grain,
    period_start,
    scope,
    member,
    measure,
    sum(amount) as target,
    case when coalesce(bool_or(is_given), false) then 'given' else 'summed' end as quota_source
from contained
group by grain, period_start, period_end, scope, member, measure
-- a coarser period needs every part of it
having
    sum({{ dbt.datediff('part_start', 'part_end', 'day') }})
    >= {{ dbt.datediff('period_start', 'period_end', 'day') }}
